"""What the store hands out."""

from dataclasses import dataclass
from datetime import datetime

from core.captures import Capture, Verdict


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a capture handed to the store.

    is_new: False when the store held it already.
    version_id: the version it shows; None when it is quarantined.
    """

    capture_id: int
    is_new: bool
    verdict: Verdict
    version_id: str | None


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """A capture with what was made of it. version_id: the version it shows; None when it is quarantined."""

    id: int
    capture: Capture
    verdict: Verdict
    version_id: str | None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who gets digests.

    vendors: slugs of the vendors watched, in alphabetical order; empty means all.
    since: the moment of the first subscription; what was captured before is not told.
    """

    id: int
    address: str
    vendors: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A composed message (RFC 5322 bytes) that waits to be sent to address."""

    id: int
    address: str
    message: bytes
