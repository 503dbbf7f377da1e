"""The database: captures, payloads and reviews as evidence, readings derived from them,
subscribers and the outbox.

`Store` is the whole of it for other rooms.
"""

from storage.records import Decision, Finding, Kept, OutboxMessage, Review, Standing, StoredCapture, Subscriber
from storage.store import Store

__all__ = ["Decision", "Finding", "Kept", "OutboxMessage", "Review", "Standing", "Store", "StoredCapture", "Subscriber"]
