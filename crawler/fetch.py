"""One location, fetched once, as a live crawl would; nothing is stored."""

from collections.abc import AsyncIterator
from typing import Any, Self, cast

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from core.declarations import Location, Policy
from core.exceptions import FetchError
from core.policies import PolicyKey
from core.settings import Settings
from crawler.failures import PageNotTakenError, RequestNotSentInterrupt, reason, request_of
from crawler.location_fetch import LocationFetch
from crawler.own_process import in_own_process
from crawler.pages import Pages
from crawler.run import project_settings, run_spider
from formats.multipart import Observed


def fetch_once(location: Location, settings: Settings) -> Observed:
    """What a location shows today, as a capture of no vendor and no policy, and its payload.

    FetchError, which says why, when there is no answer, robots.txt forbids to ask, or a page cannot be rendered here.
    """
    return in_own_process(_fetch, location, settings)


def _fetch(location: Location, environment: Settings) -> Observed:
    settings = project_settings(environment)
    settings.setdict({"ITEM_PIPELINES": {}, "RETRY_TIMES": 0})
    if not location.pages:
        settings.set("DOWNLOAD_DELAY", 0)
    spider, outcome = run_spider(AsyncCrawlerProcess(settings), _OneLocation, {"location": location})
    found = cast(_OneLocation, spider)
    if found.result is None:
        raise FetchError(found.why or f"{location.url}: {'; '.join(outcome.failures)}")
    return found.result


class _OneLocation(scrapy.Spider):
    name = "one_location"
    result: Observed | None = None
    why = ""
    location: Location
    pages: Pages

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **keywords: Any) -> Self:
        spider = super().from_crawler(crawler, *arguments, **keywords)
        spider.pages = Pages(crawler)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        yield self.request(LocationFetch(PolicyKey("", ""), Policy(locations=(self.location,)), self.location))

    def request(self, fetch: LocationFetch) -> Request:
        return fetch.request().replace(callback=self.parse, errback=self.failed)

    async def parse(self, response: Response, fetch: LocationFetch) -> AsyncIterator[Any]:
        try:
            further = await self.pages.take(fetch, response)
        except (RequestNotSentInterrupt, PageNotTakenError) as error:
            self.why = f"{fetch.url}: {error}"
        else:
            if further.whole:
                self.result = further.observed()
            else:
                yield self.request(further)

    def failed(self, failure: Failure) -> None:
        self.why = f"{request_of(failure).cb_kwargs['place'].url}: {reason(failure)}"
