"""What the store hands out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from core.captures import Capture, Reason, Verdict

if TYPE_CHECKING:
    from core.declarations import Policy

Decision = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a capture handed to the store.

    is_new: False when the store held it already.
    verdict: by itself, and by a person who reviewed it. Its neighbours may decide otherwise (`other_language`), which
        `Store.captures` tells.
    version_id: the version it shows; None when it is quarantined.
    """

    capture_id: int
    is_new: bool
    verdict: Verdict
    version_id: str | None


@dataclass(frozen=True, slots=True)
class Unread:
    """A capture that is kept, and is to be read as `policy` declares it.

    is_new: False when the store held it already. payload: None when it is not at hand, but in the store.
    """

    capture_id: int
    is_new: bool
    capture: Capture
    payload: bytes | None
    policy: "Policy"


@dataclass(frozen=True, slots=True)
class Review:
    """What a person decided on a capture. by: their account's name; note: why; at: when, timezone-aware UTC."""

    decision: Decision
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """A capture with what was made of it.

    verdict: the last review's where there is one, else the reading's, else what its neighbours say.
    version_id: the version it shows; None when it is quarantined.
    reviews: what persons decided on it, in order; the last one holds.
    """

    id: int
    capture: Capture
    verdict: Verdict
    version_id: str | None
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a policy stands, by all its captures. Times are those of captures, timezone-aware UTC.

    captures: how many there are. last_capture: the newest, whatever its verdict.
    last_accepted: the newest that was accepted. last_change: when the newest version first appeared.
    failing_since: the first capture after the last accepted one, when what followed is quarantined; else None.
    quarantined: how many captures are, by reason, the most frequent first.
    unread: captures that the reader in force has not read yet.
    """

    vendor: str
    policy: str
    captures: int = 0
    last_capture: datetime | None = None
    last_accepted: datetime | None = None
    last_change: datetime | None = None
    failing_since: datetime | None = None
    quarantined: Mapping[Reason, int] = field(default_factory=dict)
    unread: int = 0


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
