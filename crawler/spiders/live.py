"""`scrapy crawl live [-a vendor=slug,slug]`"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from core.captures import Capture
from core.declarations import Policy
from core.moments import iso
from core.wording import plural
from crawler.captures import Found, live_capture
from crawler.environment import environment_of
from crawler.failures import NotAsked, reason, request_of
from crawler.policies import PolicySpider
from storage import Kept


class LiveSpider(PolicySpider):
    """Fetches each location at which a policy is published today; every final answer is a capture.

    A page that shows another text than before is fetched once more, some minutes later: what it shows then says
    whether the change lasted. The crawl waits for that; all such pages wait at the same time.
    """

    name = "live"
    _confirm_after: int
    _asked: dict[tuple[str, str, str], Policy]
    _waiting: set[asyncio.Task[None]]
    _waits_until: datetime
    _said = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **keywords: Any) -> Self:
        """See Scrapy's components."""
        spider = super().from_crawler(crawler, *arguments, **keywords)
        spider._confirm_after = environment_of(crawler.settings).confirm_after
        spider._asked = {}
        spider._waiting = set()
        crawler.signals.connect(spider._idle, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """The requests to begin with."""
        for vendor, name, policy in self.policies():
            for location in policy.locations:
                if location.holds_at(self.begun_at):
                    self._asked[vendor, name, location.url] = policy
                    yield self._request(vendor, name, location.url, policy, look=1)

    def _request(self, vendor: str, name: str, url: str, policy: Policy, look: int) -> Request:
        return Request(
            url,
            self.parse,
            errback=self.failed,
            dont_filter=True,
            # A jar each: what one site sets must not change what the next policy's page shows, nor what it shows next.
            # An answer out of a cache would be no second look.
            meta={"cookiejar": f"{vendor}/{name} {url} {look}", "dont_cache": True},
            cb_kwargs={"vendor": vendor, "name": name, "policy": policy, "url": url},
        )

    def parse(self, response: Response, **about: Any) -> Iterator[Found]:
        """A final answer."""
        if 300 <= response.status < 400 and "Location" in response.headers:
            # Scrapy follows all redirects but those that leave the web.
            self.tally.failed(_what(about), "it redirects to what is no web address")
            return
        self.tally.found()
        capture = live_capture(response, about["vendor"], about["name"], about["url"])
        yield Found(capture, response.body, about["policy"])

    async def read(self, capture: Capture, kept: Kept) -> None:
        """Has the page fetched once more when it shows another text than before, the first time it is fetched."""
        await super().read(capture, kept)
        policy = self._asked.pop((capture.vendor, capture.policy, capture.asked_url), None)
        if policy is None or kept.version_id is None:
            return
        history = await asyncio.to_thread(self.store.history, capture.vendor, capture.policy)
        if history.shown_before(capture.captured_at, capture.url) in (None, kept.version_id):
            return
        again = self._request(capture.vendor, capture.policy, capture.asked_url, policy, look=2)
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

    def _closed(self) -> None:
        """What still waits when the crawl ends early is not asked for: an interrupt waits for nothing."""
        super()._closed()
        self.tally.left(len(self._waiting))
        for task in self._waiting:
            task.cancel()

    def failed(self, failure: Failure) -> None:
        """No answer."""
        if isinstance(failure.value, NotAsked):
            self.tally.left(1)
            return
        self.tally.failed(_what(request_of(failure).cb_kwargs), reason(failure))


def _what(about: dict[str, Any]) -> str:
    return f"{about['vendor']}/{about['name']} {about['url']}"
