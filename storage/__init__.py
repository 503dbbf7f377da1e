"""The database: captures, payloads and reviews as evidence, readings derived from them,
subscribers and the outbox, and what a crawl of an archive has still to do.

`Store` is the whole of it for other rooms.
"""

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
)
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
]
