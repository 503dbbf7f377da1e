"""`scrapy crawl live [-a vendor=slug,slug]`"""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from core.captures import Capture
from core.dates import iso
from core.plurals import plural
from core.policies import PolicyKey
from crawler.captures import Found
from crawler.environment import environment_of
from crawler.failures import PageNotTakenError, RequestNotSentInterrupt, reason, request_of
from crawler.location_fetch import LocationFetch
from crawler.page_capturer import PageCapturer
from crawler.spiders.base import BaseSpider
from intake.records import ReadCapture


class LiveSpider(BaseSpider):
    """Fetches each location at which a policy is published today; every final answer is a capture.

    Of a location of several pages each is asked for when the one before it was answered; together they are one capture.
    A page that cannot be got leaves none.

    A page that shows another text than before is fetched once more, some minutes later: what it shows then says
    whether the change lasted. The crawl waits for that; all such pages wait at the same time.
    """

    name = "live"
    _confirm_after: int
    _asked: dict[tuple[PolicyKey, str], LocationFetch]
    _waiting: set[asyncio.Task[None]]
    _waits_until: datetime
    _capturer: PageCapturer
    _said = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **keywords: Any) -> Self:
        """See Scrapy's components."""
        spider = super().from_crawler(crawler, *arguments, **keywords)
        spider._confirm_after = environment_of(crawler.settings).confirm_after
        spider._asked = {}
        spider._waiting = set()
        spider._capturer = PageCapturer(crawler)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """The requests to begin with."""
        for key, policy in self.policies():
            for location in policy.locations:
                if location.holds_at(self.begun_at):
                    fetch = self._asked[key, location.url] = LocationFetch(key, policy, location)
                    yield self._request(fetch)

    def ahead(self) -> float | None:
        """See BaseSpider. Until when pages wait for their second look is told apart."""
        if self._waiting:
            return None
        pages = sum(place.holds_at(self.begun_at) for _, policy in self.policies() for place in policy.locations)
        return max(0, pages - self.done)

    def _request(self, fetch: LocationFetch) -> Request:
        return fetch.request().replace(callback=self.parse, errback=self.failed)

    async def parse(self, response: Response, fetch: LocationFetch) -> AsyncIterator[Any]:
        """A final answer: asks for the location's next page, or is a capture when it was the last."""
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
                yield Found(*with_page.observed(), fetch.policy)
            else:
                yield self._request(with_page)

    async def read(self, capture: Capture, kept: ReadCapture) -> None:
        """Has the page fetched once more when it shows another text than before, the first time it is fetched."""
        await super().read(capture, kept)
        fetch = self._asked.pop((capture.key, capture.asked_url), None)
        if fetch is None or kept.version_id is None:
            return
        history = await asyncio.to_thread(self.store.library.history, capture.key)
        if history.shown_before(capture.captured_at, capture.url) in (None, kept.version_id):
            return
        again = self._request(replace(fetch, look=2))
        self._waits_until = datetime.now(UTC) + timedelta(seconds=self._confirm_after)
        task = asyncio.create_task(self._ask_later(again))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _ask_later(self, request: Request) -> None:
        await asyncio.sleep(self._confirm_after)
        self.crawler.engine.crawl(request)

    def _idle(self) -> None:
        """Keeps the crawl going while pages wait for their second look, and says so once: all else is done by then."""
        if not self._waiting:
            return
        if not self._said and not self.unread:
            self._said = True
            many = len(self._waiting) > 1
            sys.stderr.write(
                f"{self.name}: {plural(len(self._waiting), 'page')} {'show' if many else 'shows'} another text than "
                f"before; waiting until {iso(self._waits_until)} to fetch {'them' if many else 'it'} once more\n"
            )
            sys.stderr.flush()
        raise DontCloseSpider

    def _closed(self, reason: str) -> None:
        """What still waits when the crawl ends early is not asked for: an interrupt waits for nothing."""
        super()._closed(reason)
        self.tally.left(len(self._waiting))
        for task in self._waiting:
            task.cancel()

    def failed(self, failure: Failure) -> None:
        """No answer."""
        self.done += 1
        if isinstance(failure.value, RequestNotSentInterrupt):
            self.tally.left(1)
            return
        self.tally.failed(str(request_of(failure).cb_kwargs["fetch"]), reason(failure))
