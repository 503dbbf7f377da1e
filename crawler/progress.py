"""How far a crawl has come: one line that is redrawn on a terminal, a line now and then elsewhere, as in cron."""

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

from core.dates import iso
from core.plurals import plural
from crawler.outcome import counts_from

_REDRAWN_EVERY = 0.5
# Before that, how fast a crawl is says little.
_TELLING_AFTER = 10


class Watched(Protocol):
    """A spider that knows how far it is. done: pieces of work, such as captures, it is through with."""

    name: str
    done: int

    def ahead(self) -> float | None:
        """About how many pieces of work are left; None when that is not known."""


def told(counts: dict[str, int], seconds_left: float | None) -> str:
    """The line: what was found, fetched, stored and quarantined so far, and about how long the rest takes."""
    parts = [
        f"{plural(counts['captures'], 'capture')} found",
        f"{counts['fetched']} fetched",
        f"{counts['new']} stored",
        f"{counts['quarantined']} quarantined",
    ]
    if seconds_left is not None:
        parts.append(f"{_duration(seconds_left)} left")
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
    """Tells how far a spider is, on standard error, from when it is opened until it is closed."""

    def __init__(self, crawler: Crawler, spider: Watched) -> None:
        self._crawler = crawler
        self._spider = spider
        self._status: Status | None = None
        crawler.signals.connect(self._start, signals.spider_opened, weak=False)
        crawler.signals.connect(self._stop, signals.spider_closed, weak=False)

    def _start(self) -> None:
        self._begun = monotonic()
        every = self._crawler.settings.getfloat("PROGRESS_INTERVAL")
        if sys.stderr.isatty():
            self._status = Status(self._line(), console=Console(stderr=True))
            self._status.start()
            self._log_to(sys.stderr)  # the status's own, which keeps the lines apart
            every = _REDRAWN_EVERY
        self._task = asyncio.create_task(self._tell(every))

    async def _tell(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            if self._status is not None:
                self._status.update(self._line())
            else:
                sys.stderr.write(f"{iso(datetime.now(UTC))} {self._line()}\n")
                sys.stderr.flush()

    def _line(self) -> str:
        return f"{self._spider.name}: {told(counts_from(self._crawler.stats.get_stats()), self._seconds_left())}"

    def _seconds_left(self) -> float | None:
        elapsed, ahead = monotonic() - self._begun, self._spider.ahead()
        if ahead is None or not self._spider.done or elapsed < _TELLING_AFTER:
            return None
        return ahead * elapsed / self._spider.done

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
