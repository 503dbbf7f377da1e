"""The interface between the archive crawl and the client of a web archive.

A client builds the requests for captures and for the archive's index, which lists the captures. A client also parses
the HTTP responses, and states how many requests the archive allows.

To add an archive:

1. Add the archive's name, such as `wayback`, to `core.archives.WebArchive`. The name becomes the source of the
   archive's captures.
2. Write a client: a class that implements `Archive`, in a new module beside `crawler.archives.wayback`. The client
   builds addresses and parses HTTP responses. The client sends nothing, so the client's tests need no server.
3. Change `crawler.archives.configured_archive` so that it returns the client if `core.settings` names the archive.
4. Some archives send the original headers of a captured page under other names. For example, the Wayback Machine sends
   `Server` as `x-archive-orig-server`. If the archive adds such a prefix, add the prefix to `ingestion.warc_writer`.

The spider calls the client in this order:

1. For each page of the index, the spider requests the address from `listing_url`. It passes the response to
   `parse_listing`.
2. For each listed capture, the spider requests the address from `replay_url`. It passes the response to `parse_replay`.
   If the result is a redirect, the spider requests the redirect's target in the same way.

Every response first goes to `crawler.backoff.ArchiveBackOff`, which passes it to `temporary_error`. If that method
returns an error, `ArchiveBackOff` sends the request again later. The spider receives only the final response.
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

    A Scrapy setting can override each field. For example, the setting `ARCHIVE_TRIES` overrides `tries`.
    `limits_in_force` applies these settings.

    listing_interval: the minimum number of seconds between two requests for pages of the index. The interval applies to
        all crawls of this machine together.
    replay_interval: the same for requests for captures.
    listing_concurrency: the maximum number of requests for pages of the index that one crawl has under way at a time.
    replay_concurrency: the same for requests for captures.
    listing_rows: the number of rows to request in one page of the index.
    backoff: the wait after a temporary error, in seconds. Each further error in a row doubles the wait.
    backoff_429: the wait after an ArchiveRateLimitError, in seconds. It replaces `backoff` for this error.
    backoff_max: the longest wait, in seconds, that the archive may ask for in a Retry-After header. If the archive asks
        for a longer wait, the crawl sends no more requests to the archive.
    tries: the number of temporary errors after which a request is not sent again. An error that affects all requests,
        such as status 429, does not count.
    strikes: the number of temporary errors in a row after which the crawl sends no more requests to the archive. The
        errors of all requests count.
    refusals: the number of refused connections in a row (ArchiveBlockedError) after which the crawl concludes that
        the archive has blocked this machine.
    first_block: the length of the break after the archive has blocked this machine, in seconds. During the break, no
        crawl of this machine sends requests to the archive. If the archive blocks the machine again soon after the
        break, the next break is twice as long.
    block_memory: the meaning of "soon" in `first_block`, in seconds. If the archive blocks the machine at least this
        long after the last break ended, the next break lasts `first_block` seconds again.
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
    """Returns an archive's limits. A Scrapy setting such as `ARCHIVE_TRIES` replaces the archive's own limit."""
    overrides = {}
    types = get_type_hints(Limits)
    for field in fields(Limits):
        value = settings.get(f"ARCHIVE_{field.name.upper()}")
        if value is not None:
            overrides[field.name] = types[field.name](value)
    return replace(archive.limits, **overrides)


def download_slot(kind: RequestKind) -> str:
    """Returns the name of the Scrapy download slot for requests of a kind, for example `archive-replay`."""
    return f"archive-{kind}"


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of the index.

    captures: the captures that the page lists.
    malformed: the number of rows that could not be parsed and were skipped.
    resume_key: the archive's token for requesting the next page; None if this page is the last page.
    not_modified: the number of rows that were skipped because their HTTP status is 304. Such a response has no page.
    """

    captures: tuple[ListedCapture, ...]
    malformed: int
    resume_key: str | None
    not_modified: int = 0


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
    """The state of a replay. A replay fetches one listed capture, and follows the redirects that begin there.

    listed: the capture as the index lists it.
    timestamp, url: the time (`20190501123000`) and the address of the capture to request next.
    redirected_from: the addresses of the captured site that redirected to `url`, in order. The first is the address of
        the listed capture. Empty before the first such redirect.
    hops: the number of redirects followed so far: redirects of the captured site, and of the archive itself.
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
    next_replay: if the response is a redirect, the replay that requests the redirect's target. None if the response is
        not a redirect, or if the target can't be requested.
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
    """The index lists a capture, but the archive does not return it.

    why: the reason, for example "the archive redirects too many times".
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
        """The archive's name, and the address at which the archive receives all requests."""

    @property
    def limits(self) -> Limits:
        """The limits of the archive.

        A comment in the client states the source of each limit: the archive's documentation, or experience.
        """

    @property
    def budget_key(self) -> str | None:
        """The name of the budget that all crawls of this machine share (crawler.budget). Usually the archive's host.

        None if the archive is on this machine: its requests then need no budget.
        """

    @property
    def request_headers(self) -> Mapping[str, str]:
        """The headers to send with every request."""

    def listing_url(
        self, url: str, begin: datetime | None, end: datetime | None, limit: int, resume_key: str | None = None
    ) -> str:
        """Returns the address of a page of the index. The page lists captures of `url`.

        begin, end: the earliest and the latest capture time to list, both inclusive; None for no bound.
        limit: the maximum number of rows on the page.
        resume_key: the `ListingPage.resume_key` of the previous page; None to request the first page.
        """

    def parse_listing(self, status: int, body: bytes) -> ListingPage:
        """Returns the page of the index that an HTTP response contains.

        ArchiveRefusalError if the archive refuses to list the address. ArchiveProtocolError if the response is not a
        listing. For example, a client must not return an empty page for an HTML error page: the crawl would conclude
        that the archive has no captures.
        """

    def replay_url(self, timestamp: str, url: str) -> str:
        """Returns the address of a capture's original bytes, without the archive's banner and its rewritten links."""

    def parse_replay(self, replay: Replay, status: int, headers: Mapping[str, str], body: bytes) -> ReplayResult:
        """Returns the result of the request for `replay`.

        For an HTTP response of the captured site, the result is an ArchivedAnswer, whatever the status: an archived 404
        is a capture, too. Exception: if the archive returns a capture of another time than requested, the result is a
        CaptureNotGiven.
        """

    def provenance(self, listed: ListedCapture, replay_url: str) -> Provenance:
        """Returns the provenance of a capture that the index lists.

        The provenance includes `timestamp`, `digest` and `urlkey` of the index's row. By these three values, a later
        crawl recognises that the capture is stored already. So they must not depend on when the capture is fetched.

        replay_url: the address from which the archive serves the bytes.
        """

    def temporary_error(
        self, kind: RequestKind, status: int, headers: Mapping[str, str], body: bytes
    ) -> ArchiveError | None:
        """Returns the archive's temporary error if the response is such an error; otherwise None.

        An error is temporary if the same request may succeed later. If the archive refuses the address or the capture,
        the refusal is not temporary. An archived response is never an error of the archive: an archived 429 is a fact
        about the captured site.

        The class of the error determines how the crawl reacts, as `Limits` describes (`backoff_429`, `refusals`).
        """
