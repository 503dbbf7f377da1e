"""The database: captures, payloads and reviews as evidence, readings derived from them,
subscribers and the outbox.

`Store` is the whole of it for other rooms.
"""

from storage.records import Decision, Kept, OutboxMessage, Review, Standing, StoredCapture, Subscriber, Unread
from storage.store import Store

__all__ = ["Decision", "Kept", "OutboxMessage", "Review", "Standing", "Store", "StoredCapture", "Subscriber", "Unread"]
