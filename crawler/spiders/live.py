"""The live crawl: `scrapy crawl live [-a vendor=slug,slug]`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy import Request, signals
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from core.captures import Capture, Verdict
from core.dates import iso
from core.history import Observation, Quarantined
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import Settings
from crawler.captures import FetchedCapture
from crawler.failures import PageNotTakenError, RequestNotSentInterrupt, reason, request_of
from crawler.fetch_journal import FetchJournal, moved_to
from crawler.location_fetch import LocationFetch
from crawler.page_capturer import PageCapturer
from crawler.spiders.base import BaseSpider
from intake.records import ReadCapture


class LiveSpider(BaseSpider):
    """A spider that fetches each location at which a policy is published today.

    The response after all redirects and retries becomes a capture, whatever the response's status.

    If a location has several pages, the spider fetches them one after the other, and makes one capture of all pages.
    If one of the pages can't be fetched, there is no capture.

    A fetch of a location is called a *look*. If a location's text has changed, the spider takes a second look some
    minutes later, to see whether the change lasts. The crawl ends only after all second looks. Several locations wait
    for their second look at the same time.
    """

    name = "live"
    _confirm_after: int  # the seconds between the first look and the second look
    _capturer: PageCapturer
    _journal: FetchJournal
    _first_looks: dict[tuple[PolicyKey, str], LocationFetch]
    _second_looks: set[asyncio.Task[None]]
    _last_second_look_at: datetime
    _wait_announced = False
    # The looks that are not finished: policy, location, and number of the look.
    _looks_left: set[tuple[PolicyKey, str, int]]

    def set_up(self, environment: Settings) -> None:
        """Prepares the spider: see BaseSpider."""
        super().set_up(environment)
        self._confirm_after = environment.confirm_after
        self._capturer = PageCapturer(self.crawler)
        self._first_looks = {}
        self._second_looks = set()
        self.crawler.signals.connect(self.spider_idle, signals.spider_idle)

    def spider_opened(self) -> None:
        """Starts the counts in the same way as BaseSpider."""
        super().spider_opened()
        self._looks_left = {
            (key, location.url, 1)
            for key, policy in self.policies()
            for location in policy.locations
            if location.holds_at(self.begun_at)
        }

    async def start(self) -> AsyncIterator[Any]:
        """Yields the request for the first page of each location."""
        for key, policy in self.policies():
            for location in policy.locations:
                if location.holds_at(self.begun_at):
                    self._first_looks[key, location.url] = LocationFetch(key, policy, location)
        self._journal = FetchJournal(self.store.journal, self.tally.add_failure, self.stop)
        await self._journal.begin(self._vendors.keys(), self._first_looks.keys())
        for fetch in tuple(self._first_looks.values()):
            yield self._request(fetch)

    def estimate_remaining(self) -> float | None:
        """Returns the number of locations still to be fetched; None while locations wait for their second look."""
        if self._second_looks:
            return None
        locations = sum(
            location.holds_at(self.begun_at) for _, policy in self.policies() for location in policy.locations
        )
        return max(0, locations - self.finished_count)

    def _request(self, fetch: LocationFetch) -> Request:
        return fetch.request().replace(callback=self.parse, errback=self.failed)

    async def parse(self, response: Response, fetch: LocationFetch) -> AsyncIterator[Any]:
        """Yields the request for the location's next page; after the last page, yields the location's capture."""
        try:
            with_page = await self._capturer.add_page(fetch, response)
        except RequestNotSentInterrupt:
            return
        except PageNotTakenError as error:
            self.tally.add_failure(str(fetch), str(error))
            self._finish(fetch)
            await self._journal.note_failure(fetch, str(error))
        else:
            if (new_address := moved_to(response)) is not None:
                with_page = replace(with_page, moves={**fetch.moves, fetch.url: new_address})
            if with_page.is_complete:
                await self._journal.note_success(with_page)
                self.tally.count_found()
                self.tally.count_fetched()
                self._finish(fetch)
                yield FetchedCapture(*with_page.observed(), fetch.policy)
            else:
                yield self._request(with_page)

    async def on_capture_read(self, capture: Capture, read_capture: ReadCapture) -> None:
        """Plans the second look at a location if the first look's text differs from the previous capture's text.

        The policy's other captures take part in the verdict. For example, they show that a page is in another language.
        """
        history = await asyncio.to_thread(self.store.library.history, capture.key)
        match history.capture(read_capture.capture_id):
            case Quarantined(verdict=verdict):
                read_capture = replace(read_capture, verdict=verdict, version_id=None)
            case Observation(version_id=version_id):
                read_capture = replace(read_capture, verdict=Verdict("accepted"), version_id=version_id)
        await super().on_capture_read(capture, read_capture)
        fetch = self._first_looks.pop((capture.key, capture.asked_url), None)
        if fetch is None or read_capture.version_id is None:
            return
        if history.shown_before(capture.captured_at, capture.url) in (None, read_capture.version_id):
            return
        self._looks_left.add((fetch.key, fetch.location.url, 2))
        request = self._request(replace(fetch, look=2))
        self._last_second_look_at = datetime.now(UTC) + timedelta(seconds=self._confirm_after)
        task = asyncio.create_task(self._send_later(request))
        self._second_looks.add(task)
        task.add_done_callback(self._second_looks.discard)

    async def _send_later(self, request: Request) -> None:
        await asyncio.sleep(self._confirm_after)
        self.crawler.engine.crawl(request)

    def spider_idle(self) -> None:
        """Handles Scrapy's signal that no request is left. Keeps the crawl open until all second looks are taken.

        If only second looks are left, prints once how long the crawl waits.
        """
        if not self._second_looks:
            return
        if not self._wait_announced and not self.unread_count:
            self._wait_announced = True
            count = len(self._second_looks)
            sys.stderr.write(
                f"{self.name}: the text of {plural(count, 'page')} has changed; waiting until "
                f"{iso(self._last_second_look_at)} to fetch {'them' if count > 1 else 'it'} a second time\n"
            )
            sys.stderr.flush()
        raise DontCloseSpider

    def spider_closed(self, reason: str) -> None:
        """Ends the crawl in the same way as BaseSpider, and cancels the second looks that have not begun."""
        super().spider_closed(reason)
        self.tally.count_left(len(self._looks_left))
        for task in self._second_looks:
            task.cancel()

    async def failed(self, failure: Failure) -> None:
        """Records that a page could not be fetched."""
        if not isinstance(failure.value, RequestNotSentInterrupt):
            fetch: LocationFetch = request_of(failure).cb_kwargs["fetch"]
            self.tally.add_failure(str(fetch), reason(failure))
            self._finish(fetch)
            await self._journal.note_failure(fetch, reason(failure))

    def _finish(self, fetch: LocationFetch) -> None:
        self.finished_count += 1
        self._looks_left.discard((fetch.key, fetch.location.url, fetch.look))
