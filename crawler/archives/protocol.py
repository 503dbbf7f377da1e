"""The interface between the archive crawl and the client of a web archive.

A client builds the requests for the archive's index and for captures, parses the HTTP responses, and states how many
requests the archive allows.

To add an archive:

1. Add the archive's name to `core.archives.WebArchive`. Captures from the archive have that name as their source.
2. Write a client: a class that implements `Archive`, in a new module beside `crawler.archives.wayback`. The client
   builds addresses and parses HTTP responses. The client sends nothing, so the client's tests need no server.
3. Change `crawler.archives.configured_archive` so that it returns the client if `core.settings` names the archive.
4. Some archives rename the headers of captured pages in their HTTP responses. For example, the Wayback Machine adds the
   prefix `x-archive-orig-`. If the archive adds a prefix, add the prefix to `ingestion.warc_writer`.

The order of calls: the spider requests the address that `listing_url` returns, and passes the response to
`parse_listing`. The spider repeats these two steps for each page of the index. For each listed capture, the spider
requests the address that `replay_url` returns, and passes the response to `parse_replay`. If the result is a redirect,
the spider requests the redirect's target in the same way.

The backoff middleware first passes every response to `temporary_error`. If that method returns an error, the spider
does not receive the response. Instead, the middleware sends the request again later. See `Limits` for the number of
retries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal, Protocol, get_type_hints

from scrapy.settings import BaseSettings

from core.archives import ArchiveSite, ListedCapture, Provenance
from core.exceptions import ArchiveError

#: The purposes of requests to an archive. "listing": to fetch a page of the index. "replay": to fetch a capture.
RequestKind = Literal["listing", "replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits on requests to an archive, and how a crawl reacts to temporary errors of the archive.

    Each field can be overridden by a Scrapy setting named `ARCHIVE_` plus the field's name in capitals;
    `limits_in_force` applies the overrides.

    listing_interval, replay_interval: the seconds between two requests of the same kind. All crawls of this machine
        share this interval.
    listing_concurrency, replay_concurrency: the upper limit of requests of the same kind that one crawl may have under
        way at the same time.
    listing_rows: the number of rows to request in one page of the index.
    backoff: the seconds to wait after a first temporary error. Each further error in a row doubles the wait.
    backoff_429: the same as `backoff`, but after an ArchiveRateLimitError.
    backoff_max: seconds. If the archive's Retry-After header contains a longer wait, this crawl sends no more requests
        to the archive.
    tries: upper limit of temporary errors of one request. A request with this many errors is not sent again. Only
        errors that may affect the request alone are counted.
    strikes: the number of temporary errors in a row, counted over all requests, after which this crawl sends no more
        requests to the archive.
    refusals: the number of refused connections in a row (ArchiveBlockedError) after which the crawl concludes that
        the archive has blocked this machine.
    first_block: the seconds for which no crawl of this machine sends requests after a first block. After each further
        block within `block_memory`, the crawls wait twice as long as after the previous block.
    block_memory: seconds. If the wait for the last block ended at least this many seconds ago, the next block counts as
        a first block.
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
    """Returns an archive's limits. If a Scrapy setting overrides a limit, the setting's value replaces the limit."""
    overrides = {}
    types = get_type_hints(Limits)
    for field in fields(Limits):
        value = settings.get(f"ARCHIVE_{field.name.upper()}")
        if value is not None:
            overrides[field.name] = types[field.name](value)
    return replace(archive.limits, **overrides)


def download_slot(kind: RequestKind) -> str:
    """Returns the name of the Scrapy download slot for requests of a kind."""
    return f"archive-{kind}"


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of the index.

    captures: the captures that the page lists.
    malformed: the number of rows that could not be parsed and were skipped.
    resume_key: the key with which to request the next page; None if this page is the last page.
    """

    captures: tuple[ListedCapture, ...]
    malformed: int
    resume_key: str | None


