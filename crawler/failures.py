"""Why something could not be got, in words."""

from typing import cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost
from twisted.python.failure import Failure

from core.escaping import escape_line
from crawler.resolver import PublicAddressResolver, refusal

# What a server or the way to it may have got over when it is asked again.
PASSING = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    ConnectError,
    ConnectionDone,
    ConnectionLost,
)

_LONGEST = 300


class NotAsked(IgnoreRequest):
    """A request that is not sent any more, because the crawl ends early; the next crawl makes up for it."""


class NotTaken(Exception):
    """What was answered cannot be made a capture of; the message says why, and what this machine lacks for it."""


def request_of(failure: Failure) -> Request:
    """The request that failed."""
    return cast(Request, failure.request)  # type: ignore[attr-defined]  # Scrapy sets it before any errback


def reason(failure: Failure) -> str:
    """What a failure of the downloader means to a person, on one printable line."""
    return explain(cast(BaseException, failure.value), request_of(failure).url)


def explain(exception: BaseException, url: str) -> str:
    """What an exception of the downloader for that address means to a person, on one printable line.

    Not without end, since an address of any length may be in it.
    """
    text = escape_line(_meaning(exception, url))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _meaning(exception: BaseException, url: str) -> str:
    host = (urlsplit(url).hostname or "").lower()
    if host in PublicAddressResolver.refused and isinstance(exception, CannotResolveHostError):
        address = PublicAddressResolver.refused[host]
        return refusal(host, address)
    if isinstance(exception, CannotResolveHostError):
        return f"there is no host {host}"
    if isinstance(exception, DownloadConnectionRefusedError):
        return "connection refused"
    if isinstance(exception, DownloadTimeoutError):
        return "no whole answer in time"
    if isinstance(exception, DownloadFailedError):
        unverified = "certificate verify failed" in str(exception)
        return "its TLS certificate cannot be verified" if unverified else "the connection broke off"
    if isinstance(exception, ResponseDataLossError):
        return "the answer is cut off"
    if isinstance(exception, DownloadCancelledError):
        return f"the answer was not taken: {exception}"
    if isinstance(exception, ValueError) and "Missing scheme in request url" in str(exception):
        return "it redirects to what is no web address"  # mailto: and the like
    if isinstance(exception, IgnoreRequest):
        message = str(exception)
        return "it redirects without end" if message == "max redirections reached" else message
    return f"{type(exception).__name__}: {exception}"[:300]
