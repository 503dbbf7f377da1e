"""What counts as the same text, and what differs between two documents, clause by clause."""

from diffing.compare import compare
from diffing.sameness import version_id

__all__ = ["compare", "version_id"]
