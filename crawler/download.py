"""How bytes come in: when they were asked for and answered is noted, and what is not whole is an error."""

from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _LenientHTTP11ClientProtocol
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, IgnoreRequest, ResponseDataLossError
from scrapy.http import Response
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web._newclient import BODY, DONE
from twisted.web.client import ResponseFailed, _HTTP11ClientFactory

from crawler.environment import environment_of
from crawler.failures import NotAsked
from crawler.resolver import host_and_port, may_be_anywhere, private_by_name, refusal
from formats.content_codings import BodyTooLargeError, DamagedBodyError, UnknownCodingError, decode

# What comes before the body of an answer, in bytes; browsers allow for 256 KiB. Scrapy and Twisted set no bound.
_HEAD = 256 * 1024


class _HeadTooLarge(Exception):
    """An answer that does not come to its body."""


class _Protocol(_LenientHTTP11ClientProtocol):
    """Scrapy's, which does not take in headers without end."""

    _head = 0

    def request(self, request: Any) -> Any:
        """See Twisted."""
        self._head = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        """See Twisted."""
        if self._parser is not None and self._parser.state not in (BODY, DONE):
            self._head += len(data)
            if self._head > _HEAD:
                self._giveUp(Failure(_HeadTooLarge()))  # type: ignore[no-untyped-call]  # has no types
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]  # has no types


class _Factory(_HTTP11ClientFactory):
    """Of _Protocol, for the pool of connections."""

    noisy = False

    def buildProtocol(self, addr: IAddress | None) -> _Protocol:
        """See Twisted."""
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]  # has no types


class EvidenceDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's handler, with some additions.

    A request waits at the gate in `request.meta["gate"]`, if it has one, until it is let through.
    `request.meta` gets `requested_at` and `answered_at` (aware UTC), and `sent_at` (time.monotonic()).
    NotAsked when the crawl was interrupted before the request's turn came.
    IgnoreRequest for a private address behind a proxy; without one, crawler.resolver refuses it.
    Content codings are undone, the headers left as received. ResponseDataLossError when a body is cut off,
    DownloadCancelledError when it or its headers are too large, or it is in a coding that was not asked for.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory
        environment = environment_of(crawler.settings)
        self._allow_private = environment.allow_private
        self._may_be_anywhere = may_be_anywhere(environment)

    async def download_request(self, request: Request) -> Response:
        """See the class."""
        gate = request.meta.get("gate")
        if gate is not None:
            await gate.enter(request.meta["archive"])
        if not self._crawler.engine.running:
            raise NotAsked("the crawl was interrupted")
        if "proxy" in request.meta:
            self._refuse_private(request.url)
        request.meta["sent_at"] = monotonic()
        request.meta["requested_at"] = datetime.now(UTC)
        try:
            response = await super().download_request(request)
        except DownloadFailedError as error:
            if _is_head_too_large(error):
                raise DownloadCancelledError(f"its headers have more than {_HEAD} bytes") from None
            raise
        request.meta["answered_at"] = datetime.now(UTC)
        codings = [value.decode("latin-1") for value in response.headers.getlist("Content-Encoding")]
        if not codings:
            return response
        try:
            return response.replace(body=decode(response.body, codings, self._default_maxsize))
        except DamagedBodyError as error:
            raise ResponseDataLossError(str(error)) from error
        except (BodyTooLargeError, UnknownCodingError) as error:
            raise DownloadCancelledError(str(error)) from error

    def _refuse_private(self, url: str) -> None:
        host = (urlsplit(url).hostname or "").lower()
        address = private_by_name(host)
        if address is not None and not self._allow_private and host_and_port(url) not in self._may_be_anywhere:
            raise IgnoreRequest(refusal(host, address))


def _is_head_too_large(error: DownloadFailedError) -> bool:
    cause = error.__cause__
    return isinstance(cause, ResponseFailed) and any(reason.check(_HeadTooLarge) for reason in cause.reasons)
