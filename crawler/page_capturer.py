"""Turns the HTTP responses of live pages into captured pages, and renders those pages that need a browser."""

from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.failures import PageNotTakenError
from crawler.location_fetch import LocationFetch

if TYPE_CHECKING:
    from crawler.browser import Browser


class PageCapturer:
    """The component that turns a crawl's HTTP responses into captured pages.

    The browser is created when the first page has to be rendered.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._browser: Browser | None = None
        crawler.signals.connect(self._close, signals.spider_closed)

    async def add_page(self, fetch: LocationFetch, response: Response) -> LocationFetch:
        """Returns the fetch with its next page, made from the response to the request for that page.

        PageNotTakenError if no capture can be made from the response. RequestNotSentInterrupt if the crawl ends before
        the page is rendered.
        """
        if 300 <= response.status < 400 and "Location" in response.headers:
            # Scrapy has followed all redirects to http and https, so this redirect has another scheme such as mailto:.
            raise PageNotTakenError("the page redirects to something that is not a web address")
        if fetch.needs_browser(response):
            if self._browser is None:
                self._browser = self._open_browser()
            page = await self._browser.render(fetch, response)
        else:
            page = fetch.as_served(response)
        with_page = fetch.with_page(page)
        limit = self._crawler.settings.getint("DOWNLOAD_MAXSIZE")
        if with_page.payload_size > limit:
            raise PageNotTakenError(f"together with this page, the policy's pages have more than {limit:,} bytes")
        return with_page

    def _open_browser(self) -> "Browser":
        try:
            from crawler.browser import Browser  # scrapy-playwright is an optional dependency
        except ImportError:
            raise PageNotTakenError(
                "this location has `render: browser`, but the support for browsers is not installed; in clausewatch's "
                "folder, run: pip install --editable '.[browser]'"
            ) from None
        return Browser(self._crawler)

    async def _close(self) -> None:
        if self._browser is not None:
            await self._browser.close()
