"""A location's pages as their answers come in: checked, and rendered where that is declared."""

from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.failures import PageNotTakenError
from crawler.location_fetch import LocationFetch

if TYPE_CHECKING:
    from crawler.browser import Browser


class Pages:
    """Takes the answers of a crawl, with the browser for those to be rendered, which is there once one is."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._browser: Browser | None = None
        crawler.signals.connect(self._close, signals.spider_closed)

    async def take(self, fetch: LocationFetch, response: Response) -> LocationFetch:
        """The place with the page that it was to get next, which this is the answer of.

        PageNotTakenError if no capture can be made of it; RequestNotSentInterrupt if the crawl ends before it is
        rendered.
        """
        if 300 <= response.status < 400 and "Location" in response.headers:
            # Scrapy follows all redirects but those that leave the web.
            raise PageNotTakenError("it redirects to what is no web address")
        if fetch.needs_browser(response):
            if self._browser is None:
                self._browser = self._open()
            further = fetch.with_page(await self._browser.render(fetch, response))
        else:
            further = fetch.with_page(fetch.served(response))
        most = self._crawler.settings.getint("DOWNLOAD_MAXSIZE")
        if further.size > most:
            raise PageNotTakenError(f"with this page, the policy's pages have more than {most} bytes")
        return further

    def _open(self) -> "Browser":
        try:
            from crawler.browser import Browser
        except ImportError:
            raise PageNotTakenError("scrapy-playwright is not installed: pip install --editable '.[browser]'") from None
        return Browser(self._crawler)

    async def _close(self) -> None:
        if self._browser is not None:
            await self._browser.close()
