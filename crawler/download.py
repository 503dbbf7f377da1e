"""The download handler: records when requests are sent and answered, and accepts only complete HTTP responses."""

import asyncio
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _LenientHTTP11ClientProtocol
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web._newclient import BODY, DONE
from twisted.web._newclient import ParseError as HttpParseError
from twisted.web.client import ResponseFailed, _HTTP11ClientFactory

from core.private_addresses import private_by_name
from crawler.environment import environment_of
from crawler.failures import RequestNotSentInterrupt
from crawler.http_parser import MAX_HEAD, PatientParser
from crawler.interruption import REQUEST_SECONDS, interrupted, is_interrupted
from crawler.page_clock import PageClock, clock_of
from crawler.resolver import host_and_port, operator_endpoints, refusal
from formats.content_codings import BodyTooLargeError, DamagedBodyError, UnknownCodingError, decode

# Upper limits of the length of a host name and of each label in it (RFC 1035, section 2.3.4). Twisted fails to look up
# other names, and then waits for the answer until the request's time is over.
_LONGEST_HOST, _LONGEST_LABEL = 255, 63


class _HeadTooLargeError(Exception):
    """An HTTP response whose head is larger than allowed."""


# Scrapy and Twisted don't limit the size of an HTTP response's headers, and offer no public way to do so. (Scrapy's
# signal `headers_received` comes when all headers are in memory already.) So the two classes below replace Scrapy's
# classes. The state of Twisted's parser tells whether the head is still being received.
class _LimitedHeadProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's HTTP protocol, with a limit on the size of an HTTP response's head, and with a more patient parser."""

    _head_size = 0

    def request(self, request: Any) -> Any:
        """Sends a request. Called several times, one after the other, if the connection is reused."""
        self._head_size = 0
        answer = super().request(request)
        # Twisted names the class of its parser in the code. Scrapy replaces the class in the same way.
        self._parser.__class__ = PatientParser
        return answer

    def dataReceived(self, data: bytes) -> None:
        """Receives bytes of the response. Closes the connection if the head of the response is too large."""
        if self._parser is not None and self._parser.state not in (BODY, DONE):
            self._head_size += len(data)
            if self._head_size > MAX_HEAD:
                self._giveUp(Failure(_HeadTooLargeError()))  # type: ignore[no-untyped-call]  # Twisted has no types
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]  # Twisted has no types


class _LimitedHeadFactory(_HTTP11ClientFactory):
    """A factory that creates a _LimitedHeadProtocol for each connection in the pool."""

    noisy = False

    def buildProtocol(self, addr: IAddress | None) -> _LimitedHeadProtocol:
        """Returns the protocol of a new connection."""
        return _LimitedHeadProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]  # Twisted has no types


class EvidenceDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's download handler for HTTP, extended so that every response can serve as evidence.

    If a request's meta has a `gate` (crawler.backoff.Gate), the handler waits for the gate before sending the request.
    All requests for a page of a live site together have DOWNLOAD_TIMEOUT seconds (crawler.page_clock). Each request to
    an archive has as many.

    The handler sets `requested_at` and `answered_at` (timezone-aware UTC) and `sent_at` (by time.monotonic()) in the
    request's meta. The handler decodes the content codings of the body, but does not change the headers.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _LimitedHeadFactory
        environment = environment_of(crawler.settings)
        self._size_limit = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._time_limit = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._under_way: set[asyncio.Task[Response]] = set()
        crawler.signals.connect(self._cancel_soon, interrupted)
        self._allow_private = environment.allow_private
        self._operator_endpoints = operator_endpoints(environment)

    async def download_request(self, request: Request) -> Response:
        """Returns the response to a request.

        RequestNotSentInterrupt if the crawl is interrupted before the request is sent, or some seconds before its
        response has arrived.
        DownloadTimeoutError if the page's servers take too long.
        IgnoreRequest if the request is for a private address and goes through a proxy. (Without a proxy,
        crawler.resolver rejects private addresses.)
        ResponseDataLossError if the body is cut off.
        DownloadCancelledError if the body or the headers are too large, or if the body has an unknown content coding.
        """
        gate = request.meta.get("gate")
        if gate is not None:
            await gate.enter(request.meta["archive"])
        if is_interrupted(self.crawler):
            raise RequestNotSentInterrupt("the crawl was interrupted")
        if not is_possible_host(urlsplit(request.url).hostname or ""):
            raise CannotResolveHostError("no host can have this name")
        if "proxy" in request.meta:
            self._refuse_private(request.url)
        request.meta["sent_at"] = monotonic()
        request.meta["requested_at"] = datetime.now(UTC)
        try:
            response = await self._downloaded(request)
        except asyncio.CancelledError:
            raise RequestNotSentInterrupt("the crawl was interrupted") from None
        except DownloadCancelledError:  # Scrapy raises it for this reason only, with a message in its own words
            raise DownloadCancelledError(f"it has more than {self._size_limit:,} bytes") from None
        except DownloadFailedError as error:
            if _is_caused_by(error, _HeadTooLargeError):
                raise DownloadCancelledError(f"its headers have more than {MAX_HEAD:,} bytes") from None
            if _is_caused_by(error, HttpParseError, ValueError):
                raise DownloadCancelledError("it is not valid HTTP") from None
            raise
        request.meta["answered_at"] = datetime.now(UTC)
        codings = [value.decode("latin-1") for value in response.headers.getlist("Content-Encoding")]
        if not codings:
            return response
        try:
            limit = request.meta.get("decoded_maxsize", self._size_limit)
            return response.replace(body=decode(response.body, codings, limit))
        except DamagedBodyError as error:
            raise ResponseDataLossError(str(error)) from error
        except (BodyTooLargeError, UnknownCodingError) as error:
            raise DownloadCancelledError(str(error)) from error

    async def _downloaded(self, request: Request) -> Response:
        """Returns Scrapy's response. CancelledError if the crawl is interrupted."""
        clock = PageClock(self._time_limit) if "archive" in request.meta else clock_of(request.meta, self._time_limit)
        if not clock.seconds_left:
            raise DownloadTimeoutError("the page's other requests have taken all of its time")
        request.meta["download_timeout"] = clock.seconds_left
        download = asyncio.create_task(super().download_request(request))
        self._under_way.add(download)
        try:
            with clock.running():
                return await download
        finally:
            self._under_way.discard(download)

    def _cancel_soon(self) -> None:
        """Handles the signal that the crawl was interrupted."""

        def cancel() -> None:
            for download in self._under_way:
                download.cancel()

        asyncio.get_running_loop().call_later(REQUEST_SECONDS, cancel)

    def _refuse_private(self, url: str) -> None:
        host = (urlsplit(url).hostname or "").lower()
        address = private_by_name(host)
        if address is not None and not self._allow_private and host_and_port(url) not in self._operator_endpoints:
            raise IgnoreRequest(refusal(host, address))


def is_possible_host(host: str) -> bool:
    """Returns whether a host can have this name: neither the name nor one of its labels is empty or too long."""
    labels = host.removesuffix(".").split(".")
    return len(host) <= _LONGEST_HOST and all(0 < len(label) <= _LONGEST_LABEL for label in labels)


def _is_caused_by(error: DownloadFailedError, *types: type[Exception]) -> bool:
    cause = error.__cause__
    return isinstance(cause, ResponseFailed) and any(reason.check(*types) for reason in cause.reasons)
