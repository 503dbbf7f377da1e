"""The database: captures, payloads and reviews as evidence, the readings derived from them, subscribers and the outbox,
and what a crawl of a web archive still has to fetch.

`Store` opens it; `storage.upkeep` proves, copies and restores it.
"""

from storage.records import (
    CaptureToFetch,
    Decision,
    Finding,
    KnownPayload,
    Listing,
    ListingQuery,
    OutboxMessage,
    Review,
    Standing,
    StoredCapture,
    Subscriber,
)
from storage.store import Store

__all__ = [
    "CaptureToFetch",
    "Decision",
    "Finding",
    "KnownPayload",
    "Listing",
    "ListingQuery",
    "OutboxMessage",
    "Review",
    "Standing",
    "Store",
    "StoredCapture",
    "Subscriber",
]
