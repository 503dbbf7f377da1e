"""`scrapy crawl live [-a vendor=slug,slug]`"""

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

from core.captures import Capture
from core.dates import iso
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import Settings
from crawler.captures import FetchedCapture
from crawler.failures import PageNotTakenError, RequestNotSentInterrupt, reason, request_of
from crawler.location_fetch import LocationFetch
from crawler.page_capturer import PageCapturer
from crawler.spiders.base import BaseSpider
from intake.records import ReadCapture


class LiveSpider(BaseSpider):
    """Fetches each location at which a policy is published today. Every final answer is a capture.

    If a location has several pages, they are fetched one after the other and make one capture together. If one of them
    can't be fetched, there is no capture.

    If a page shows another text than before, it is fetched once more some minutes later, to tell whether the change
    lasted. The crawl waits for that; all such pages wait at the same time.
    """

    name = "live"
    _confirm_after: int  # seconds
    _capturer: PageCapturer
    _first_looks: dict[tuple[PolicyKey, str], LocationFetch]
    _second_looks: set[asyncio.Task[None]]
    _waits_until: datetime
    _wait_announced = False

    def set_up(self, environment: Settings) -> None:
        """See BaseSpider."""
        super().set_up(environment)
        self._confirm_after = environment.confirm_after
        self._capturer = PageCapturer(self.crawler)
        self._first_looks = {}
        self._second_looks = set()
        self.crawler.signals.connect(self.spider_idle, signals.spider_idle)

    async def start(self) -> AsyncIterator[Any]:
        """Yields the request for the first page of each location."""
        for key, policy in self.policies():
            for location in policy.locations:
                if location.holds_at(self.begun_at):
                    fetch = self._first_looks[key, location.url] = LocationFetch(key, policy, location)
                    yield self._request(fetch)

    def ahead(self) -> float | None:
        """Returns how many locations are still to be fetched; None while pages wait for their second look."""
        if self._second_looks:
            return None
        locations = sum(
            location.holds_at(self.begun_at) for _, policy in self.policies() for location in policy.locations
        )
        return max(0, locations - self.done)

    def _request(self, fetch: LocationFetch) -> Request:
        return fetch.request().replace(callback=self.parse, errback=self.failed)

    async def parse(self, response: Response, fetch: LocationFetch) -> AsyncIterator[Any]:
        """Yields the capture that a final answer completes, or the request for the location's next page."""
        try:
            with_page = await self._capturer.add_page(fetch, response)
        except RequestNotSentInterrupt:
            self.tally.left(1)
        except PageNotTakenError as error:
            self.tally.failed(str(fetch), str(error))
            self.done += 1
        else:
            if with_page.is_complete:
                self.tally.found()
                self.tally.fetched()
                self.done += 1
                yield FetchedCapture(*with_page.observed(), fetch.policy)
            else:
                yield self._request(with_page)

    async def read(self, capture: Capture, kept: ReadCapture) -> None:
        """Has a page fetched once more if its first look shows another text than before."""
        await super().read(capture, kept)
        fetch = self._first_looks.pop((capture.key, capture.asked_url), None)
        if fetch is None or kept.version_id is None:
            return
        history = await asyncio.to_thread(self.store.library.history, capture.key)
        if history.shown_before(capture.captured_at, capture.url) in (None, kept.version_id):
            return
        request = self._request(replace(fetch, look=2))
        self._waits_until = datetime.now(UTC) + timedelta(seconds=self._confirm_after)
        task = asyncio.create_task(self._send_later(request))
        self._second_looks.add(task)
        task.add_done_callback(self._second_looks.discard)

    async def _send_later(self, request: Request) -> None:
        await asyncio.sleep(self._confirm_after)
        self.crawler.engine.crawl(request)

    def spider_idle(self) -> None:
        """Scrapy's signal that no request is left. Keeps the crawl open while pages wait for their second look.

        Says so once, when everything else is done.
        """
        if not self._second_looks:
            return
        if not self._wait_announced and not self.unread:
            self._wait_announced = True
            count = len(self._second_looks)
            sys.stderr.write(
                f"{self.name}: {plural(count, 'page')} {'show' if count > 1 else 'shows'} another text than "
                f"before; waiting until {iso(self._waits_until)} to fetch {'them' if count > 1 else 'it'} once more\n"
            )
            sys.stderr.flush()
        raise DontCloseSpider

    def spider_closed(self, reason: str) -> None:
        """Gives up second looks that are still to come: an interrupted crawl does not wait for them."""
        super().spider_closed(reason)
        self.tally.left(len(self._second_looks))
        for task in self._second_looks:
            task.cancel()

    def failed(self, failure: Failure) -> None:
        """Notes that a request got no answer."""
        self.done += 1
        if isinstance(failure.value, RequestNotSentInterrupt):
            self.tally.left(1)
            return
        self.tally.failed(str(request_of(failure).cb_kwargs["fetch"]), reason(failure))
