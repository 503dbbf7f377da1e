"""What differs between two documents, clause by clause; what counts as the same text; and a policy's timeline.

`compare` is the public function. Other rooms also use `diffing.sameness` (version ids) and `diffing.timeline`.
"""

from core.changes import Comparison
from core.clauses import Document

__all__ = ["compare"]


def compare(old: Document, new: Document) -> Comparison:
    """Returns what differs between two documents, clause by clause.

    Every clause of either document is in exactly one change or in `unchanged`. Comparing (new, old) gives the mirror
    image of comparing (old, new). The result depends on the two documents alone.
    """
    # Imported on the first call: importing `diffing.sameness` runs this module, too, and the processes that read
    # captures do so. They start faster without the libraries that only a comparison needs.
    from diffing.comparison import compare_documents

    return compare_documents(old, new)
