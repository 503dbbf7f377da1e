"""How bytes come in: when they were asked for and answered is noted, and what is not whole is an error."""

from datetime import UTC, datetime
from time import monotonic

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError
from scrapy.http import Response

from core.codings import CutOff, TooLarge, UnknownCoding, decode
from crawler.failures import NotAsked


class EvidenceDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's handler, with some additions.

    A request waits at the gate in `request.meta["gate"]`, if it has one, until it is let through.
    `request.meta` gets `requested_at` and `answered_at` (aware UTC), and `sent_at` (time.monotonic()).
    NotAsked when the crawl was interrupted before the request's turn came.
    Content codings are undone, the headers left as received. ResponseDataLossError when a body is cut off,
    DownloadCancelledError when it is too large or in a coding that was not asked for.
    """

    async def download_request(self, request: Request) -> Response:
        """See the class."""
        gate = request.meta.get("gate")
        if gate is not None:
            await gate.enter()
        if not self._crawler.engine.running:
            raise NotAsked("the crawl was interrupted")
        request.meta["sent_at"] = monotonic()
        request.meta["requested_at"] = datetime.now(UTC)
        response = await super().download_request(request)
        request.meta["answered_at"] = datetime.now(UTC)
        codings = [value.decode("latin-1") for value in response.headers.getlist("Content-Encoding")]
        try:
            return response.replace(body=decode(response.body, codings, self._default_maxsize))
        except CutOff as error:
            raise ResponseDataLossError(str(error)) from error
        except (TooLarge, UnknownCoding) as error:
            raise DownloadCancelledError(str(error)) from error
