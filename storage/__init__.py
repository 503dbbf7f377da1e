"""The database: captures and payloads as evidence, readings derived from them, subscribers and the outbox.

`Store` is the whole of it for other rooms.
"""

from storage.records import Kept, OutboxMessage, StoredCapture, Subscriber
from storage.store import Store

__all__ = ["Kept", "OutboxMessage", "Store", "StoredCapture", "Subscriber"]
