"""Compares two documents clause by clause, decides which texts count as the same, and derives a policy's timeline.

`compare` is the public function. Other packages also use `diffing.sameness` (version ids) and `diffing.timeline`.
"""

from core.changes import Comparison
from core.clauses import Document

__all__ = ["compare"]


def compare(old: Document, new: Document) -> Comparison:
    """Returns the differences between two documents, clause by clause.

    Every clause of the two documents is either in exactly one change or in `unchanged`. Comparing (new, old) gives the
    mirror image of comparing (old, new). The result depends only on the two documents.
    """
    # Importing `diffing.sameness` also runs this module. The processes that read captures import `diffing.sameness`,
    # and never compare documents. To start these processes faster, the libraries for comparing are imported only here.
    from diffing.comparison import compare_documents

    return compare_documents(old, new)
