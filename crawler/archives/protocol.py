"""What the crawl has to know of a web archive: how its index is listed, how captures are fetched, what it allows.

To add an archive:

1. Add its name to `core.archives.WebArchive`. Captures from it have that name as their source.
2. Write a class that implements `Archive`, in a module of its own beside `crawler.archives.wayback`. It builds
   addresses and parses answers; it sends nothing, so that its tests need no server.
3. Have `crawler.archives.configured_archive` return it if the settings (`core.settings`) name it.
4. If its answers give the headers of the captured page names of their own, add those to `ingestion.warc_writer`.

The order of calls: the spider requests the address that `listing_url` returns, page after page, and gives each answer
to `parse_listing`. For each listed capture it requests the address that `replay_url` returns, and gives the answer to
`parse_replay`, which may lead to further requests. Before either, the backoff middleware gives every answer to
`trouble`. If the archive is in trouble, no parser sees the answer, and the request is sent again later, within
`limits`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal, Protocol

from scrapy.settings import BaseSettings

from core.archives import ArchiveSite, ListedCapture, Provenance
from core.exceptions import ArchiveError

#: What a request to an archive is for: a page of its index, or the bytes of a capture.
RequestKind = Literal["listing", "replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much an archive may be sent, and what a crawl does if the archive is in trouble.

    Each field can be overridden by the Scrapy setting `ARCHIVE_` and its name in capitals, as by `limits_in_force`.

    listing_interval, replay_interval: seconds between two requests of a kind, over all crawls of this machine.
    listing_concurrency, replay_concurrency: requests of a kind under way at a time, in one crawl.
    listing_rows: rows to ask for in one page of the index.
    backoff: seconds before the first request after trouble; doubled with each further trouble in a row.
    backoff_429: the same if the archive says that it is sent too much.
    backoff_max: if the archive asks for a longer wait, in seconds, this crawl does not ask it again.
    tries: how often one request is sent if the trouble may be with that request alone.
    strikes: after so many troubles in a row, of any requests, this crawl does not ask the archive again.
    refusals: after so many refusals in a row, the archive has blocked this machine (ArchiveBlockedError).
    first_block: seconds for which the archive is left alone then; twice the last block if it has to block again.
    block_memory: seconds after a block, from which on the next one counts as the first.
    """

    listing_interval: float
    replay_interval: float
    listing_concurrency: int
    replay_concurrency: int
    listing_rows: int
    backoff: float
    backoff_429: float
    backoff_max: float
    tries: int
    strikes: int
    refusals: int
    first_block: float
    block_memory: float


def limits_in_force(archive: "Archive", settings: BaseSettings) -> Limits:
    """Returns an archive's limits with those that Scrapy's settings override."""
    overrides = {}
    for field in fields(Limits):
        value = settings.get(f"ARCHIVE_{field.name.upper()}")
        if value is not None:
            overrides[field.name] = type(getattr(archive.limits, field.name))(value)
    return replace(archive.limits, **overrides)


def download_slot(kind: RequestKind) -> str:
    """Returns the name of the Scrapy download slot for requests of a kind."""
    return f"archive-{kind}"


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of the index.

    malformed: how many rows could not be read and were skipped. resume_key: asks for the next page; None if this page
    is the last.
    """

    captures: tuple[ListedCapture, ...]
    malformed: int
    resume_key: str | None


@dataclass(frozen=True, slots=True)
class Memento:
    """What an archive says of an archived answer (RFC 7089).

    captured_at: when it was captured (timezone-aware UTC). url: the address it was captured from.
    """

    captured_at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Replay:
    """How far the replay of a listed capture has come: redirects can make it take several requests.

    timestamp, url: the capture to ask for now. passed: the archived addresses that redirected here, the first being
    that of the listed capture. hops: how many redirects were followed, the archive's own included.
    """

    listed: ListedCapture
    timestamp: str
    url: str
    passed: tuple[str, ...] = ()
    hops: int = 0

    @classmethod
    def begin(cls, listed: ListedCapture) -> "Replay":
        """Returns the replay that asks for the listed capture itself."""
        return cls(listed, listed.timestamp, listed.original)


@dataclass(frozen=True, slots=True)
class ArchivedAnswer:
    """The answer of the captured site. following: the replay of the address it redirects to; None if there is none."""

    memento: Memento
    following: Replay | None = None


@dataclass(frozen=True, slots=True)
class ArchiveRedirect:
    """A redirect of the archive's own, to another form of the captured address or to a time nearby."""

    following: Replay


@dataclass(frozen=True, slots=True)
class CaptureNotGiven:
    """The index lists the capture, but the archive does not give it. why: the reason, in words."""

    why: str


ReplayResult = ArchivedAnswer | ArchiveRedirect | CaptureNotGiven


class Archive(Protocol):
    """A client of one web archive. `headers` are always those of an answer, by lower-case name; `body` is its bytes."""

    @property
    def site(self) -> ArchiveSite:
        """The archive's name, and the address that all requests go to."""

    @property
    def limits(self) -> Limits:
        """What the archive allows, by its own account or by experience; say which in the client."""

    @property
    def budget_key(self) -> str | None:
        """Names the budget that the crawls of this machine share (crawler.budget), such as the archive's host.

        None if requests need not be spaced, as to an archive on this machine.
        """

    @property
    def request_headers(self) -> Mapping[str, str]:
        """Headers to send with every request."""

    def listing_url(
        self, url: str, begin: datetime | None, end: datetime | None, limit: int, resume_key: str | None = None
    ) -> str:
        """Returns the address of a page of the index, with the captures of `url` from begin to end, both included.

        limit: rows on the page. resume_key: as the page before gave it; None for the first page.
        """

    def parse_listing(self, status: int, body: bytes) -> ListingPage:
        """Returns a page of the index.

        ArchiveRefusalError if the archive does not list this address. ArchiveProtocolError if the answer is no listing;
        it must never be taken for an empty one.
        """

    def replay_url(self, timestamp: str, url: str) -> str:
        """Returns the address of a capture's bytes, unaltered: no banner, no rewritten links."""

    def parse_replay(self, replay: Replay, status: int, headers: Mapping[str, str], body: bytes) -> ReplayResult:
        """Returns what the answer to the request for `replay` is.

        An archived answer is one whatever its status: an archived 404 is a capture. A capture of another time than the
        one asked for must not be taken for it.
        """

    def provenance(self, listed: ListedCapture, replay_url: str) -> Provenance:
        """Returns the provenance of a capture that a row of the index led to.

        replay_url: the address in the archive of the bytes. The identifiers have to be the same whenever the capture is
        fetched, and include `timestamp`, `digest` and `urlkey` of the row, by which the capture is known to be stored.
        """

    def trouble(self, kind: RequestKind, status: int, headers: Mapping[str, str], body: bytes) -> ArchiveError | None:
        """Returns what keeps the archive from answering now, if asking again later may help.

        None if the answer is one to what was asked, be it good or bad. An archived answer is never trouble: an archived
        429 is a fact about the captured site. `limits` have rules of their own for ArchiveRateLimitError and
        ArchiveBlockedError; each other class waits for `backoff`.
        """
