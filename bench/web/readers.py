"""Readers who open pages of a room that runs in a process of its own, and what they see."""

import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.scale.measure import Side
from bench.web.visits import Visits
from core.process_memory import resident_memory
from core.settings import CHECKOUT

# How long a reader looks at a page before opening the next, in seconds.
_PAUSE = 1.0
_PORT = 8643


@dataclass(frozen=True, slots=True)
class RunningRoom:
    """A room that runs in a process of its own. port: on loopback. process_id: of the server."""

    port: int
    process_id: int

    def get(self, connection: http.client.HTTPConnection, address: str) -> float:
        """Opens a page, and returns how long it took, in seconds. RuntimeError if it is not shown."""
        begin = time.perf_counter()
        connection.request("GET", address)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"{address}: status {response.status}")
        return time.perf_counter() - begin

    def connection(self) -> http.client.HTTPConnection:
        """Returns a new connection."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)


@contextmanager
def running_room(side: Side) -> Iterator[RunningRoom]:
    """Starts `clausewatch serve` on a database, and ends it with the block."""
    environment = {**os.environ, "CLAUSEWATCH_DATABASE_URL": side.url, "CLAUSEWATCH_VENDORS": str(side.vendors)}
    command = [str(Path(sys.executable).parent / "clausewatch"), "serve", "--port", str(_PORT)]
    with subprocess.Popen(command, env=environment, cwd=CHECKOUT) as process:
        room = RunningRoom(_PORT, process.pid)
        try:
            _wait(room)
            yield room
        finally:
            process.terminate()


def print_times(room: RunningRoom, visits: Visits, readers: int, seconds: float) -> None:
    """Prints the median and the 95th percentile of each kind of page, in milliseconds, under readers who read."""
    times: dict[str, list[float]] = defaultdict(list)
    lock = threading.Lock()
    end = time.monotonic() + seconds

    def read(number: int) -> None:
        connection = room.connection()
        time.sleep(number * _PAUSE / readers)
        while time.monotonic() < end:
            with lock:
                kind, address = visits.next()
            taken = room.get(connection, address)
            with lock:
                times[kind].append(1000 * taken)
            time.sleep(_PAUSE)

    _in_threads(readers, read)
    print(f"\n{readers} readers, a second between pages\n{'page':20} {'pages':>6} {'median ms':>10} {'p95 ms':>8}")
    times["all"] = [milliseconds for of_kind in times.values() for milliseconds in of_kind]
    for kind in (*visits.kinds, "all"):
        ordered = sorted(times[kind])
        p95 = ordered[int(len(ordered) * 0.95)]
        print(f"{kind:20} {len(ordered):6} {statistics.median(ordered):10.0f} {p95:8.0f}")


def print_memory(room: RunningRoom, visits: Visits, readers: int, requests: int) -> None:
    """Prints the memory of the server after each tenth of the requests, which are sent without a pause."""
    lock = threading.Lock()
    begin = time.monotonic()
    print(f"\nrequests without a pause\n{'requests':>8} {'MiB':>6}")
    for tenth in range(1, 11):
        left = iter(range(requests // 10))

        def read(_: int, left: Iterator[int] = left) -> None:
            connection = room.connection()
            while True:
                with lock:
                    if next(left, None) is None:
                        return
                    address = visits.next()[1]
                room.get(connection, address)

        _in_threads(readers, read)
        print(f"{tenth * requests // 10:8} {resident_memory([room.process_id]) / 2**20:6.0f}", flush=True)
    print(f"{requests / (time.monotonic() - begin):.0f} requests a second")


def _in_threads(count: int, read: Callable[[int], None]) -> None:
    """Calls a function in threads, with the number of each. Raises the first error."""
    with ThreadPoolExecutor(count) as threads:
        for _ in threads.map(read, range(count)):
            pass


def _wait(room: RunningRoom) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            room.get(room.connection(), "/")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
