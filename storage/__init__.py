"""The database. It holds captures, payloads and reviews as evidence, and the readings that are derived from them; also
subscribers, the outbox, and the captures that a crawl of a web archive still has to fetch.

`Store` opens a database. `storage.upkeep` verifies, copies and restores one.
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
