"""Watches Chromium from a process of its own, which ends Chromium if it takes too much memory or if the crawl dies.

Chromium needs a watch: it reserves terabytes of address space, so RLIMIT_AS can't limit it, and control groups need
rights that an ordinary account lacks. If the crawl is killed, Playwright's driver waits for Chromium for half a minute.
The watch is a process, because it must outlive the crawl, and because the crawl may be busy.
"""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress

from core.process_memory import descendants, resident_memory

# The interval, in seconds, at which the memory is measured. A page may fill a GB in a second. A measurement takes
# 10 ms, because Chromium has more than a hundred threads.
_WATCH_SECONDS = 0.2


class ChromiumWatch:
    """Ends Chromium's processes if they take more memory than a limit, or if this process dies."""

    def __init__(self, process_id: int, limit: int, driver: int | None = None) -> None:
        """Starts the watch.

        process_id: Chromium's main process. limit: the limit for all its processes and the driver, in bytes. driver:
        the process that controls Chromium. Its memory is measured, too, but it isn't ended: it removes Chromium's
        temporary files, and ends when Chromium and this process have ended.
        """
        program = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from crawler.chromium_watch import watch; watch({process_id}, {limit}, {driver})"
        )
        self._process = subprocess.Popen(  # noqa: S603  (our own module)
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._is_over_limit = False

    @property
    def is_over_limit(self) -> bool:
        """Whether Chromium was ended because it took more memory than the limit."""
        output = self._process.stdout
        if not self._is_over_limit and output is not None and select.select([output], [], [], 0)[0]:
            self._is_over_limit = bool(os.read(output.fileno(), 1))
        return self._is_over_limit

    def stop(self) -> None:
        """Ends the watch, but not Chromium."""
        self._process.kill()
        self._process.communicate()


def watch(process_id: int, limit: int, driver: int | None) -> None:
    """Runs the watch until Chromium is to be ended, and ends it. The arguments are those of `ChromiumWatch`.

    Standard input is closed when the crawl dies. A line on standard output says that the limit was exceeded.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C reaches all processes of a command
        signal.signal(number, signal.SIG_IGN)
    others = [] if driver is None else [driver]
    while not select.select([sys.stdin], [], [], _WATCH_SECONDS)[0]:
        if resident_memory(descendants(process_id) + others) > limit:
            sys.stdout.write("over the limit\n")
            sys.stdout.flush()
            break
    end(process_id)


def end(process_id: int) -> None:
    """Kills a process and its descendants."""
    for descendant in descendants(process_id):
        with suppress(ProcessLookupError):
            os.kill(descendant, signal.SIGKILL)
