"""Limits the time that the servers of one page may take: in all requests, redirects, retries and pauses together."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

_KEY = "page_clock"


class PageClock:
    """A clock that runs while a crawl waits for a page's servers. It stands still while the page waits for its turn.

    Several `running` blocks may run at the same time; their time counts once.
    """

    def __init__(self, seconds: float) -> None:
        """Doesn't run yet. seconds: the upper limit of the time that the clock may run."""
        self._seconds = seconds
        self._running = 0
        self._since = 0.0

    @property
    def seconds_left(self) -> float:
        """The time left until the limit, in seconds; 0 if the limit is reached."""
        return max(0.0, self._seconds - (monotonic() - self._since if self._running else 0.0))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Lets the clock run until the block ends."""
        if not self._running:
            self._since = monotonic()
        self._running += 1
        try:
            yield
        finally:
            left = self.seconds_left
            self._running -= 1
            if not self._running:
                self._seconds = left


def clock_of(meta: dict[str, Any], seconds: float) -> PageClock:
    """Returns the clock of the page that a request is for. Redirects and retries of a request have the same clock.

    meta: the request's meta. seconds: the limit of a new clock, if the request has none yet.
    """
    clock: PageClock = meta.setdefault(_KEY, PageClock(seconds))
    return clock


def with_clock(clock: PageClock) -> dict[str, PageClock]:
    """Returns the entry of a request's meta that makes the request use a clock."""
    return {_KEY: clock}
