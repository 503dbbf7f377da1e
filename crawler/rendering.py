"""Which pages are rendered, and the browser for them, which is there once one is."""

from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from core.composed import Observed
from crawler.failures import NoBrowser
from crawler.places import Place

if TYPE_CHECKING:
    from crawler.browser import Browser


class Renderer:
    """The pages of a crawl as their locations declare them: as served, or rendered by a browser."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._browser: Browser | None = None
        crawler.signals.connect(self._close, signals.spider_closed)

    async def page(self, place: Place, response: Response) -> Observed:
        """The page of the place that was to be got next. NoBrowser when it cannot be rendered here; NotAsked."""
        if not place.needs_browser(response):
            return place.served(response)
        if self._browser is None:
            self._browser = self._open()
        return await self._browser.render(place, response)

    def _open(self) -> "Browser":
        try:
            from crawler.browser import Browser
        except ImportError:
            raise NoBrowser("scrapy-playwright is not installed: pip install --editable '.[browser]'") from None
        return Browser(self._crawler)

    async def _close(self) -> None:
        if self._browser is not None:
            await self._browser.close()
