"""The records that the parts of the store take and return."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.archives import ArchiveSite, ListedCapture
from core.captures import Capture, Reason, Verdict

Decision = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Review:
    """A person's decision on a capture. by: their account's name. note: why. at: when, timezone-aware UTC."""

    decision: Decision
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """A capture with the verdict that counts.

    verdict: the last review's if there are reviews; else the reading's, unless the policy's other captures show that
        this one is in another language.
    version_id: the version that the capture shows; None if it is quarantined.
    reviews: persons' decisions on the capture, oldest first; the last one holds.
    """

    id: int
    capture: Capture
    verdict: Verdict
    version_id: str | None
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a policy stands, by all its captures. All times are a capture's captured_at, timezone-aware UTC.

    captures: how many there are.
    last_capture: the time of the newest capture, whatever its verdict. last_accepted: of the newest accepted one.
    last_change: when the newest version first appeared.
    failing_since: the time of the first capture after the last accepted one, if the captures since then are
        quarantined; else None.
    quarantined: how many captures are quarantined, by reason, the most frequent reason first.
    unread: how many captures the reader in force has not read yet.
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
class Finding:
    """Something wrong with the database, as `verify` finds it.

    place: which capture, payload, review or other row it is. fault: what is wrong, in words.
    remedy: what to do. `backup`: restore a backup, since it can't be derived again. `repair`: run `clausewatch verify
        --repair`, which derives it again. `mended`: nothing more, since it was derived again just now. `reextract`: run
        `clausewatch reextract`, which derives it. `none`: nothing, since it is harmless.
    """

    place: str
    fault: str
    remedy: Literal["backup", "repair", "mended", "reextract", "none"]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who gets digests.

    vendors: slugs of the vendors watched, in alphabetical order; empty stands for all.
    since: when the address was first subscribed; changes captured before it are left out of digests.
    """

    id: int
    address: str
    vendors: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A composed message (RFC 5322 bytes) that waits to be sent to `address`."""

    id: int
    address: str
    message: bytes


@dataclass(frozen=True, slots=True)
class ListingQuery:
    """What an archive's index is asked for.

    archive: whose index it is. url: the location's address. begin, end: of the captures, both included; None for no
        bound.
    """

    archive: ArchiveSite
    url: str
    begin: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Listing:
    """How far the listing of a location has come.

    found: captures listed so far, those that were stored before included. malformed: rows that could not be read.
    resume_key: asks the index for the next page; None before the first page and after the last.
    complete: whether the last page is filed.
    """

    id: int
    query: ListingQuery
    found: int
    malformed: int
    resume_key: str | None
    complete: bool


@dataclass(frozen=True, slots=True)
class CaptureToFetch:
    """A listed capture that is not stored yet.

    archive: which archive lists it. url: the location's address. checksum: the archive's own checksum of what the
    capture shows, which other captures of this archive may share; None if it says nothing about others. tried: whether
    it was fetched in vain, while the archive may still give another capture with the same checksum.
    """

    id: int
    archive: ArchiveSite
    url: str
    listed: ListedCapture
    checksum: str | None
    tried: bool


@dataclass(frozen=True, slots=True)
class KnownPayload:
    """The payload that an archive's checksum stands for, as a stored capture proves."""

    sha256: str
    media_type: str