@dataclass(frozen=True, slots=True)
class Memento:
    """The time and address of an archived response, as the archive states them (RFC 7089).

    captured_at: the time of the capture (timezone-aware UTC).
    url: the address from which the archive captured the response.
    """

    captured_at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Replay:
    """The state of a replay: the fetch of a listed capture. A replay with redirects needs several requests.

    listed: the capture as the index lists it.
    timestamp, url: the capture to request next.
    redirected_from: the archived addresses that redirected to `url`, in order. The first of these addresses is the
        address of the listed capture.
    hops: the number of redirects followed so far, including redirects of the archive itself.
    """

    listed: ListedCapture
    timestamp: str
    url: str
    redirected_from: tuple[str, ...] = ()
    hops: int = 0

    @classmethod
    def begin(cls, listed: ListedCapture) -> "Replay":
        """Returns the replay in its first state: the next request is for the listed capture itself."""
        return cls(listed, listed.timestamp, listed.original)


@dataclass(frozen=True, slots=True)
class ArchivedAnswer:
    """An HTTP response of the captured site.

    memento: the response's time and address.
    next_replay: the replay that requests the redirect's target; None if the response is not a redirect, or if the
        target can't be requested.
    """

    memento: Memento
    next_replay: Replay | None = None


@dataclass(frozen=True, slots=True)
class ArchiveRedirect:
    """A redirect by the archive itself. The target is another spelling of the address, or a capture of another time.

    next_replay: the replay that requests the redirect's target.
    """

    next_replay: Replay


@dataclass(frozen=True, slots=True)
class CaptureNotGiven:
    """The result for a capture that the index lists but the archive does not return.

    why: the reason, in words.
    """

    why: str


ReplayResult = ArchivedAnswer | ArchiveRedirect | CaptureNotGiven


class Archive(Protocol):
    """A client of one web archive.

    In all methods, `headers` are the headers of an HTTP response, by lower-case name, and `body` is the response's
    body.
    """

    @property
    def site(self) -> ArchiveSite:
        """The archive's name, and the address to which all requests are sent."""

    @property
    def limits(self) -> Limits:
        """The limits of the archive.

        A comment in the client states the source of each limit: the archive's documentation, or experience.
        """

    @property
    def budget_key(self) -> str | None:
        """The name of the budget that all crawls of this machine share (crawler.budget). Usually the archive's host.

        None if requests need no interval between them, because the archive is on this machine.
        """

    @property
    def request_headers(self) -> Mapping[str, str]:
        """The headers to send with every request."""

    def listing_url(
        self, url: str, begin: datetime | None, end: datetime | None, limit: int, resume_key: str | None = None
    ) -> str:
        """Returns the address of a page of the index. The page lists captures of `url`.

        begin, end: the first and the last capture time to list. If begin is None, the listing starts with the earliest
            capture; if end is None, the listing ends with the latest capture.
        limit: the upper limit of rows on the page.
        resume_key: the resume key of the previous page; None to request the first page.
        """

    def parse_listing(self, status: int, body: bytes) -> ListingPage:
        """Returns the page of the index that an HTTP response contains.

        ArchiveRefusalError if the archive refuses to list the address. ArchiveProtocolError if the response is not a
        listing. A client must never treat an HTTP response that is not a listing as an empty listing.
        """

    def replay_url(self, timestamp: str, url: str) -> str:
        """Returns the address of a capture's original bytes, without the archive's banner and its rewritten links."""

    def parse_replay(self, replay: Replay, status: int, headers: Mapping[str, str], body: bytes) -> ReplayResult:
        """Returns the result of the request for `replay`.

        Any HTTP response of the captured site is an ArchivedAnswer, whatever the status: an archived 404 is a capture,
        too. If the archive returns a capture of another time than the requested time, the result must not be an
        ArchivedAnswer.
        """

    def provenance(self, listed: ListedCapture, replay_url: str) -> Provenance:
        """Returns the provenance of a capture that the index lists.

        The identifiers must not depend on when the capture is fetched. The identifiers include the row's `timestamp`,
        `digest` and `urlkey`. A later crawl compares these three to recognise that the capture is stored.

        replay_url: the address from which the archive serves the bytes.
        """

    def temporary_error(
        self, kind: RequestKind, status: int, headers: Mapping[str, str], body: bytes
    ) -> ArchiveError | None:
        """Returns the error that an HTTP response reports if the same request may succeed later.

        Only errors of the archive itself are returned. None if the response is final. A response that refuses the
        address or the capture is final. Every archived response is final, too: an archived 429 is a fact about the
        captured site.

        After an ArchiveRateLimitError, requests wait for `limits.backoff_429` seconds. After any other error, requests
        wait for `limits.backoff` seconds. Several ArchiveBlockedErrors in a row count as a block (see
        `limits.refusals`).
        """
