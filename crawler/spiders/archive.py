"""`scrapy crawl archive [-a vendor=slug,slug] [-a since=DATE] [-a until=DATE]`"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from core.captures import Capture
from core.dates import parse_span
from core.declarations import Location, Policy
from core.exceptions import ArchiveError, ArchiveProtocolError, StorageError, UsageError
from core.policies import PolicyKey
from core.settings import Settings
from crawler.archives import configured_archive
from crawler.archives.protocol import (
    Archive,
    ArchiveRedirect,
    CaptureNotGiven,
    Limits,
    Replay,
    RequestKind,
    download_slot,
    limits_in_force,
)
from crawler.backoff import ArchiveGivenUpInterrupt, ArchiveKeepsFailingError, Gate
from crawler.budget import Budget
from crawler.captures import FetchedCapture, archived_capture, header_map, repeated_capture
from crawler.environment import environment_of
from crawler.failures import RequestNotSentInterrupt, reason, request_of
from crawler.spiders.base import BaseSpider
from intake.records import UnreadCapture
from storage import CaptureToFetch, KnownPayload, Listing, ListingQuery

_P = ParamSpec("_P")
_T = TypeVar("_T")

# How many policies are listed, or have their captures fetched, at a time.
_POLICIES_AT_ONCE = 3
# How many captures are requested, or fetched and not yet stored, at a time. A crawl that is killed has to request these
# again.
_CAPTURES_AT_ONCE = 8
# A listing that an earlier crawl left undone starts over after this long, since the archive may hold more by now.
_STALE_AFTER = timedelta(days=7)

_SEVERAL_PAGES = (
    "a policy of several pages cannot be put together from an archive, which captured each page at another time"
)


@dataclass(slots=True, eq=False)
class _PolicyCrawl:
    """What the crawl knows of a policy it is working on.

    open_listings: how many of the policy's listings are not complete.
    payloads: by the archive's checksum, the payloads that need not be fetched again; None before the listings are
        complete.
    under_way: the captures that are requested, or fetched and not yet stored, by the key of their row in the index.
    listed_again: queries whose listings began again, because another crawl of the same policy took them over.
    """

    key: PolicyKey
    policy: Policy
    open_listings: int = 0
    payloads: dict[str, KnownPayload] | None = None
    under_way: dict[tuple[str, str], CaptureToFetch] = field(default_factory=dict)
    listed_again: set[ListingQuery] = field(default_factory=set)

    def __str__(self) -> str:
        return str(self.key)


class ArchiveSpider(BaseSpider):
    """Fetches the captures that the archive holds of each location, for the time it holds, and that are not stored.

    since, until: a year, a month or a day; until includes its last instant.

    The database holds what is left to do: each page of the index is filed there with the key of the next one, and a
    listed capture stays there until it is stored. So the crawl after one that was killed continues where that one was.
    """

    name = "archive"
    custom_settings = {"COOKIES_ENABLED": False, "REDIRECT_ENABLED": False}  # noqa: RUF012  (Scrapy's own attribute)
    _archive: Archive
    _limits: Limits
    _gate: Gate
    _crawls: dict[PolicyKey, _PolicyCrawl]
    _changed: asyncio.Event
    _gave_up = False
    _is_complete = False
    _listed_policies = 0
    _listed_captures = 0

    def __init__(self, since: str = "", until: str = "", **others: str) -> None:
        super().__init__(**others)
        self._begin = parse_span(since).begin if since else None
        self._end = parse_span(until).end if until else None
        if self._begin and self._end and self._begin > self._end:
            raise UsageError(f"since ({since}) is after until ({until})")

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Scrapy's hook for a spider's own settings: those that follow from the archive's limits."""
        super().update_settings(settings)
        limits = limits_in_force(configured_archive(environment_of(settings)), settings)
        concurrency: dict[RequestKind, int] = {
            "listing": limits.listing_concurrency,
            "replay": limits.replay_concurrency,
        }
        # The gate spaces requests. These delays are there because Scrapy ignores the concurrency of a slot without one.
        slots = {
            download_slot(kind): {"concurrency": count, "delay": 0.005, "jitter": 0}
            for kind, count in concurrency.items()
        }
        settings.set("DOWNLOAD_SLOTS", slots, priority="spider")
        # How many connections stay open.
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", sum(concurrency.values()), priority="spider")

    def set_up(self, environment: Settings) -> None:
        """See BaseSpider. ArchiveBudgetError if the crawls of this machine can't share the archive's limits."""
        super().set_up(environment)
        self._archive = configured_archive(environment)
        self._limits = limits_in_force(self._archive, self.settings)
        budget = None
        if self._archive.budget_key is not None:
            budget = Budget(environment.state_home, self._archive.budget_key)
            budget.blocked()  # raises if the file can't be used
        self._gate = Gate(self._archive, self._limits, lambda: self.crawler.engine.running, budget)
        # After an error in a callback or in the pipeline, a capture would stay under way for ever.
        for signal in (signals.spider_error, signals.item_error):
            self.crawler.signals.connect(self.internal_error, signal)

    # --- the crawl ---------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """Yields requests and captures while there is room for them, until nothing is left to do."""
        self._crawls = {}
        self._changed = asyncio.Event()
        policies = self.policies()
        while not self.stopped and self._gate.given_up is None:
            self._changed.clear()
            while len(self._crawls) < _POLICIES_AT_ONCE and (following := next(policies, None)):
                crawl = _PolicyCrawl(*following)
                self._crawls[crawl.key] = crawl
                for request in await self._begin_listings(crawl):
                    yield request
            if not self._crawls:
                self._is_complete = True
                return
            is_waiting = True
            for crawl in tuple(self._crawls.values()):
                room = _CAPTURES_AT_ONCE - sum(len(each.under_way) for each in self._crawls.values())
                if crawl.open_listings or not room:
                    continue
                # If a capture under way is not given, another one with its checksum has to be fetched instead. So the
                # policy isn't finished yet if a capture was under way before the next steps were chosen.
                was_under_way = bool(crawl.under_way)
                steps = await self._next_steps(crawl, room)
                for step in steps:
                    is_waiting = False
                    yield step
                if not steps and not was_under_way:
                    is_waiting = False
                    del self._crawls[crawl.key]
            if is_waiting:
                await self._changed.wait()

    async def _begin_listings(self, crawl: _PolicyCrawl) -> list[Request]:
        """Returns the requests with which the policy's listings begin, or continue."""
        # A crawl that was killed may have left captures that are stored and not read.
        await self._in_thread(self.intake.reextract, crawl.key, crawl.policy)
        listings = await self._listings(crawl)
        for listing in listings:
            self.tally.found(listing.found)
            self.tally.malformed(listing.malformed)
        incomplete = [listing for listing in listings if not listing.complete]
        crawl.open_listings = len(incomplete)
        return [self._listing_request(crawl, listing) for listing in incomplete]

    async def _listings(self, crawl: _PolicyCrawl) -> Sequence[Listing]:
        queries = []
        for location in crawl.policy.locations:
            if location.pages:
                self.tally.failed(f"{crawl} {location.url}", _SEVERAL_PAGES)
                continue
            begin, end = _narrowed(location, self._begin, self._end)
            if begin is None or end is None or begin <= end:
                queries.append(ListingQuery(self._archive.site, location.url, begin, end))
        return await self._in_thread(self.store.archive_listings.begin, crawl.key, queries, self.begun_at, _STALE_AFTER)

    async def _next_steps(self, crawl: _PolicyCrawl, room: int) -> list[Request | FetchedCapture]:
        """Returns what to do next for a policy whose listings are complete.

        room: for how many captures at most. A capture whose checksum is known is returned without being requested.
        """
        site = self._archive.site
        if crawl.payloads is None:
            known = await self._in_thread(self.store.archive_listings.known_payloads, crawl.key, site.name)
            crawl.payloads = dict(known)
            self._listed_policies += 1
            self._listed_captures += await self._in_thread(self.store.archive_listings.count_to_fetch, crawl.key)
        requested_checksums = {
            to_fetch.checksum
            for to_fetch in crawl.under_way.values()
            if to_fetch.checksum is not None and to_fetch.checksum not in crawl.payloads
        }
        ids = [to_fetch.id for to_fetch in crawl.under_way.values()]
        captures_to_fetch = await self._in_thread(
            self.store.archive_listings.to_fetch, crawl.key, site, ids, requested_checksums, room
        )
        steps: list[Request | FetchedCapture] = []
        for to_fetch in captures_to_fetch:
            listed = to_fetch.listed
            if to_fetch.checksum in crawl.payloads:
                known_payload = crawl.payloads[to_fetch.checksum]
                provenance = self._archive.provenance(
                    listed, self._archive.replay_url(listed.timestamp, listed.original)
                )
                repeated = repeated_capture(crawl.key, known_payload, listed, self.begun_at, provenance)
                steps.append(FetchedCapture(repeated, None, crawl.policy))
            elif to_fetch.tried or to_fetch.checksum in requested_checksums:
                continue  # another capture with the same checksum is requested
            else:
                steps.append(self._replay_request(crawl, to_fetch, Replay.begin(listed)))
                if to_fetch.checksum is not None:
                    requested_checksums.add(to_fetch.checksum)
            crawl.under_way[listed.index_key] = to_fetch
        return steps

    def kept(self, unread: UnreadCapture) -> None:
        """See BaseSpider. The row of the index that led to the capture is done."""
        super().kept(unread)
        capture = unread.capture
        crawl = self._crawls[capture.key]
        index_key = capture.provenance.index_key if capture.provenance is not None else None
        if index_key is None:
            raise ValueError("a capture of an archive crawl that no row of the index led to")
        to_fetch = crawl.under_way[index_key]
        if to_fetch.checksum is not None and _proves_checksum(capture) and crawl.payloads is not None:
            crawl.payloads[to_fetch.checksum] = KnownPayload(capture.sha256, capture.media_type)
        self._finish(crawl, to_fetch)

    def ahead(self) -> float | None:
        """See BaseSpider. Policies that are not listed yet are taken to have as many captures as the others have."""
        if not self._listed_policies:
            return None
        policies = sum(1 for _ in self.policies())
        return max(0, self._listed_captures * policies / self._listed_policies - self.done)

    def _finish(self, crawl: _PolicyCrawl, to_fetch: CaptureToFetch, count: int = 1) -> None:
        """Notes that a capture is no longer under way. count: how many captures to fetch that settles."""
        self.done += count
        del crawl.under_way[to_fetch.listed.index_key]
        self._changed.set()

    # --- listings ----------------------------------------------------------------------------------------------------

    def _listing_request(self, crawl: _PolicyCrawl, listing: Listing) -> Request:
        query = listing.query
        url = self._archive.listing_url(
            query.url, query.begin, query.end, self._limits.listing_rows, listing.resume_key
        )
        arguments = {"crawl": crawl, "listing": listing}
        return self._request("listing", url, self.parse_listing, self.listing_failed, arguments)

    async def parse_listing(self, response: Response, crawl: _PolicyCrawl, listing: Listing) -> AsyncIterator[Request]:
        """Files a page of a listing, and yields the request for the next page."""
        what = f"{crawl} {listing.query.url}: listing"
        try:
            page = self._archive.parse_listing(response.status, response.body)
            if page.resume_key and page.resume_key == listing.resume_key:
                raise ArchiveProtocolError("the archive's index does not go on: it gives the same resume key again")
        except ArchiveError as error:
            self.tally.failed(what, str(error))
            # Otherwise the next crawl would send the same resume key, and get the same answer.
            await self._in_thread(self.store.archive_listings.restart, listing)
            self._end_listing(crawl)
            return
        filed = await self._in_thread(
            self.store.archive_listings.file_page, listing, page.captures, page.malformed, page.resume_key
        )
        if filed is None:
            # Another crawl has finished this listing, or dropped it, since this one requested the page.
            if listing.query in crawl.listed_again:
                self.tally.failed(
                    what, "another crawl asks for other dates of it; run this again when that one is done"
                )
                self._end_listing(crawl)
                return
            crawl.listed_again.add(listing.query)
            filed = next(each for each in await self._listings(crawl) if each.query == listing.query)
        self.tally.found(filed.found - listing.found)
        self.tally.malformed(filed.malformed - listing.malformed)
        if filed.complete:
            self._end_listing(crawl)
        else:
            yield self._listing_request(crawl, filed)

    def listing_failed(self, failure: Failure) -> None:
        """Notes that the index did not answer. The captures that it listed before are fetched all the same."""
        arguments = request_of(failure).cb_kwargs
        crawl, listing = arguments["crawl"], arguments["listing"]
        self._note_failure(failure, f"{crawl} {listing.query.url}: listing")
        self._end_listing(crawl)

    def _end_listing(self, crawl: _PolicyCrawl) -> None:
        crawl.open_listings -= 1
        self._changed.set()

    # --- replays -----------------------------------------------------------------------------------------------------

    def _replay_request(
        self, crawl: _PolicyCrawl, to_fetch: CaptureToFetch, replay: Replay, redirect: FetchedCapture | None = None
    ) -> Request:
        """Returns the request for a capture. redirect: the last archived redirect on the way to it."""
        url = self._archive.replay_url(replay.timestamp, replay.url)
        arguments = {"crawl": crawl, "to_fetch": to_fetch, "replay": replay, "redirect": redirect}
        return self._request("replay", url, self.parse_replay, self.replay_failed, arguments)

    async def parse_replay(
        self,
        response: Response,
        crawl: _PolicyCrawl,
        to_fetch: CaptureToFetch,
        replay: Replay,
        redirect: FetchedCapture | None,
    ) -> AsyncIterator[Request | FetchedCapture]:
        """Yields the capture that an answer is, or the request that it leads to."""
        result = self._archive.parse_replay(replay, response.status, header_map(response), response.body)
        if isinstance(result, ArchiveRedirect):
            yield self._replay_request(crawl, to_fetch, result.following, redirect)
        elif isinstance(result, CaptureNotGiven):
            async for fetched in self._settle_without(crawl, to_fetch, redirect, result.why, self._note_unplayable):
                yield fetched
        else:
            provenance = self._archive.provenance(to_fetch.listed, response.url)
            capture = archived_capture(response, crawl.key, replay, result.memento, provenance)
            answer = FetchedCapture(capture, response.body, crawl.policy)
            if result.following is not None:
                yield self._replay_request(crawl, to_fetch, result.following, answer)
            else:
                async for fetched in self._settle_with(crawl, to_fetch, answer):
                    yield fetched

    async def replay_failed(self, failure: Failure) -> AsyncIterator[FetchedCapture]:
        """Settles a capture for which the archive sent no answer."""
        arguments = request_of(failure).cb_kwargs
        crawl, to_fetch = arguments["crawl"], arguments["to_fetch"]
        if isinstance(failure.value, RequestNotSentInterrupt):
            self._note_failure(failure, "")
            self._finish(crawl, to_fetch)
            return
        # If the archive has lost the record that a revisit refers to, it answers with 503 each time. Trying again is no
        # use then, and it is no failure of the crawl.
        is_lost = isinstance(failure.value, ArchiveKeepsFailingError) and to_fetch.listed.is_revisit
        note = self._note_unplayable if is_lost else self._note_failed
        async for fetched in self._settle_without(crawl, to_fetch, arguments["redirect"], reason(failure), note):
            yield fetched

    async def _settle_with(
        self, crawl: _PolicyCrawl, to_fetch: CaptureToFetch, fetched: FetchedCapture
    ) -> AsyncIterator[FetchedCapture]:
        """Yields what was fetched for a listed capture."""
        self.tally.fetched()
        if not _proves_checksum(fetched.capture):
            await self._in_thread(self.store.archive_listings.distrust_checksum, crawl.key, to_fetch)
        yield fetched

    async def _settle_without(
        self,
        crawl: _PolicyCrawl,
        to_fetch: CaptureToFetch,
        redirect: FetchedCapture | None,
        why: str,
        note: Callable[[str, str, int], None],
    ) -> AsyncIterator[FetchedCapture]:
        """Settles a listed capture that the archive does not give.

        If a redirect led to it, the redirect is the capture. Otherwise another capture with the same checksum may still
        be given; if none is left, all of them are given up, and `note` is called with what, why and how many.
        """
        if redirect is not None:
            async for fetched in self._settle_with(crawl, to_fetch, redirect):
                yield fetched
            return
        given_up = await self._in_thread(self.store.archive_listings.mark_not_given, crawl.key, to_fetch)
        if given_up:
            others = f" and {given_up - 1} more of the same text" if given_up > 1 else ""
            note(f"{crawl} {to_fetch.url} at {to_fetch.listed.timestamp}{others}", why, given_up)
        self._finish(crawl, to_fetch, given_up)

    def _note_unplayable(self, what: str, why: str, count: int) -> None:
        self.tally.unplayable(count)
        self.logger.warning("%s: %s", what, why)

    def _note_failed(self, what: str, why: str, count: int) -> None:
        self.tally.failed(what, why)

    # --- listings and replays alike ----------------------------------------------------------------------------------

    def _request(self, kind: RequestKind, url: str, callback: Any, errback: Any, arguments: dict[str, Any]) -> Request:
        return Request(
            url,
            callback,
            errback=errback,
            headers=dict(self._archive.request_headers),
            dont_filter=True,
            meta={"archive": kind, "gate": self._gate, "download_slot": download_slot(kind)},
            cb_kwargs=arguments,
        )

    async def _in_thread(self, function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
        """Returns what a method of the store returns, called in another thread. A StorageError ends the crawl."""
        try:
            return await asyncio.to_thread(function, *arguments, **keywords)
        except StorageError as error:
            self.stop(str(error))
            raise CloseSpider("stopped") from None

    def _note_failure(self, failure: Failure, what: str) -> None:
        """Notes a failed request; that the archive was given up is noted once for all requests."""
        if not isinstance(failure.value, RequestNotSentInterrupt):
            self.tally.failed(what, reason(failure))
        elif isinstance(failure.value, ArchiveGivenUpInterrupt) and not self._gave_up:
            self._gave_up = True
            self.tally.failed(self._archive.site.address, f"{failure.value}; the next crawl goes on from here")

    def internal_error(self) -> None:
        """Scrapy's signal that a callback or the pipeline raised an error that nothing foresaw."""
        self.stop("an error in clausewatch itself; the log above has it")

    def spider_closed(self, reason: str) -> None:
        """See BaseSpider. Forgets the listings that are done, and counts what is left for the next crawl."""
        keys = [key for key, _ in self.policies()]
        if reason == "finished" and self._is_complete:
            # Only now is everything stored and read. Until then, a crawl that continues this one must not list again.
            try:
                self.store.archive_listings.close(keys)
            except StorageError as error:
                self.tally.failed("the end of the crawl", str(error))
        else:
            # If the database refuses, that is why the crawl ended, and it has been reported.
            with suppress(StorageError):
                self.tally.left(sum(self.store.archive_listings.count_to_fetch(key) for key in keys))
        super().spider_closed(reason)


def _narrowed(
    location: Location, begin: datetime | None, end: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Returns the time from begin to end for which the location holds; both ends are included."""
    last = location.end - timedelta(seconds=1) if location.end else None  # archives count in seconds
    begins = [moment for moment in (begin, location.begin) if moment]
    ends = [moment for moment in (end, last) if moment]
    return max(begins, default=None), min(ends, default=None)


def _proves_checksum(capture: Capture) -> bool:
    """Returns whether the payload is what the index's digest was made of. A redirect's digest is of the redirect."""
    return capture.status == 200 and not capture.redirects
