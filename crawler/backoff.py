"""Trying again: when, how often, and when to stop asking. Retry-After (RFC 9110, section 10.2.3) is obeyed."""

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
from scrapy.settings import BaseSettings

from core.dates import iso
from core.exceptions import ArchiveError
from crawler.archives.wayback import Kind, Trouble, trouble
from crawler.budget import Budget
from crawler.captures import header_map
from crawler.failures import PASSING, RequestNotSentInterrupt, explain
from crawler.http_dates import http_date
from crawler.resolver import PublicAddressResolver

_A_YEAR = 365 * 24 * 3600.0
_log = getLogger(__name__)


def seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """The value of a Retry-After header, a number of seconds or a date, as seconds from now; None when it is none.

    A year at most: nobody waits longer, and dates have an end.
    """
    retry_after = retry_after.strip()
    if retry_after.isdecimal():
        return min(float(retry_after), _A_YEAR)
    then = http_date(retry_after)
    return None if then is None else min(max(0.0, (then - now).total_seconds()), _A_YEAR)


async def pause(seconds: float, goes_on: Callable[[], bool]) -> None:
    """Waits, but no longer than the crawl goes on: an interrupt must not have to wait for it."""
    end = monotonic() + seconds
    while goes_on() and (left := end - monotonic()) > 0:
        await asyncio.sleep(min(left, 0.5))


class LiveBackOff:
    """Asks a live page again when it answers that it cannot answer now, or does not answer.

    When that does not help, or the page asks to be left alone for long, its answer stands: it is what was seen.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._first = settings.getfloat("LIVE_BACKOFF")
        self._longest = settings.getfloat("LIVE_BACKOFF_MAX")
        self._retries = settings.getint("RETRY_TIMES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """See Scrapy's components."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """See Scrapy's downloader middlewares."""
        if self._is_of_others(request) or not (response.status in (408, 429) or response.status >= 500):
            return response
        wait = seconds_to_wait(header_map(response).get("retry-after", ""), datetime.now(UTC))
        return await self._again(request, wait) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """See Scrapy's downloader middlewares."""
        if self._is_of_others(request) or not isinstance(exception, PASSING):
            return None
        if urlsplit(request.url).hostname in PublicAddressResolver.refused:
            return None
        return await self._again(request, None)

    @staticmethod
    def _is_of_others(request: Request) -> bool:
        """Whether the archive is asked, or a page in the browser asks, which waits for no second try."""
        return "archive" in request.meta or "in_browser" in request.meta

    async def _again(self, request: Request, wait: float | None) -> Request | None:
        tries = request.meta.get("tries", 0)
        if wait is None:
            wait = self._first * 2**tries
        if tries >= self._retries or wait > self._longest:
            return None
        await pause(wait, lambda: self._crawler.engine.running)
        again = request.replace(dont_filter=True)
        again.meta["tries"] = tries + 1
        return again


class ArchiveKeepsFailingError(IgnoreRequest):
    """The archive is there for others, but answers this request with trouble of its own, however often it is asked."""


class ArchiveGivenUpInterrupt(RequestNotSentInterrupt):
    """The archive is not asked any more in this crawl."""


