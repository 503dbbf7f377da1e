"""Shows the progress of a crawl on standard error.

On a terminal, one line is updated in place. Elsewhere, such as under cron, a new line is printed at intervals.
"""

import asyncio
import sys
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Protocol

from rich.console import Console
from rich.status import Status
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.log import get_scrapy_root_handler

from core.addresses import without_userinfo
from core.dates import iso
from core.escaping import escape_line
from core.plurals import plural
from crawler.outcome import counts_from

# The interval, in seconds, at which the line on a terminal is updated.
_REDRAW_INTERVAL = 0.5
# The line shows an estimate of the remaining time only after this many seconds, because the speed at the beginning of a
# crawl is not typical of the whole crawl.
_ESTIMATE_AFTER = 10
# The line names the address that the crawl waits for only after this many seconds.
_WAIT_NAMED_AFTER = 5
# Upper limit of the length of that address, in characters.
_MAX_ADDRESS = 80


class MeasurableSpider(Protocol):
    """A spider whose progress can be measured.

    finished_count: the number of finished captures or pages.
    unread_count: the number of captures that are stored but not read yet.
    """

    name: str
    finished_count: int
    unread_count: int

    def estimate_remaining(self) -> float | None:
        """Returns an estimate of how many captures or pages are left; None if there is no estimate."""


def progress_line(counts: dict[str, int], seconds_left: float | None, waits_for: str = "") -> str:
    """Returns the line of progress: the numbers of captures found, fetched, new and quarantined, and the time left.

    counts: the result of `crawler.outcome.counts_from`.
    seconds_left: the estimated time until the crawl ends, in seconds; None if there is no estimate.
    waits_for: what the crawl waits for; an empty string if it doesn't wait long.
    """
    parts = [
        f"{plural(counts['captures'], 'capture')} found",
        f"{counts['fetched']} fetched",
        f"{counts['new']} new ({counts['quarantined']} quarantined)",
    ]
    if seconds_left is not None:
        parts.append(f"{_duration(seconds_left)} left")
    if waits_for:
        parts.append(f"waiting for {waits_for}")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"about {minutes} min"
    if minutes < 48 * 60:
        return f"about {minutes // 60} h {minutes % 60} min"
    return f"about {minutes // (24 * 60)} days"


class Progress:
    """The display of a spider's progress. The display begins and ends with Scrapy's signals for the spider."""

    def __init__(self, crawler: Crawler, spider: MeasurableSpider) -> None:
        self._crawler = crawler
        self._spider = spider
        self._status: Status | None = None
        crawler.signals.connect(self._start, signals.spider_opened, weak=False)
        crawler.signals.connect(self._stop, signals.spider_closed, weak=False)

    def _start(self) -> None:
        self._begun = monotonic()
        interval = self._crawler.settings.getfloat("PROGRESS_INTERVAL")
        if sys.stderr.isatty():
            self._status = Status(self._line(), console=Console(stderr=True))
            self._status.start()
            # Rich has replaced sys.stderr by Rich's own stream, which writes log lines above the line of progress.
            self._log_to(sys.stderr)
            interval = _REDRAW_INTERVAL
        self._task = asyncio.create_task(self._show(interval))

    async def _show(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            if self._status is not None:
                self._status.update(self._line())
            else:
                sys.stderr.write(f"{iso(datetime.now(UTC))} {self._line()}\n")
                sys.stderr.flush()

    def _line(self) -> str:
        line = progress_line(counts_from(self._crawler.stats.get_stats()), self._seconds_left(), self._waits_for())
        return f"{self._spider.name}: {line}"

    def _waits_for(self) -> str:
        """Returns the address that the crawl has waited for longest, or else how many captures have to be read."""
        engine = self._crawler.engine
        unread = self._spider.unread_count
        if unread and engine.spider_is_idle():
            return f"{plural(unread, 'capture')} to be read"
        sent = [request for request in engine.downloader.active if "sent_at" in request.meta]
        if not sent:
            return ""
        longest = min(sent, key=lambda request: request.meta["sent_at"])
        seconds = monotonic() - longest.meta["sent_at"]
        if seconds < _WAIT_NAMED_AFTER:
            return ""
        address = escape_line(without_userinfo(longest.url))
        address = address if len(address) <= _MAX_ADDRESS else f"{address[: _MAX_ADDRESS - 1]}…"
        return f"{address} ({seconds:.0f} s)"

    def _seconds_left(self) -> float | None:
        elapsed, remaining = monotonic() - self._begun, self._spider.estimate_remaining()
        if remaining is None or not self._spider.finished_count or elapsed < _ESTIMATE_AFTER:
            return None
        return remaining * elapsed / self._spider.finished_count

    def _stop(self) -> None:
        self._task.cancel()
        if self._status is not None:
            self._status.stop()
            self._log_to(sys.stderr)

    @staticmethod
    def _log_to(stream: Any) -> None:
        handler: Any = get_scrapy_root_handler()
        if hasattr(handler, "setStream"):
            handler.setStream(stream)
