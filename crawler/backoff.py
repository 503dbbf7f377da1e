"""Sends requests again after temporary errors, of live sites and of archives.

The module decides how long to wait, and how many times to send a request. It obeys the header Retry-After (RFC 9110,
section 10.2.3).
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from logging import getLogger
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadConnectionRefusedError, IgnoreRequest, ResponseDataLossError
from scrapy.http import Response

from core.dates import iso
from core.exceptions import (
    ArchiveBlockedError,
    ArchiveBudgetError,
    ArchiveError,
    ArchiveNotAnsweringError,
    ArchiveRateLimitError,
)
from crawler.archives.protocol import Archive, Limits, RequestKind
from crawler.budget import Budget
from crawler.captures import header_map
from crawler.failures import TEMPORARY_ERRORS, RequestNotSentInterrupt, explain
from crawler.http_dates import http_date
from crawler.interruption import is_interrupted
from crawler.page_clock import clock_of
from crawler.resolver import PublicAddressResolver

_A_YEAR = 365 * 24 * 3600.0
_log = getLogger(__name__)


def seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """Returns the wait that a Retry-After header asks for, in seconds from `now`; None if the header is malformed.

    The header's value is a number of seconds or a date. The result is at most a year, because adding a very large
    number of seconds to a date would raise an OverflowError.
    """
    retry_after = retry_after.strip()
    if retry_after.isdecimal():
        return min(float(retry_after), _A_YEAR)
    until = http_date(retry_after)
    return None if until is None else min(max(0.0, (until - now).total_seconds()), _A_YEAR)


async def pause(seconds: float, is_running: Callable[[], bool]) -> None:
    """Waits for some seconds. If the crawl is interrupted, the wait ends early, so that the crawl can end at once."""
    end = monotonic() + seconds
    while is_running() and (seconds_left := end - monotonic()) > 0:
        await asyncio.sleep(min(seconds_left, 0.5))


class LiveBackOff:
    """The middleware that retries a request for a live page if the site has a temporary error or does not answer.

    The site's last response becomes a capture if the retries fail, or if the site asks for a longer wait than the page
    has time left (crawler.page_clock).
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._first_wait = settings.getfloat("LIVE_BACKOFF")
        self._time_limit = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._retries = settings.getint("RETRY_TIMES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Returns the middleware for a crawl. Scrapy calls this to create the middleware."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Returns the request to send again, or the response if no retry is needed. Scrapy calls this method."""
        if _is_not_live(request) or not (response.status in (408, 429) or response.status >= 500):
            return response
        wait = seconds_to_wait(header_map(response).get("retry-after", ""), datetime.now(UTC))
        return await self._retry(request, wait) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Returns the request to send again; None if the failure is final. Scrapy calls this after a failed request."""
        if _is_not_live(request) or not isinstance(exception, TEMPORARY_ERRORS):
            return None
        if urlsplit(request.url).hostname in PublicAddressResolver.refused:
            return None
        return await self._retry(request, None)

    async def _retry(self, request: Request, wait: float | None) -> Request | None:
        """Waits, and returns the request to send again; None if no retry is left or if the wait would be too long.

        wait: the seconds that the site's Retry-After asks for. None without a valid Retry-After: the first wait is then
            LIVE_BACKOFF seconds, and each further retry doubles the wait.
        """
        tries = request.meta.get("tries", 0)
        if wait is None:
            wait = self._first_wait * 2**tries
        clock = clock_of(request.meta, self._time_limit)
        # The next try will probably take as long as the last one. If it were cut off, the last response would be lost.
        next_try = monotonic() - request.meta.get("sent_at", monotonic())
        if tries >= self._retries or wait + next_try >= clock.seconds_left:
            return None
        with clock.running():
            await pause(wait, lambda: not is_interrupted(self._crawler))
        retry = request.replace(dont_filter=True)
        retry.meta["tries"] = tries + 1
        return retry


def _is_not_live(request: Request) -> bool:
    """Returns whether LiveBackOff ignores a request: a request to an archive, or by a page in the browser.

    A page in the browser does not wait long enough for a retry.
    """
    return "archive" in request.meta or "in_browser" in request.meta


class ArchiveKeepsFailingError(IgnoreRequest):
    """The archive answers other requests, but each try of this request ends in a temporary error."""


class ArchiveGivenUpInterrupt(RequestNotSentInterrupt):
    """A request that is not sent, because the crawl has given up the archive (see Gate)."""


class Gate:
    """The gate that each request to an archive passes through before it is sent.

    The gate closes for some time after each temporary error. After too many errors in a row, the gate stays closed. The
    crawl has then *given up* the archive: the crawl sends no more requests to the archive.

    The download handler calls `enter` immediately before it sends a request. A request that passed the gate earlier
    would wait in a download slot, and would be sent even if the gate had closed in the meantime.

    archive: the client of the archive.
    limits: the archive's limits.
    is_running: returns whether the crawl is running.
    budget: the budget that the crawls of this machine share; None for an archive on this machine.
    given_up: the reason why the crawl has given up the archive; None if it has not.
    """

    def __init__(
        self, archive: Archive, limits: Limits, is_running: Callable[[], bool], budget: Budget | None = None
    ) -> None:
        self.archive = archive
        self.limits = limits
        self.given_up: ArchiveError | ArchiveBudgetError | None = None
        self._is_running = is_running
        self._budget = budget
        self._intervals: dict[RequestKind, timedelta] = {
            "listing": timedelta(seconds=limits.listing_interval),
            "replay": timedelta(seconds=limits.replay_interval),
        }
        # The number of temporary errors in a row, and how many of them were refused connections.
        self._strikes = 0
        self._refusals = 0
        # The time when the gate was last closed, and the time when the gate opens again, by time.monotonic().
        self._closed_at = 0.0
        self._opens_at = 0.0

    async def enter(self, kind: RequestKind) -> None:
        """Waits until a request may be sent, or until the crawl ends.

        ArchiveGivenUpInterrupt if this crawl has given up the archive.
        """
        try:
            if self._budget is not None:
                await self._take_turn(self._budget, kind)
            while self.given_up is None and self._is_running() and (seconds := self._opens_at - monotonic()) > 0:
                await pause(seconds, self._is_running)
        except ArchiveBudgetError as error:
            self.given_up = self.given_up or error
        if self.given_up is not None:
            raise ArchiveGivenUpInterrupt(str(self.given_up))

    async def _take_turn(self, budget: Budget, kind: RequestKind) -> None:
        may_go = False
        while not may_go and self.given_up is None and self._is_running():
            turn = await asyncio.to_thread(budget.turn, kind, self._intervals[kind])
            if turn is None:
                self.given_up = budget.blocked()
                continue
            await pause((turn - datetime.now(UTC)).total_seconds(), self._is_running)
            may_go = budget.may_go()

    def strike(self, error: ArchiveError, sent_at: float) -> None:
        """Closes the gate because of a temporary error.

        If the archive fails while several requests are under way, these requests fail together and count as one error.
        So an error is ignored if its request was sent before the gate last closed.

        error: the temporary error.
        sent_at: the time when the request was sent, by time.monotonic().
        """
        if sent_at < self._closed_at or self.given_up is not None:
            return
        limits = self.limits
        requested_wait = seconds_to_wait(error.retry_after, datetime.now(UTC))
        first_wait = limits.backoff_429 if isinstance(error, ArchiveRateLimitError) else limits.backoff
        wait = first_wait * 2**self._strikes
        if requested_wait is not None:
            wait = max(requested_wait, limits.backoff * 2**self._strikes)
        self._strikes += 1
        self._refusals += isinstance(error, ArchiveBlockedError)
        self._closed_at = monotonic()
        self._opens_at = self._closed_at + wait
        until = datetime.now(UTC) + timedelta(seconds=wait)
        try:
            if requested_wait is not None and requested_wait > limits.backoff_max:
                self.given_up = ArchiveBlockedError(
                    f"the archive asks for no more requests until {iso(until)} ({error})"
                )
                if self._budget is not None:
                    self._budget.rest(until, f"the archive asked for this ({error})")
            elif self._budget is not None and self._refusals >= limits.refusals:
                self._budget.block(timedelta(seconds=limits.first_block), timedelta(seconds=limits.block_memory))
                self.given_up = self._budget.blocked()
            elif self._strikes >= limits.strikes:
                self.given_up = ArchiveNotAnsweringError(
                    f"{self._strikes} requests in a row have failed; the last error: {error}"
                )
            else:
                if self._budget is not None:
                    self._budget.pause(until)
                _log.warning("a request to the archive has failed: %s; trying again in %.0f s", error, wait)
        except ArchiveBudgetError as budget_error:
            self.given_up = budget_error

    def clear(self) -> None:
        """Resets the count of errors in a row, because the archive has answered."""
        self._strikes = self._refusals = 0


class ArchiveBackOff:
    """The middleware that sends a request to an archive again after a temporary error of the archive itself.

    An archived error page is not an error of the archive; the page is a capture.

    The middleware handles the requests that have `archive` (a RequestKind) and `gate` (a Gate) in their meta. It raises
    ArchiveKeepsFailingError if every try of a request fails.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Returns the middleware for a crawl. Scrapy calls this to create the middleware."""
        return cls()

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Returns the request to send again, or the response if no retry is needed. Scrapy calls this method."""
        if "archive" not in request.meta:
            return response
        gate: Gate = request.meta["gate"]
        kind: RequestKind = request.meta["archive"]
        error = gate.archive.temporary_error(kind, response.status, header_map(response), response.body)
        if error is None:
            gate.clear()
            return response
        retry = self._retry(request, error)
        if retry is None:
            raise ArchiveKeepsFailingError(f"every try has failed; the last error: {error}; the next crawl tries again")
        return retry

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Returns the request to send again; None if the failure is final. Scrapy calls this after a failed request."""
        if "archive" not in request.meta or not isinstance(exception, TEMPORARY_ERRORS):
            return None
        message = explain(exception, request.url)
        if isinstance(exception, DownloadConnectionRefusedError):
            return self._retry(request, ArchiveBlockedError(message, affects_all=True))
        # A body that is cut off may be incomplete in the archive itself, which affects only this request. Every other
        # failure means that the archive can't be reached at all.
        affects_all = not isinstance(exception, ResponseDataLossError)
        return self._retry(request, ArchiveNotAnsweringError(message, affects_all=affects_all))

    def _retry(self, request: Request, error: ArchiveError) -> Request | None:
        """Returns the request to send again; None if no retry is left. The gate delays the request when it is sent."""
        gate: Gate = request.meta["gate"]
        gate.strike(error, request.meta["sent_at"])
        if gate.given_up is not None:
            raise ArchiveGivenUpInterrupt(str(gate.given_up))
        # A request reaches these limits only if the archive answers other requests in the meantime. Otherwise, the
        # errors in a row make the crawl give up the archive first.
        if error.affects_all:
            counter, limit = "absences", 4 * gate.limits.strikes
        else:
            counter, limit = "tries", gate.limits.tries
        count = request.meta.get(counter, 0) + 1
        if count >= limit:
            return None
        retry = request.replace(dont_filter=True)
        retry.meta[counter] = count
        return retry
