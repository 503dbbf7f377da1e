"""Ends a process in order after SIGINT (Ctrl-C) or SIGTERM, and within a limited time.

A crawl that is interrupted ends in these steps:

1. No further request is sent. The requests under way have REQUEST_SECONDS to be answered, and are then cancelled.
2. The fetched captures are stored. The stored captures are read until READING_SECONDS after the signal; the next crawl
   reads the others.
3. A crawl that hasn't ended CRAWL_SECONDS after the signal, for instance because another process has locked the
   database, is cut off.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from select import select
from threading import Thread
from time import monotonic
from types import FrameType, TracebackType
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

from core.process_memory import descendants
from crawler.outcome import mark_interrupted, seconds_since_interrupt

REQUEST_SECONDS = 5
READING_SECONDS = 9
CRAWL_SECONDS = 12
#: The same limit for a command that runs a crawl in a process of its own. It leaves time to end after the crawl.
COMMAND_SECONDS = 14

#: A signal of Scrapy's kind: the crawl was interrupted. It is sent once, before the crawl begins to end.
interrupted = object()

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def is_interrupted(crawler: Crawler) -> bool:
    """Returns whether a crawl was interrupted."""
    return seconds_since_interrupt(crawler.stats.get_stats()) is not None


def may_read(crawler: Crawler) -> bool:
    """Returns whether a crawl may still read captures: it was not interrupted, or not long ago."""
    seconds = seconds_since_interrupt(crawler.stats.get_stats())
    return seconds is None or seconds < READING_SECONDS


def raise_keyboard_interrupt() -> None:
    """Raises KeyboardInterrupt. For SignalWatch."""
    raise KeyboardInterrupt


class SignalWatch:
    """Makes this process end in order after SIGINT or SIGTERM. It may be used as a context manager.

    begin: called in the main thread when the first of the two signals arrives. It may raise an exception. Further
        signals change nothing.
    cut_off: called in another thread if the process, or the `with` block, has not ended `seconds` after the signal,
        even if the main thread is blocked. Afterwards, all processes that this process has started are killed, and this
        process exits with status 1.
    """

    def __init__(self, begin: Callable[[], object], cut_off: Callable[[], object], seconds: float) -> None:
        self._begin = begin
        self._cut_off = cut_off
        self._seconds = seconds
        self._arrived = False

    def start(self) -> None:
        """Begins the watch. Must be called in the main thread."""
        # Python calls a handler only when the main thread runs Python code. A database driver may block the main thread
        # for half a minute. But Python writes to the wakeup descriptor at once.
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)
        self._wakeup_before = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        self._handlers_before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        self._thread = Thread(target=self._watch, name="signals", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        # After a signal, the process is about to end. A further signal must not change its exit status.
        for number, handler in self._handlers_before.items():
            signal.signal(number, signal.SIG_IGN if self._arrived else handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._write_end)
        self._thread.join()
        os.close(self._read_end)

    def _handle(self, _: int, __: FrameType | None) -> None:
        if not self._arrived:
            self._arrived = True
            self._begin()

    def _watch(self) -> None:
        if not self._has_arrived(None):
            return
        end = monotonic() + self._seconds
        while (seconds := end - monotonic()) > 0:
            if not self._has_arrived(seconds):
                return
        try:
            self._cut_off()
            sys.stderr.flush()
        finally:  # also if nobody reads standard error any more
            _kill_descendants()
            os._exit(1)

    def _has_arrived(self, seconds: float | None) -> bool:
        """Waits for a signal. Returns False if the watch has ended, and True otherwise, also if no signal arrives.

        seconds: the upper limit of the wait; None for no limit.
        """
        while select([self._read_end], [], [], seconds)[0]:
            numbers = os.read(self._read_end, 64)
            if not numbers or set(numbers) & set(_SIGNALS):
                return bool(numbers)
        return True


def end_crawl_after_signal(
    crawler: Crawler, cut_off: Callable[[], object], loop: asyncio.AbstractEventLoop
) -> SignalWatch:
    """Makes SIGINT and SIGTERM end a crawl in order, for the rest of this process.

    crawler: the crawler, before its crawl begins. cut_off: called if the crawl doesn't end in time.
    """
    ending = _Ending(crawler)

    def begin() -> None:
        with suppress(RuntimeError):  # the crawl has ended, and the loop is closed
            loop.call_soon_threadsafe(ending.begin)

    watch = SignalWatch(begin, cut_off, CRAWL_SECONDS)
    watch.start()
    return watch


class _Ending:
    """Ends a crawl in order. If the crawl has not begun yet, it is ended as soon as it has."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._has_started = False
        self._is_requested = False
        self._task: asyncio.Task[None] | None = None
        crawler.signals.connect(self._started, signals.engine_started, weak=False)

    def begin(self) -> None:
        self._is_requested = True
        if self._has_started and self._task is None:
            self._task = asyncio.ensure_future(self._end())

    def _started(self) -> None:
        self._has_started = True
        if self._is_requested:
            self.begin()

    async def _end(self) -> None:
        crawler = self._crawler
        engine: Any = crawler.engine
        while not engine.running:  # Scrapy sets it immediately after the signal `engine_started`
            await asyncio.sleep(0.01)
        mark_interrupted(crawler.stats)
        with suppress(OSError):  # nobody reads standard error any more
            sys.stderr.write(f"{engine.spider.name}: interrupted; ends within {CRAWL_SECONDS} seconds\n")
            sys.stderr.flush()
        crawler.signals.send_catch_log(interrupted)
        # Scrapy would keep the delay between two requests, although the requests that wait are not sent.
        for slot in engine.downloader.slots.values():
            slot.delay = 0
        # If the crawl is ending already, `stop_async` would not wait for its end, but this method does no harm.
        with suppress(RuntimeError):
            await engine.close_spider_async(reason="shutdown")


def _kill_descendants() -> None:
    """Kills all processes that this process and its descendants have started, and waits until they have ended."""
    processes = descendants(os.getpid())[1:]
    for process_id in processes:
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)
    for process_id in processes:
        with suppress(ChildProcessError):
            os.waitpid(process_id, 0)