class Gate:
    """Lets requests to the archive through; closes for a while at each trouble, and for good after too many.

    `enter` is for the download handler: a request that waits for its turn in a slot must not go out after a trouble.
    goes_on: whether the crawl does. budget: what the crawls of this machine share; None for an archive on this machine,
    which needs no sparing.
    """

    def __init__(self, settings: BaseSettings, goes_on: Callable[[], bool], budget: Budget | None = None) -> None:
        self._goes_on = goes_on
        self._budget = budget
        self._first = settings.getfloat("ARCHIVE_BACKOFF")
        self._first_429 = settings.getfloat("ARCHIVE_BACKOFF_429")
        self._longest = settings.getfloat("ARCHIVE_BACKOFF_MAX")
        self._strikes_allowed = settings.getint("ARCHIVE_STRIKES")
        self._refusals_allowed = settings.getint("ARCHIVE_REFUSALS")
        self._intervals: dict[Kind, timedelta] = {
            "listing": timedelta(seconds=settings.getfloat("ARCHIVE_LISTING_INTERVAL")),
            "replay": timedelta(seconds=settings.getfloat("ARCHIVE_REPLAY_INTERVAL")),
        }
        self._strikes = 0
        self._refusals = 0
        self._closed_at = 0.0
        self._opens_at = 0.0
        self.given_up: str | None = None

    async def enter(self, kind: Kind) -> None:
        """Returns when the request may go out, or the crawl ends.

        ArchiveGivenUpInterrupt if it may not go out in this crawl.
        """
        try:
            if self._budget is not None:
                await self._take_turn(self._budget, kind)
            while self.given_up is None and self._goes_on() and (left := self._opens_at - monotonic()) > 0:
                await pause(left, self._goes_on)
        except ArchiveError as error:
            self.given_up = self.given_up or str(error)
        if self.given_up is not None:
            raise ArchiveGivenUpInterrupt(self.given_up)

    async def _take_turn(self, budget: Budget, kind: Kind) -> None:
        may_go = False
        while not may_go and self.given_up is None and self._goes_on():
            turn = await asyncio.to_thread(budget.turn, kind, self._intervals[kind])
            if turn is None:
                self.given_up = budget.blocked()
                continue
            await pause((turn - datetime.now(UTC)).total_seconds(), self._goes_on)
            may_go = budget.may_go()

    def strike(self, found: Trouble, sent_at: float) -> None:
        """Closes the gate after a trouble. sent_at: when the request went out, by time.monotonic().

        What was under way when the gate closed tells nothing new and is not counted again.
        """
        if sent_at < self._closed_at or self.given_up is not None:
            return
        asked = seconds_to_wait(found.retry_after, datetime.now(UTC))
        default = self._first_429 if found.too_many else self._first
        wait = default * 2**self._strikes
        if asked is not None:
            wait = max(asked, self._first * 2**self._strikes)
        self._strikes += 1
        self._refusals += found.refused
        self._closed_at = monotonic()
        self._opens_at = self._closed_at + wait
        until = datetime.now(UTC) + timedelta(seconds=wait)
        try:
            if asked is not None and asked > self._longest:
                self.given_up = f"the archive asks to be left alone until {iso(until)} ({found.why})"
                if self._budget is not None:
                    self._budget.rest(until, f"it asked for that ({found.why})")
            elif self._budget is not None and self._refusals >= self._refusals_allowed:
                self._budget.block()
                self.given_up = self._budget.blocked()
            elif self._strikes >= self._strikes_allowed:
                self.given_up = f"the archive did not answer {self._strikes} times in a row, last: {found.why}"
            else:
                if self._budget is not None:
                    self._budget.pause(until)
                _log.warning("the archive: %s; asking again in %.0f s", found.why, wait)
        except ArchiveError as error:
            self.given_up = str(error)

    def clear(self) -> None:
        """The archive answered."""
        self._strikes = self._refusals = 0


class ArchiveBackOff:
    """Asks the archive again after trouble of its own; never for what it archived, be that a 429.

    Acts on requests with `archive` (crawler.archives.wayback.Kind) and `gate` in their meta.
    ArchiveKeepsFailingError if asking again does not help.
    """

    def __init__(self, settings: BaseSettings) -> None:
        self._tries = settings.getint("ARCHIVE_TRIES")
        self._strikes = settings.getint("ARCHIVE_STRIKES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """See Scrapy's components."""
        return cls(crawler.settings)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """See Scrapy's downloader middlewares."""
        if "archive" not in request.meta:
            return response
        found = trouble(request.meta["archive"], response.status, header_map(response), response.body)
        if found is None:
            request.meta["gate"].clear()
            return response
        again = self._again(request, found)
        if again is None:
            raise ArchiveKeepsFailingError(f"the archive: {found.why}, however often it is asked")
        return again

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """See Scrapy's downloader middlewares."""
        if "archive" not in request.meta or not isinstance(exception, PASSING):
            return None
        # A body that is cut off may be so in the archive; anything else is the archive not being there.
        of_all = not isinstance(exception, ResponseDataLossError)
        refused = isinstance(exception, DownloadConnectionRefusedError)
        return self._again(request, Trouble(explain(exception, request.url), of_all=of_all, refused=refused))

    def _again(self, request: Request, found: Trouble) -> Request | None:
        gate: Gate = request.meta["gate"]
        gate.strike(found, request.meta["sent_at"])
        if gate.given_up is not None:
            raise ArchiveGivenUpInterrupt(gate.given_up)
        # An archive that is not there for anyone makes the gate give up; only one that is there for others, but never
        # for this request, comes to the end of these.
        counter, most = ("absences", 4 * self._strikes) if found.of_all else ("tries", self._tries)
        count = request.meta.get(counter, 0) + 1
        if count >= most:
            return None
        again = request.replace(dont_filter=True)
        again.meta[counter] = count
        return again
