"""Fetches one location once, in the same way as a live crawl, but stores nothing."""

from collections.abc import AsyncIterator
from typing import Any, Self, cast

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from core.addresses import without_userinfo
from core.declarations import Location, Policy
from core.exceptions import FetchError
from core.policies import PolicyKey
from core.settings import Settings
from crawler.failures import PageNotTakenError, RequestNotSentInterrupt, reason, request_of
from crawler.location_fetch import LocationFetch
from crawler.own_process import in_own_process
from crawler.page_capturer import PageCapturer
from crawler.run import project_settings, run_spider
from formats.multipart import Observed


def fetch_once(location: Location, settings: Settings) -> Observed:
    """Fetches a location, and returns the capture and its payload. The capture's vendor and policy are empty strings.

    FetchError if the server doesn't answer, if robots.txt forbids the request, or if this machine can't render the
    page. The message gives the reason.
    """
    return in_own_process(_fetch, location, settings)


def _fetch(location: Location, environment: Settings) -> Observed:
    settings = project_settings(environment)
    settings.setdict({"ITEM_PIPELINES": {}, "RETRY_TIMES": 0})
    if not location.pages:
        settings.set("DOWNLOAD_DELAY", 0)
    finished, outcome = run_spider(
        AsyncCrawlerProcess(settings), _OneLocationSpider, {"location": location}, lambda outcome: None
    )
    spider = cast(_OneLocationSpider, finished)
    if spider.observed is None:
        address = without_userinfo(location.url)
        raise FetchError(spider.failure or f"{address}: {'; '.join(outcome.failures)}")
    return spider.observed


class _OneLocationSpider(scrapy.Spider):
    name = "one_location"
    observed: Observed | None = None
    failure = ""
    location: Location
    capturer: PageCapturer

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **keywords: Any) -> Self:
        spider = super().from_crawler(crawler, *arguments, **keywords)
        spider.capturer = PageCapturer(crawler)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        yield self.request(LocationFetch(PolicyKey("", ""), Policy(locations=(self.location,)), self.location))

    def request(self, fetch: LocationFetch) -> Request:
        return fetch.request().replace(callback=self.parse, errback=self.failed)

    async def parse(self, response: Response, fetch: LocationFetch) -> AsyncIterator[Any]:
        try:
            with_page = await self.capturer.add_page(fetch, response)
        except (RequestNotSentInterrupt, PageNotTakenError) as error:
            self.failure = f"{without_userinfo(fetch.url)}: {error}"
        else:
            if with_page.is_complete:
                self.observed = with_page.observed()
            else:
                yield self.request(with_page)

    def failed(self, failure: Failure) -> None:
        fetch: LocationFetch = request_of(failure).cb_kwargs["fetch"]
        self.failure = f"{without_userinfo(fetch.url)}: {reason(failure)}"
