"""The archive crawl: `scrapy crawl archive [-a vendor=slug,slug] [-a since=DATE] [-a until=DATE]`.

For each location, the crawl first requests a listing from the archive's index, page by page. Then the crawl
requests each listed capture that is not stored yet. The request for a listed capture is called a *replay*.
"""

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

# Upper limit of policies on which the crawl works at the same time.
_MAX_POLICIES_UNDER_WAY = 3
# Upper limit of captures under way at the same time. A capture is under way from the first request for the capture
# until the capture is stored. If a crawl is killed, the next crawl has to request these captures again.
_MAX_CAPTURES_UNDER_WAY = 8
# If an incomplete listing is older than this, the crawl begins a new listing. The archive may have added captures since
# the old listing began.
_STALE_AFTER = timedelta(days=7)

_SEVERAL_PAGES = (
    "a policy of several pages cannot be fetched from an archive, because the archive captured each page at another "
    "time"
)


@dataclass(slots=True, eq=False)
class _PolicyCrawl:
    """The state of the crawl of one policy.

    open_listings: the number of the policy's listings that are not complete.
    payloads: the payloads that are stored already, by the archive's checksum. Captures with such a checksum need not be
        fetched. None until the listings are complete.
    under_way: the captures that are requested but not stored yet, by the key of the capture's row in the index.
    listed_again: the queries whose listings this crawl began a second time. A crawl begins a listing again if another
        crawl of the same policy completes or drops the listing.
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
    """A spider that fetches a web archive's captures of each location, unless they are stored already.

    A location is declared for a period of time; captures from outside this period are not fetched.

    since: a year, a month or a day. Captures from before the beginning of this time are not fetched.
    until: a year, a month or a day. Captures from after the end of this time are not fetched.

    The remaining work is stored in the database. For each page of the index, the crawl stores the listed captures and
    the resume key of the next page. A listed capture remains in the database's list until the capture's bytes are
    stored. So if a crawl is killed, the next crawl continues the work.
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

    def __init__(self, since: str = "", until: str = "", **other_arguments: str) -> None:
        super().__init__(**other_arguments)
        self._begin = parse_span(since).begin if since else None
        self._end = parse_span(until).end if until else None
        if self._begin and self._end and self._begin > self._end:
            raise UsageError(f"since ({since}) is after until ({until})")

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Sets the Scrapy settings that follow from the archive's limits. Scrapy calls this before the crawl."""
        super().update_settings(settings)
        limits = limits_in_force(configured_archive(environment_of(settings)), settings)
        concurrency: dict[RequestKind, int] = {
            "listing": limits.listing_concurrency,
            "replay": limits.replay_concurrency,
        }
        # The gate (crawler.backoff.Gate) enforces the intervals between requests. The delay below has another reason:
        # Scrapy ignores a slot's concurrency if the slot has no delay.
        slots = {
            download_slot(kind): {"concurrency": count, "delay": 0.005, "jitter": 0}
            for kind, count in concurrency.items()
        }
        settings.set("DOWNLOAD_SLOTS", slots, priority="spider")
        # This setting also limits how many idle connections to a host Scrapy keeps open for reuse.
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", sum(concurrency.values()), priority="spider")

    def set_up(self, environment: Settings) -> None:
        """Prepares the spider: see BaseSpider.

        ArchiveBudgetError if the file in which the crawls of this machine share the archive's limits can't be used.
        """
        super().set_up(environment)
        self._archive = configured_archive(environment)
        self._limits = limits_in_force(self._archive, self.settings)
        budget = None
        if self._archive.budget_key is not None:
            budget = Budget(environment.state_home, self._archive.budget_key)
            budget.blocked()  # raises ArchiveBudgetError if the file can't be used
        self._gate = Gate(self._archive, self._limits, lambda: self.crawler.engine.running, budget)
        # After an exception in a callback or in the pipeline, the capture would stay in the captures under way, and the
        # crawl would never end. So an internal error ends the crawl.
        for signal in (signals.spider_error, signals.item_error):
            self.crawler.signals.connect(self.internal_error, signal)

    # --- the crawl ---------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """Yields requests, and captures that need no request, until nothing is left to do.

        If the upper limit of policies or captures is reached, waits until a policy or a capture is finished.
        """
        self._crawls = {}
        self._changed = asyncio.Event()
        policies = self.policies()
        while not self.stopped and self._gate.given_up is None:
            self._changed.clear()
            while len(self._crawls) < _MAX_POLICIES_UNDER_WAY and (next_policy := next(policies, None)):
                crawl = _PolicyCrawl(*next_policy)
                self._crawls[crawl.key] = crawl
                for request in await self._begin_listings(crawl):
                    yield request
            if not self._crawls:
                self._is_complete = True
                return
            is_waiting = True
            for crawl in tuple(self._crawls.values()):
                captures_under_way = sum(len(policy_crawl.under_way) for policy_crawl in self._crawls.values())
                room = _MAX_CAPTURES_UNDER_WAY - captures_under_way
                if crawl.open_listings or not room:
                    continue
                # If the archive does not return a capture, another capture with the same checksum has to be fetched
                # instead. So a policy is not finished while one of its captures is under way. A capture may be stored
                # while `_next_steps` runs, so `was_under_way` is determined before the call.
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
        """Returns the requests that begin or continue the policy's listings."""
        # If an earlier crawl was killed, some of its captures may be stored but not read.
        await self._in_thread(self.intake.reextract, crawl.key, crawl.policy)
        listings = await self._listings(crawl)
        for listing in listings:
            self.tally.count_found(listing.found)
            self.tally.count_malformed(listing.malformed)
        incomplete = [listing for listing in listings if not listing.complete]
        crawl.open_listings = len(incomplete)
        return [self._listing_request(crawl, listing) for listing in incomplete]

    async def _listings(self, crawl: _PolicyCrawl) -> Sequence[Listing]:
        queries = []
        for location in crawl.policy.locations:
            if location.pages:
                self.tally.add_failure(f"{crawl} {location.url}", _SEVERAL_PAGES)
                continue
            begin, end = _narrowed(location, self._begin, self._end)
            if begin is None or end is None or begin <= end:
                queries.append(ListingQuery(self._archive.site, location.url, begin, end))
        return await self._in_thread(
            self.store.archive_listings.begin,
            crawl.key,
            self._archive.site.name,
            queries,
            self.begun_at,
            _STALE_AFTER,
        )

    async def _next_steps(self, crawl: _PolicyCrawl, room: int) -> list[Request | FetchedCapture]:
        """Returns the next steps for a policy whose listings are complete: requests, or captures to store.

        If a payload with a capture's checksum is stored already, the result contains the capture instead of a request.

        room: upper limit of the number of steps.
        """
        site = self._archive.site
        if crawl.payloads is None:
            known = await self._in_thread(self.store.archive_listings.known_payloads, crawl.key, site.name)
            crawl.payloads = dict(known)
            self._listed_policies += 1
            self._listed_captures += await self._in_thread(
                self.store.archive_listings.count_to_fetch, crawl.key, site.name
            )
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
                continue  # another capture with the same checksum is under way
            else:
                steps.append(self._replay_request(crawl, to_fetch, Replay.begin(listed)))
                if to_fetch.checksum is not None:
                    requested_checksums.add(to_fetch.checksum)
            crawl.under_way[listed.index_key] = to_fetch
        return steps

    def on_capture_stored(self, stored: UnreadCapture) -> None:
        """Counts the capture in the same way as BaseSpider, and removes the capture from the captures under way."""
        super().on_capture_stored(stored)
        capture = stored.capture
        crawl = self._crawls[capture.key]
        index_key = capture.provenance.index_key if capture.provenance is not None else None
        if index_key is None:
            raise ValueError("an archive crawl stored a capture that has no row in the index")
        to_fetch = crawl.under_way[index_key]
        if to_fetch.checksum is not None and _proves_checksum(capture) and crawl.payloads is not None:
            crawl.payloads[to_fetch.checksum] = KnownPayload(capture.sha256, capture.media_type)
        self._finish(crawl, to_fetch)

    def estimate_remaining(self) -> float | None:
        """Returns an estimate of how many captures are still to be fetched; None before the first listing is complete.

        A policy that is not listed yet is assumed to have the average number of captures of the listed policies.
        """
        if not self._listed_policies:
            return None
        policies = sum(1 for _ in self.policies())
        return max(0, self._listed_captures * policies / self._listed_policies - self.finished_count)

    def _finish(self, crawl: _PolicyCrawl, to_fetch: CaptureToFetch, count: int = 1) -> None:
        """Removes a capture from the captures under way.

        count: the number of listed captures that are finished. 0 if another capture with the same checksum is to be
            fetched instead. More than 1 if several captures with the same checksum are given up together.
        """
        self.finished_count += count
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
        """Stores the rows of a page of a listing, and yields the request for the next page."""
        subject = f"{crawl} {listing.query.url}: listing"
        try:
            page = self._archive.parse_listing(response.status, response.body)
            if page.resume_key and page.resume_key == listing.resume_key:
                raise ArchiveProtocolError("the archive's index sent the same resume key twice")
        except ArchiveError as error:
            self.tally.add_failure(subject, str(error))
            # With the stored resume key, the next crawl would receive the same wrong response. The listing starts over.
            await self._in_thread(self.store.archive_listings.restart, listing)
            self._end_listing(crawl)
            return
        filed = await self._in_thread(
            self.store.archive_listings.file_page, listing, page.captures, page.malformed, page.resume_key
        )
        if filed is None:
            # Another crawl has completed or dropped the listing after this crawl requested the page.
            if listing.query in crawl.listed_again:
                self.tally.add_failure(
                    subject,
                    "another crawl is listing other dates of the same location; run this crawl again when the other "
                    "crawl has ended",
                )
                self._end_listing(crawl)
                return
            crawl.listed_again.add(listing.query)
            listings = await self._listings(crawl)
            filed = next(new_listing for new_listing in listings if new_listing.query == listing.query)
        self.tally.count_found(filed.found - listing.found)
        self.tally.count_malformed(filed.malformed - listing.malformed)
        if filed.complete:
            self._end_listing(crawl)
        else:
            yield self._listing_request(crawl, filed)

    def listing_failed(self, failure: Failure) -> None:
        """Records that a listing failed. The crawl still fetches the captures that are already listed."""
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
        """Returns the request for a capture.

        redirect: if an archived redirect led to this request, the redirect's response; otherwise None.
        """
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
        """Yields the capture made from an HTTP response, or for a redirect the request for the target."""
        result = self._archive.parse_replay(replay, response.status, header_map(response), response.body)
        if isinstance(result, ArchiveRedirect):
            yield self._replay_request(crawl, to_fetch, result.next_replay, redirect)
        elif isinstance(result, CaptureNotGiven):
            async for fetched in self._settle_without(crawl, to_fetch, redirect, result.why, self._note_not_returned):
                yield fetched
        else:
            provenance = self._archive.provenance(to_fetch.listed, response.url)
            capture = archived_capture(response, crawl.key, replay, result.memento, provenance)
            answer = FetchedCapture(capture, response.body, crawl.policy)
            if result.next_replay is not None:
                yield self._replay_request(crawl, to_fetch, result.next_replay, answer)
            else:
                async for fetched in self._settle_with(crawl, to_fetch, answer):
                    yield fetched

    async def replay_failed(self, failure: Failure) -> AsyncIterator[FetchedCapture]:
        """Handles a failed replay request. If a redirect led to the request, yields the redirect's capture."""
        arguments = request_of(failure).cb_kwargs
        crawl, to_fetch = arguments["crawl"], arguments["to_fetch"]
        if isinstance(failure.value, RequestNotSentInterrupt):
            self._note_failure(failure, "")
            self._finish(crawl, to_fetch)
            return
        # A revisit record refers to an earlier record. If the archive has lost the earlier record, the archive answers
        # every request for the revisit record with 503. No later request would succeed, so the crawl has not failed.
        is_lost = isinstance(failure.value, ArchiveKeepsFailingError) and to_fetch.listed.is_revisit
        note = self._note_not_returned if is_lost else self._note_fetch_failed
        async for fetched in self._settle_without(crawl, to_fetch, arguments["redirect"], reason(failure), note):
            yield fetched

    async def _settle_with(
        self, crawl: _PolicyCrawl, to_fetch: CaptureToFetch, fetched: FetchedCapture
    ) -> AsyncIterator[FetchedCapture]:
        """Yields the capture that was fetched for a row of the index."""
        self.tally.count_fetched()
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
        """Handles a listed capture that the archive does not return.

        If the capture is a redirect and only its target is missing, yields the redirect itself as the capture.

        Otherwise, the crawl requests another listed capture with the same checksum. If no such capture is left, or if
        the requests for several such captures have failed, all captures with this checksum are given up.

        why: the reason, in words.
        note: called if captures are given up. Its arguments are the name of the capture, the reason, and the number of
            captures given up.
        """
        if redirect is not None:
            async for fetched in self._settle_with(crawl, to_fetch, redirect):
                yield fetched
            return
        given_up = await self._in_thread(self.store.archive_listings.mark_not_given, crawl.key, to_fetch)
        if given_up:
            others = f" and {given_up - 1} more with the same text" if given_up > 1 else ""
            note(f"{crawl} {to_fetch.url} at {to_fetch.listed.timestamp}{others}", why, given_up)
        self._finish(crawl, to_fetch, given_up)

    def _note_not_returned(self, subject: str, why: str, count: int) -> None:
        self.tally.count_not_returned(count)
        self.logger.warning("%s: %s", subject, why)

    def _note_fetch_failed(self, subject: str, why: str, count: int) -> None:
        self.tally.add_failure(subject, why)

    # --- listings and replays ----------------------------------------------------------------------------------------

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
        """Calls a method of the store in another thread and returns its result. A StorageError ends the crawl."""
        try:
            return await asyncio.to_thread(function, *arguments, **keywords)
        except StorageError as error:
            self.stop(str(error))
            raise CloseSpider("stopped") from None

    def _note_failure(self, failure: Failure, subject: str) -> None:
        """Records a failed request. If the crawl gave up the archive, records one failure, not one for each request."""
        if not isinstance(failure.value, RequestNotSentInterrupt):
            self.tally.add_failure(subject, reason(failure))
        elif isinstance(failure.value, ArchiveGivenUpInterrupt) and not self._gave_up:
            self._gave_up = True
            self.tally.add_failure(
                self._archive.site.address, f"{failure.value}; the next crawl continues where this one stopped"
            )

    def internal_error(self) -> None:
        """Handles Scrapy's signal that a callback or the pipeline raised an unexpected exception: ends the crawl."""
        self.stop("an error in clausewatch itself; see the log above")

    def spider_closed(self, reason: str) -> None:
        """Ends the crawl in the same way as BaseSpider.

        If the crawl was completed, deletes the listings. Otherwise, counts the captures that were not fetched.
        """
        keys = [key for key, _ in self.policies()]
        if reason == "finished" and self._is_complete:
            # All captures have been stored and read, so the listings are not needed any more. After an interrupted
            # crawl, the listings remain, and the next crawl need not request them again.
            try:
                self.store.archive_listings.close(keys)
            except StorageError as error:
                self.tally.add_failure("the end of the crawl", str(error))
        else:
            # If the database fails here, an earlier failure of the database has ended the crawl and has been reported.
            with suppress(StorageError):
                archive = self._archive.site.name
                self.tally.count_left(sum(self.store.archive_listings.count_to_fetch(key, archive) for key in keys))
        super().spider_closed(reason)


def _narrowed(
    location: Location, begin: datetime | None, end: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Returns the first and the last moment, between begin and end, at which the location is in use.

    The first moment is None if there is no earliest limit; the last moment is None if there is no latest limit.
    """
    last = location.end - timedelta(seconds=1) if location.end else None  # archives' timestamps have whole seconds
    begins = [moment for moment in (begin, location.begin) if moment]
    ends = [moment for moment in (end, last) if moment]
    return max(begins, default=None), min(ends, default=None)


def _proves_checksum(capture: Capture) -> bool:
    """Returns whether the index's digest is the digest of the capture's payload.

    False if a redirect was followed: the index's digest is the digest of the redirect's body, and the payload is the
    target's body.
    """
    return capture.status == 200 and not capture.redirects
