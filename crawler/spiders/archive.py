"""`scrapy crawl archive [-a vendor=slug,slug] [-a since=DATE] [-a until=DATE]`"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ParamSpec, Self, TypeVar

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from core.captures import Capture
from core.dates import parse_span
from core.declarations import Location, Policy
from core.exceptions import ArchiveError, StorageError, UsageError
from core.policies import PolicyKey
from crawler.archives import wayback
from crawler.backoff import ArchiveGivenUpInterrupt, ArchiveKeepsFailingError, Gate
from crawler.budget import Budget
from crawler.captures import Found, archived_capture, header_map, repeated_capture
from crawler.environment import environment_of
from crawler.failures import RequestNotSentInterrupt, reason, request_of
from crawler.spiders.base import BaseSpider
from intake.records import UnreadCapture
from storage import CaptureToFetch, KnownPayload, Listing, ListingQuery

_P = ParamSpec("_P")
_T = TypeVar("_T")

# Policies whose listings are got, or gone through, at a time.
_POLICIES = 3
# Rows whose captures are asked for, or got and not yet stored, at a time: what a crawl that is killed has to ask again.
_ROWS = 8
# A listing that a crawl left undone is listed again after this long: the archive may hold more by now.
_STALE = timedelta(days=7)


@dataclass(slots=True, eq=False)
class _Work:
    """A policy whose captures are looked for.

    listings: how many of its listings are not complete yet. texts: by digest, what need not be asked for again; None
    before the listings are complete. rows: those whose captures are asked for, or got and not yet stored, by urlkey
    and timestamp. begun_again: whose listings were, because of another crawl of the same policy.
    """

    key: PolicyKey
    policy: Policy
    listings: int = 0
    texts: dict[str, KnownPayload] | None = None
    rows: dict[tuple[str, str], CaptureToFetch] = field(default_factory=dict)
    begun_again: set[ListingQuery] = field(default_factory=set)

    def __str__(self) -> str:
        return str(self.key)


_SEVERAL_PAGES = (
    "a policy of several pages cannot be put together from an archive, which captured each page at another time"
)


class ArchiveSpider(BaseSpider):
    """Fetches what the archive holds of each location, for the time it holds, and is not stored yet.

    since, until: a year, a month or a day; until takes it in.

    What is left to do is in the database: a page of the index goes there with the key of the next one, and a row stays
    until the capture it names is stored. So a crawl that is killed goes on where it was with the next one.
    """

    name = "archive"
    custom_settings = {  # noqa: RUF012  (as Scrapy has it)
        "COOKIES_ENABLED": False,
        "REDIRECT_ENABLED": False,
        # The gate spaces requests. The delays here are for Scrapy, which keeps to no concurrency without one.
        "DOWNLOAD_SLOTS": {
            wayback.LISTING_SLOT: {"concurrency": 1, "delay": 0.005, "jitter": 0},
            wayback.REPLAY_SLOT: {"concurrency": 4, "delay": 0.005, "jitter": 0},
        },
        "CONCURRENT_REQUESTS_PER_DOMAIN": 5,  # connections kept open
    }
    _base: str
    _gate: Gate
    _gave_up = False
    _through = False
    _listed_policies = 0
    _rows = 0

    def __init__(self, since: str = "", until: str = "", **others: str) -> None:
        super().__init__(**others)
        self._begin = parse_span(since).begin if since else None
        self._end = parse_span(until).end if until else None
        if self._begin and self._end and self._begin > self._end:
            raise UsageError(f"since ({since}) is after until ({until})")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **keywords: Any) -> Self:
        """See Scrapy's components."""
        spider = super().from_crawler(crawler, *arguments, **keywords)
        environment = environment_of(crawler.settings)
        spider._base = environment.wayback_url
        budget = None if wayback.is_local(spider._base) else Budget(environment.state_home, spider._base)
        if budget is not None:
            budget.blocked()  # raises here what keeps it from working
        spider._gate = Gate(crawler.settings, lambda: crawler.engine.running, budget)
        # An error in a callback or in the store's own code would leave its row under way for ever.
        for signal in (signals.spider_error, signals.item_error):
            crawler.signals.connect(spider._broken, signal)
        return spider

    # --- the crawl ---------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """The crawl: hands out requests and captures while there is room for them, until nothing is left to do."""
        self._works: dict[PolicyKey, _Work] = {}
        self._changed = asyncio.Event()
        policies = self.policies()
        while not self.stopped and self._gate.given_up is None:
            self._changed.clear()
            while len(self._works) < _POLICIES and (following := next(policies, None)):
                work = _Work(*following)
                self._works[work.key] = work
                for request in await self._begin_listings(work):
                    yield request
            if not self._works:
                self._through = True
                return
            waiting = True
            for work in tuple(self._works.values()):
                room = _ROWS - sum(len(each.rows) for each in self._works.values())
                if work.listings or not room:
                    continue
                # What is under way may yet give back rows it stands for; so this is asked before, not after.
                under_way = bool(work.rows)
                rows_to_go = await self._next(work, room)
                for one in rows_to_go:
                    waiting = False
                    yield one
                if not rows_to_go and not under_way:
                    waiting = False
                    del self._works[work.key]
            if waiting:
                await self._changed.wait()

    async def _begin_listings(self, work: _Work) -> list[Request]:
        """The requests a policy's listings begin, or go on, with."""
        # A crawl before this one may have been killed between storing a capture and reading it.
        await self._stored(self.intake.reextract, work.key, work.policy)
        listings = await self._listings(work)
        for listing in listings:
            self.tally.found(listing.found)
            self.tally.malformed(listing.malformed)
        to_go = [listing for listing in listings if not listing.complete]
        work.listings = len(to_go)
        return [self._listing(work, listing) for listing in to_go]

    async def _listings(self, work: _Work) -> Sequence[Listing]:
        queries = []
        for location in work.policy.locations:
            if location.pages:
                self.tally.failed(f"{work} {location.url}", _SEVERAL_PAGES)
                continue
            begin, end = _clipped(location, self._begin, self._end)
            if begin is None or end is None or begin <= end:
                queries.append(ListingQuery(self._base, location.url, begin, end))
        return await self._stored(self.store.archive_listings.begin, work.key, queries, self.begun_at, _STALE)

    async def _next(self, work: _Work, room: int) -> list[Request | Found]:
        """What to do next of a policy that is listed: of so many rows at most."""
        if work.texts is None:
            work.texts = dict(await self._stored(self.store.archive_listings.known_payloads, work.key))
            self._listed_policies += 1
            self._rows += await self._stored(self.store.archive_listings.count_to_fetch, work.key)
        texts = {
            row.checksum for row in work.rows.values() if row.checksum is not None and row.checksum not in work.texts
        }
        ids = [row.id for row in work.rows.values()]
        rows = await self._stored(self.store.archive_listings.to_fetch, work.key, ids, texts, room)
        given: list[Request | Found] = []
        for row in rows:
            if row.checksum in work.texts:
                address = wayback.replay_url(self._base, row.listed.timestamp, row.listed.original)
                text = work.texts[row.checksum]
                repeated = repeated_capture(work.key, text, row.listed, self.begun_at, address)
                given.append(Found(repeated, None, work.policy))
            elif row.tried or row.checksum in texts:
                continue  # another row of the same text is asked for
            else:
                given.append(self._replay(work, row, wayback.Visit.of(row.listed)))
                if row.checksum is not None:
                    texts.add(row.checksum)
            work.rows[_key(row)] = row
        return given

    def kept(self, unread: UnreadCapture) -> None:
        """The row of the capture is done with."""
        super().kept(unread)
        capture = unread.capture
        work = self._works[capture.key]
        row = work.rows[capture.archive["urlkey"], capture.archive["timestamp"]]
        if row.checksum is not None and _shows_its_digest(capture) and work.texts is not None:
            work.texts[row.checksum] = KnownPayload(capture.sha256, capture.media_type)
        self._done(work, row)

    def ahead(self) -> float | None:
        """See BaseSpider. Those of policies not listed yet are taken to be as many as the others', on average."""
        if not self._listed_policies:
            return None
        policies = sum(1 for _ in self.policies())
        return max(0, self._rows * policies / self._listed_policies - self.done)

    def _done(self, work: _Work, row: CaptureToFetch, rows: int = 1) -> None:
        self.done += rows
        del work.rows[_key(row)]
        self._changed.set()

    # --- listings ----------------------------------------------------------------------------------------------------

    def _listing(self, work: _Work, listing: Listing) -> Request:
        query = listing.query
        limit = self.settings.getint("ARCHIVE_LISTING_ROWS")
        return self._request(
            "listing",
            wayback.listing_url(self._base, query.url, query.begin, query.end, limit, listing.resume_key),
            self.parse_listing,
            self.listing_failed,
            {"work": work, "listing": listing},
        )

    async def parse_listing(self, response: Response, work: _Work, listing: Listing) -> AsyncIterator[Request]:
        """A page of a location's listing: files its rows, and asks for the next one."""
        what = f"{work} {listing.query.url}: listing"
        try:
            refusal = wayback.listing_refusal(response.status, response.body)
            if refusal:
                raise ArchiveError(refusal)
            page = wayback.parse_listing(response.body)
            if page.resume_key and page.resume_key == listing.resume_key:
                raise ArchiveError("the archive's index does not go on: it gives the same resume key again")
        except ArchiveError as error:
            self.tally.failed(what, str(error))
            # Asked on with the same key, the next crawl would be told the same.
            await self._stored(self.store.archive_listings.restart, listing)
            self._listed(work)
            return
        filed = await self._stored(
            self.store.archive_listings.file_page, listing, page.rows, page.malformed, page.resume_key
        )
        if filed is None:
            # Another crawl is through with this listing, or has dropped it, since this one asked for the page.
            if listing.query in work.begun_again:
                self.tally.failed(
                    what, "another crawl asks for other dates of it; run this again when that one is done"
                )
                self._listed(work)
                return
            work.begun_again.add(listing.query)
            filed = next(each for each in await self._listings(work) if each.query == listing.query)
        self.tally.found(filed.found - listing.found)
        self.tally.malformed(filed.malformed - listing.malformed)
        if filed.complete:
            self._listed(work)
        else:
            yield self._listing(work, filed)

    def listing_failed(self, failure: Failure) -> None:
        """No answer from the index: what it gave before is asked for all the same."""
        about = request_of(failure).cb_kwargs
        self._not_got(failure, f"{about['work']} {about['listing'].asked.url}: listing")
        self._listed(about["work"])

    def _listed(self, work: _Work) -> None:
        work.listings -= 1
        self._changed.set()

    # --- replays -----------------------------------------------------------------------------------------------------

    def _replay(self, work: _Work, row: CaptureToFetch, visit: wayback.Visit, redirect: Found | None = None) -> Request:
        """The request for what a visit asks for. redirect: the last archived redirect on the way there."""
        url = wayback.replay_url(self._base, visit.timestamp, visit.url)
        about = {"work": work, "row": row, "visit": visit, "redirect": redirect}
        return self._request("replay", url, self.parse_replay, self.replay_failed, about)

    async def parse_replay(
        self, response: Response, work: _Work, row: CaptureToFetch, visit: wayback.Visit, redirect: Found | None
    ) -> AsyncIterator[Request | Found]:
        """The archive's answer to the request for a capture."""
        answer = wayback.read_replay(visit, self._base, response.status, header_map(response), response.body)
        if isinstance(answer, wayback.Elsewhere):
            yield self._replay(work, row, answer.visit, redirect)
        elif isinstance(answer, wayback.Missing):
            async for found in self._not_given(work, row, redirect, answer.why, self._unplayable):
                yield found
        else:
            capture = archived_capture(response, work.key, visit, answer.memento)
            shown = Found(capture, response.body, work.policy)
            if answer.then is not None:
                yield self._replay(work, row, answer.then, shown)
            else:
                async for found in self._shown(work, row, shown):
                    yield found

    async def replay_failed(self, failure: Failure) -> AsyncIterator[Found]:
        """No answer from the archive."""
        about = request_of(failure).cb_kwargs
        work, row = about["work"], about["row"]
        if isinstance(failure.value, RequestNotSentInterrupt):
            self._not_got(failure, "")
            self._done(work, row)
            return
        # A revisit whose record the archive has lost is answered with a 503, for ever: no failure of ours.
        lost = isinstance(failure.value, ArchiveKeepsFailingError) and row.listed.mimetype == "warc/revisit"
        tell = self._unplayable if lost else self._failed
        async for found in self._not_given(work, row, about["redirect"], reason(failure), tell):
            yield found

    async def _shown(self, work: _Work, row: CaptureToFetch, found: Found) -> AsyncIterator[Found]:
        """What a row's capture is. A redirect's target is not what the digest is of, which is the redirect's own."""
        self.tally.fetched()
        if row.checksum is not None and not _shows_its_digest(found.capture):
            await self._stored(self.store.archive_listings.distrust_checksum, work.key, row.checksum)
        yield found

    async def _not_given(
        self, work: _Work, row: CaptureToFetch, redirect: Found | None, why: str, tell: Callable[[str, str, int], None]
    ) -> AsyncIterator[Found]:
        """When a capture cannot be had: the redirect that led to it, or else another capture of the same text."""
        if redirect is not None:
            async for found in self._shown(work, row, redirect):
                yield found
            return
        given_up = await self._stored(self.store.archive_listings.mark_not_given, work.key, row)
        if given_up:
            others = f" and {given_up - 1} more of the same text" if given_up > 1 else ""
            tell(f"{work} {row.url} at {row.listed.timestamp}{others}", why, given_up)
        self._done(work, row, given_up)

    def _unplayable(self, what: str, why: str, count: int) -> None:
        self.tally.unplayable(count)
        self.logger.warning("%s: %s", what, why)

    def _failed(self, what: str, why: str, count: int) -> None:
        self.tally.failed(what, why)

    # --- what both have in common ------------------------------------------------------------------------------------

    def _request(self, kind: wayback.Kind, url: str, callback: Any, errback: Any, about: dict[str, Any]) -> Request:
        slot = wayback.LISTING_SLOT if kind == "listing" else wayback.REPLAY_SLOT
        return Request(
            url,
            callback,
            errback=errback,
            headers=wayback.HEADERS,
            dont_filter=True,
            meta={"archive": kind, "gate": self._gate, "download_slot": slot},
            cb_kwargs=about,
        )

    async def _stored(self, function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
        """What a method of the store returns, called off this thread. A StorageError ends the crawl."""
        try:
            return await asyncio.to_thread(function, *arguments, **keywords)
        except StorageError as error:
            self.stop(str(error))
            raise CloseSpider("stopped") from None

    def _not_got(self, failure: Failure, what: str) -> None:
        if not isinstance(failure.value, RequestNotSentInterrupt):
            self.tally.failed(what, reason(failure))
        elif isinstance(failure.value, ArchiveGivenUpInterrupt) and not self._gave_up:
            self._gave_up = True
            self.tally.failed(self._base, f"{failure.value}; the next crawl goes on from here")

    def _broken(self) -> None:
        self.stop("an error in clausewatch itself; the log above has it")

    def _closed(self, reason: str) -> None:
        policies = [key for key, _ in self.policies()]
        if reason == "finished" and self._through:
            # Not before all is stored and read, so that a crawl that goes on lists nothing again.
            try:
                self.store.archive_listings.close(policies)
            except StorageError as error:
                self.tally.failed("the end of the crawl", str(error))
        else:
            # A StorageError is what ended the crawl, and told.
            with suppress(StorageError):
                self.tally.left(sum(self.store.archive_listings.count_to_fetch(key) for key in policies))
        super()._closed(reason)


def _key(row: CaptureToFetch) -> tuple[str, str]:
    return row.listed.urlkey, row.listed.timestamp


def _clipped(
    location: Location, begin: datetime | None, end: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """The time for which captures of a location are looked for; both ends are included."""
    last = location.end - timedelta(seconds=1) if location.end else None  # the archive counts in seconds
    begins = [moment for moment in (begin, location.begin) if moment]
    ends = [moment for moment in (end, last) if moment]
    return max(begins, default=None), min(ends, default=None)


def _shows_its_digest(capture: Capture) -> bool:
    """Whether the payload is the one the index gives the digest of: a redirect's is that of the redirect."""
    return capture.status == 200 and not capture.redirects
