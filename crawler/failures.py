"""Translates exceptions into messages that explain to the user why a page could not be fetched."""

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

from core.addresses import without_userinfo
from core.escaping import escape_line
from crawler.resolver import PublicAddressResolver, refusal

# Temporary failures of a server, or of the connection to a server. Sending the request again may succeed.
TEMPORARY_ERRORS = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    ConnectError,
    ConnectionDone,
    ConnectionLost,
)

# What to say if the message of an exception contains a mark: OpenSSL's, service_identity's, and any other of OpenSSL's.
_TLS_FAULTS = {
    "certificate verify failed": "the site's TLS certificate has expired, or its issuer is unknown",
    "service_identity": "the site's TLS certificate is not for this host",
    "SSL routines": "no TLS connection to the site could be made",
}
_MAX_CHARACTERS = 300  # upper limit of the length of a message


class RequestNotSentInterrupt(IgnoreRequest):
    """A request that is not sent, or not waited for, because the crawl ends early. The next crawl sends it."""


class PageNotTakenError(Exception):
    """An HTTP response from which no capture can be made.

    The message contains the reason. For example, the page has to be rendered, but Chromium is not installed.
    """


def request_of(failure: Failure) -> Request:
    """Returns the request that failed."""
    return cast(Request, failure.request)  # type: ignore[attr-defined]  # Scrapy sets it before any errback


def reason(failure: Failure) -> str:
    """Returns an explanation of a downloader's failure, on one line of printable characters."""
    return explain(cast(BaseException, failure.value), request_of(failure).url)


def explain(exception: BaseException, url: str) -> str:
    """Returns an explanation of a downloader's exception, on one line of printable characters.

    The line may contain an address of any length, so a long line is cut off.

    url: the address that was requested.
    """
    text = escape_line(without_userinfo(_meaning(exception, url)))
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}…"


def _meaning(exception: BaseException, url: str) -> str:
    host = (urlsplit(url).hostname or "").lower()
    if host in PublicAddressResolver.refused and isinstance(exception, CannotResolveHostError):
        return refusal(host, PublicAddressResolver.refused[host])
    if isinstance(exception, CannotResolveHostError):
        return (
            f"no address of the host {host} was found; check the name, and whether this machine can reach its DNS "
            "server"
        )
    if isinstance(exception, DownloadConnectionRefusedError):
        return "connection refused"
    if isinstance(exception, DownloadTimeoutError):
        return "the complete answer did not arrive in time"
    if isinstance(exception, DownloadFailedError):
        return next((words for mark, words in _TLS_FAULTS.items() if mark in str(exception)), "the connection was lost")
    if isinstance(exception, ResponseDataLossError):
        return "the answer is cut off"
    if isinstance(exception, DownloadCancelledError):
        return f"the answer was rejected: {exception}"
    if isinstance(exception, ValueError) and "invalid hostname" in str(exception):
        return "the address has a user name or a password, which no page of a policy needs; remove it"
    if isinstance(exception, ValueError) and "Missing scheme in request url" in str(exception):
        return "the page redirects to something that is not a web address"  # for example, to mailto:
    if isinstance(exception, IgnoreRequest):
        message = str(exception)
        return "the page redirects too many times" if message == "max redirections reached" else message
    return f"an unexpected error, please report it: {type(exception).__name__}: {exception}"[:_MAX_CHARACTERS]
