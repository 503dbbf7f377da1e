"""When to send a request again, how often, and when to stop. Retry-After (RFC 9110, section 10.2.3) is obeyed."""

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
from crawler.resolver import PublicAddressResolver

_A_YEAR = 365 * 24 * 3600.0
_log = getLogger(__name__)


def seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """Returns how many seconds from now a Retry-After header asks to wait; None if its value is malformed.

    The value is a number of seconds, or a date. A year is the most: larger numbers overflow dates, and no crawl waits
    that long.
    """
    retry_after = retry_after.strip()
    if retry_after.isdecimal():
        return min(float(retry_after), _A_YEAR)
    until = http_date(retry_after)
    return None if until is None else min(max(0.0, (until - now).total_seconds()), _A_YEAR)


async def pause(seconds: float, is_running: Callable[[], bool]) -> None:
    """Waits, but no longer than the crawl runs: an interrupted crawl must not be held up."""
    end = monotonic() + seconds
    while is_running() and (left := end - monotonic()) > 0:
        await asyncio.sleep(min(left, 0.5))


class LiveBackOff:
    """Sends the request for a live page again if the site answers that it can't answer now, or does not answer.

    If that doesn't help, or if the site asks for a longer wait than LIVE_BACKOFF_MAX, its last answer goes to the
    spider: it is what the crawl saw.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._first_wait = settings.getfloat("LIVE_BACKOFF")
        self._longest_wait = settings.getfloat("LIVE_BACKOFF_MAX")
        self._retries = settings.getint("RETRY_TIMES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's factory method for components."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Scrapy's hook for answers: returns a request to send instead, or the answer."""
        if _is_not_live(request) or not (response.status in (408, 429) or response.status >= 500):
            return response
        wait = seconds_to_wait(header_map(response).get("retry-after", ""), datetime.now(UTC))
        return await self._retry(request, wait) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Scrapy's hook for failed requests: returns a request to send instead; None lets the failure pass."""
        if _is_not_live(request) or not isinstance(exception, TEMPORARY_ERRORS):
            return None
        if urlsplit(request.url).hostname in PublicAddressResolver.refused:
            return None
        return await self._retry(request, None)

    async def _retry(self, request: Request, wait: float | None) -> Request | None:
        """Waits and returns the request to send again; None if it is to be sent no more.

        wait: in seconds; None for the crawl's own choice.
        """
        tries = request.meta.get("tries", 0)
        if wait is None:
            wait = self._first_wait * 2**tries
        if tries >= self._retries or wait > self._longest_wait:
            return None
        await pause(wait, lambda: self._crawler.engine.running)
        again = request.replace(dont_filter=True)
        again.meta["tries"] = tries + 1
        return again


def _is_not_live(request: Request) -> bool:
    """Returns whether a request goes to an archive, or is a page's own in the browser, which waits for no retry."""
    return "archive" in request.meta or "in_browser" in request.meta


class ArchiveKeepsFailingError(IgnoreRequest):
    """The archive answers other requests, but is in trouble with this one however often it is sent."""


class ArchiveGivenUpInterrupt(RequestNotSentInterrupt):
    """A request that is not sent because this crawl asks the archive no more."""


