"""Obeys robots.txt, as RFC 9309 defines it."""

import asyncio
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, IgnoreRequest, StopDownload
from scrapy.http.request import NO_CALLBACK

from core.addresses import LONGEST_ADDRESS
from crawler.failures import TEMPORARY_ERRORS, RequestNotSentInterrupt, explain
from crawler.page_bytes import PageBytes, page_bytes_of, with_body_bytes, with_page_bytes
from crawler.page_clock import PageClock, clock_of, with_clock
from crawler.robots_rules import RobotsRules, parse_robots

ROBOT_NAME = "clausewatch"  # the product token by which a robots.txt can name this crawler
# Only this many bytes of a robots.txt are received and parsed, the smallest limit that RFC 9309, section 2.5, allows.
_MAX_BYTES = 500 * 1024
# A site's rules, or the reason why the rules could not be fetched.
_Rules = RobotsRules | str


class RobotsMiddleware:
    """A downloader middleware that drops requests if the site's robots.txt forbids them. Archives are exempt.

    The robots.txt itself may fail (RFC 9309, section 2.3.1). After status 4xx, except 429, all requests are allowed.
    After status 5xx or 429, or without an HTTP response, all requests are forbidden.

    Scrapy's own middleware is not used, for three reasons. It parses an error page as if the page were a robots.txt. It
    allows all requests if there is no response. If several requests wait for the same robots.txt, it checks only one
    of them.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._time_limit = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._fetches: dict[str, asyncio.Task[_Rules | None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Returns the middleware for a crawl."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises IgnoreRequest with the reason if the request is not allowed."""
        if "archive" in request.meta or "robots" in request.meta:
            return
        if len(request.url) > LONGEST_ADDRESS:
            raise IgnoreRequest(f"the address has more than {LONGEST_ADDRESS:,} characters")
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"  # without a user's name and password
        clock = clock_of(request.meta, self._time_limit)
        rules = await self._rules_for(origin, clock, page_bytes_of(request.meta))
        if isinstance(rules, str):
            raise IgnoreRequest(rules)
        if not rules.allows(request.url):
            raise IgnoreRequest("the site's robots.txt forbids crawlers to fetch this page")

    async def _rules_for(self, origin: str, clock: PageClock, page_bytes: PageBytes | None) -> _Rules:
        """Returns a site's rules. clock, page_bytes: the limits of the page that waits for the rules."""
        while clock.seconds_left:
            if page_bytes is not None and page_bytes.left < 0:
                return f"{origin}/robots.txt could not be fetched: the page has loaded too many bytes"
            if origin not in self._fetches:
                self._fetches[origin] = asyncio.create_task(self._fetch(origin, clock.seconds_left, page_bytes))
            fetch = self._fetches[origin]
            with clock.running():
                await asyncio.wait({fetch}, timeout=clock.seconds_left)
            if fetch.done() and (rules := fetch.result()) is not None:
                return rules
        return (
            f"not fetched, because {origin}/robots.txt could not be fetched: the complete answer did not arrive in time"
        )

    async def _fetch(self, origin: str, seconds: float, page_bytes: PageBytes | None) -> _Rules | None:
        """Fetches a site's rules. None if a limit of the page that waits for them is reached before they arrive.

        seconds: the time that the page has left. page_bytes: the bytes that the page has left.
        """
        url = f"{origin}/robots.txt"
        limits = {**with_clock(PageClock(seconds)), **with_body_bytes(_MAX_BYTES), **with_page_bytes(page_bytes)}
        # A part of a compressed body can't be decoded, so the body must not be compressed.
        headers = {"Accept-Encoding": "identity"}
        meta = {"robots": True, **limits}
        request = Request(url, NO_CALLBACK, headers=headers, priority=1000, dont_filter=True, meta=meta)
        try:
            response = await self._crawler.engine.download_async(request)
        except RequestNotSentInterrupt:
            raise
        except StopDownload:
            del self._fetches[origin]  # another page may receive more
            return None
        except DownloadTimeoutError as error:
            if seconds < self._time_limit:
                del self._fetches[origin]  # another page may have more time
                return None
            return f"not fetched, because {url} could not be fetched: {explain(error, url)}"
        except (*TEMPORARY_ERRORS, DownloadCancelledError, IgnoreRequest) as error:
            return f"not fetched, because {url} could not be fetched: {explain(error, url)}"
        if response.status == 429 or response.status >= 500:
            return f"not fetched, because {url} could not be fetched: status {response.status}"
        return parse_robots(b"" if response.status >= 400 else response.body[:_MAX_BYTES], ROBOT_NAME)
