"""Limits the bytes that are received: for one page in the browser in all requests together, and for a robots.txt."""

from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload

_PAGE, _BODY, _RECEIVED = "page_bytes", "body_bytes", "body_bytes_received"


class PageBytes:
    """The bytes that a page's servers may still send, in bodies of responses of all kinds: redirects, robots.txt, …

    left: the number of bytes. Below 0 if the limit is exceeded.
    """

    def __init__(self, limit: int) -> None:
        self.left = limit


def page_bytes_of(meta: dict[str, Any]) -> PageBytes | None:
    """Returns the limit that a request shares with all other requests of its page; None if it has no such limit."""
    return meta.get(_PAGE)


def with_page_bytes(page_bytes: PageBytes | None) -> dict[str, PageBytes]:
    """Returns the entry of a request's meta that counts its response, and its redirects, for a page.

    The request fails with StopDownload if the page's limit is exceeded.
    """
    return {} if page_bytes is None else {_PAGE: page_bytes}


def with_body_bytes(limit: int) -> dict[str, int]:
    """Returns the entries of a request's meta that end a response after so many bytes of its body.

    The response then has the first bytes of the body; a few more than the limit, because bytes arrive in chunks. A
    compressed body fails if it is cut off, or if it has more than four times as many bytes decoded.
    """
    return {_BODY: limit, "download_maxsize": 0, "decoded_maxsize": 4 * limit}


class ByteLimits:
    """The Scrapy extension that stops downloads at these limits."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Returns the extension for a crawl. Scrapy calls this to create the extension."""
        limits = cls()
        crawler.signals.connect(limits.begin_body, signals.headers_received)
        crawler.signals.connect(limits.count, signals.bytes_received)
        return limits

    def begin_body(self, request: Request) -> None:
        """Handles Scrapy's signal that the body of a response begins."""
        if _BODY in request.meta:
            request.meta[_RECEIVED] = 0

    def count(self, data: bytes, request: Request) -> None:
        """Handles Scrapy's signal that bytes have been received. StopDownload if a limit is reached."""
        page_bytes = page_bytes_of(request.meta)
        if page_bytes is not None:
            page_bytes.left -= len(data)
            if page_bytes.left < 0:
                raise StopDownload(fail=True)
        if _BODY in request.meta:
            request.meta[_RECEIVED] += len(data)
            if request.meta[_RECEIVED] >= request.meta[_BODY]:
                raise StopDownload(fail=False)
