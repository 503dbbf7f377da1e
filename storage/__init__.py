"""The database: captures, payloads and reviews as evidence, readings derived from them,
subscribers and the outbox, and what a crawl of an archive has still to do.

`Store` is the whole of it for other rooms.
"""

from typing import TYPE_CHECKING, Any

from storage.records import (
    ArchivedText,
    Asked,
    Decision,
    Finding,
    Kept,
    Listing,
    OutboxMessage,
    PolicyKey,
    Review,
    RowToGet,
    Standing,
    StoredCapture,
    Subscriber,
    Unread,
)

if TYPE_CHECKING:
    from storage.store import Store

__all__ = [
    "ArchivedText",
    "Asked",
    "Decision",
    "Finding",
    "Kept",
    "Listing",
    "OutboxMessage",
    "PolicyKey",
    "Review",
    "RowToGet",
    "Standing",
    "Store",
    "StoredCapture",
    "Subscriber",
    "Unread",
]


def __getattr__(name: str) -> Any:
    """`Store`, when it is asked for: processes that only read captures start in half the time without the database."""
    if name == "Store":
        from storage.store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
