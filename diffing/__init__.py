"""What counts as the same text, what differs between two documents clause by clause, and a policy's timeline."""

from typing import TYPE_CHECKING, Any

from diffing.sameness import version_id

if TYPE_CHECKING:
    from diffing.comparison import compare

__all__ = ["compare", "version_id"]


def __getattr__(name: str) -> Any:
    """`compare`, when it is asked for: processes that only read captures start sooner without it."""
    if name == "compare":
        from diffing.comparison import compare

        return compare
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