class Gate:
    """Lets requests to an archive through. It closes for a while at each trouble, and for good after too many.

    Requests enter in the download handler, not before: one that waits in a download slot must not go out after trouble.

    is_running: whether the crawl is. budget: what the crawls of this machine share; None if the archive needs no
    sparing. given_up: why this crawl asks the archive no more; None while it may.
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
        self._strikes = 0
        self._refusals = 0
        self._closed_at = 0.0
        self._opens_at = 0.0

    async def enter(self, kind: RequestKind) -> None:
        """Returns when the request may go out, or when the crawl ends.

        ArchiveGivenUpInterrupt if it may not go out in this crawl.
        """
        try:
            if self._budget is not None:
                await self._take_turn(self._budget, kind)
            while self.given_up is None and self._is_running() and (left := self._opens_at - monotonic()) > 0:
                await pause(left, self._is_running)
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

    def strike(self, trouble: ArchiveError, sent_at: float) -> None:
        """Closes the gate because of trouble. sent_at: when the request went out, by time.monotonic().

        Requests that were under way when the gate closed met with the same trouble, so theirs is not counted again.
        """
        if sent_at < self._closed_at or self.given_up is not None:
            return
        limits = self.limits
        requested = seconds_to_wait(trouble.retry_after, datetime.now(UTC))
        first_wait = limits.backoff_429 if isinstance(trouble, ArchiveRateLimitError) else limits.backoff
        wait = first_wait * 2**self._strikes
        if requested is not None:
            wait = max(requested, limits.backoff * 2**self._strikes)
        self._strikes += 1
        self._refusals += isinstance(trouble, ArchiveBlockedError)
        self._closed_at = monotonic()
        self._opens_at = self._closed_at + wait
        until = datetime.now(UTC) + timedelta(seconds=wait)
        try:
            if requested is not None and requested > limits.backoff_max:
                self.given_up = ArchiveBlockedError(f"the archive asks to be left alone until {iso(until)} ({trouble})")
                if self._budget is not None:
                    self._budget.rest(until, f"it asked for that ({trouble})")
            elif self._budget is not None and self._refusals >= limits.refusals:
                self._budget.block(timedelta(seconds=limits.first_block), timedelta(seconds=limits.block_memory))
                self.given_up = self._budget.blocked()
            elif self._strikes >= limits.strikes:
                self.given_up = ArchiveNotAnsweringError(
                    f"the archive did not answer {self._strikes} times in a row, last: {trouble}"
                )
            else:
                if self._budget is not None:
                    self._budget.pause(until)
                _log.warning("the archive: %s; asking again in %.0f s", trouble, wait)
        except ArchiveBudgetError as error:
            self.given_up = error

    def clear(self) -> None:
        """Forgets the troubles so far: the archive has answered."""
        self._strikes = self._refusals = 0


class ArchiveBackOff:
    """Sends a request to an archive again after trouble of the archive's own, never because of what it archived.

    Acts on requests whose meta has `archive`, the RequestKind, and `gate`, the Gate they went through.
    ArchiveKeepsFailingError if sending a request again does not help.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's factory method for components."""
        return cls()

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Scrapy's hook for answers: returns a request to send instead, or the answer."""
        if "archive" not in request.meta:
            return response
        gate: Gate = request.meta["gate"]
        kind: RequestKind = request.meta["archive"]
        trouble = gate.archive.trouble(kind, response.status, header_map(response), response.body)
        if trouble is None:
            gate.clear()
            return response
        again = self._retry(request, trouble)
        if again is None:
            raise ArchiveKeepsFailingError(f"the archive: {trouble}, however often it is asked")
        return again

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Scrapy's hook for failed requests: returns a request to send instead; None lets the failure pass."""
        if "archive" not in request.meta or not isinstance(exception, TEMPORARY_ERRORS):
            return None
        message = explain(exception, request.url)
        if isinstance(exception, DownloadConnectionRefusedError):
            return self._retry(request, ArchiveBlockedError(message, affects_all=True))
        # If a body is cut off, the archive may hold it so; any other failure means that nobody reaches the archive.
        affects_all = not isinstance(exception, ResponseDataLossError)
        return self._retry(request, ArchiveNotAnsweringError(message, affects_all=affects_all))

    def _retry(self, request: Request, trouble: ArchiveError) -> Request | None:
        """Returns the request to send again, once the gate lets it through; None if it was sent often enough."""
        gate: Gate = request.meta["gate"]
        gate.strike(trouble, request.meta["sent_at"])
        if gate.given_up is not None:
            raise ArchiveGivenUpInterrupt(str(gate.given_up))
        # An archive that nobody reaches makes the gate give up first. Only if other requests are answered in between,
        # and this one never is, does it come to these limits.
        if trouble.affects_all:
            counter, most = "absences", 4 * gate.limits.strikes
        else:
            counter, most = "tries", gate.limits.tries
        count = request.meta.get(counter, 0) + 1
        if count >= most:
            return None
        again = request.replace(dont_filter=True)
        again.meta[counter] = count
        return again
