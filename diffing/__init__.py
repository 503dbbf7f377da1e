"""What counts as the same text, what differs between two documents clause by clause, and a policy's timeline."""

from diffing.compare import compare
from diffing.sameness import version_id
from diffing.timeline import timeline

__all__ = ["compare", "timeline", "version_id"]
