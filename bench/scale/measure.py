"""Measures how long commands take on a database. The commands run in this process, without the start of Python.

A measure is a generator of functions. Each function that the generator yields is called and timed. The preparations
that the generator makes before each `yield` are not timed.
"""

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import func, select

from bench.scale.generate import AFTER, CAPTURES_EACH, EVERY, VERSIONS_EACH, Watched, capture_of, page_of
from intake.service import Intake
from scripts.main import cli
from storage import Store
from storage.tables.models import CaptureRow

_SUBSCRIBER = "reader@client.example"


@dataclass
class Side:
    """A generated database with its declarations.

    url: the database's URL.
    watched: the policies in the database.
    vendors: the folder of the declarations.
    digests: the folder that digests are written to.

    The measures add captures. Consecutive captures belong to different policies, as in a crawl. Their capture times are
    an hour apart. If the database is measured again, the new captures continue after the captures of the earlier
    measurement.
    """

    url: str
    watched: Sequence[Watched]
    vendors: Path
    digests: Path
    _numbers: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        with Store.open(self.url) as store, store.database.read_session() as session:
            added = session.scalars(select(func.max(CaptureRow.id))).one() - len(self.watched) * CAPTURES_EACH
        self._numbers = count(added)

    def next(self) -> tuple[Watched, datetime]:
        """Returns the next policy to capture, and the time of the capture.

        Consecutive policies are far apart in the database.
        """
        number = next(self._numbers)
        return self.watched[number * 37 % len(self.watched)], AFTER + number * timedelta(hours=1)

    def command(self, *arguments: str) -> str:
        """Runs `clausewatch` with arguments, and returns its standard output. RuntimeError if the command fails."""
        os.environ["CLAUSEWATCH_DATABASE_URL"] = self.url
        os.environ["CLAUSEWATCH_VENDORS"] = str(self.vendors)
        result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        if result.exit_code:
            raise RuntimeError(result.output)
        return result.stdout

    @contextmanager
    def subscribed(self, since: datetime, *vendors: str) -> Iterator[None]:
        """Subscribes an address to digests of changes captured after `since`, until the `with` block ends."""
        with Store.open(self.url) as store:
            store.subscriptions.subscribe(_SUBSCRIBER, vendors, since)
        yield
        self.command("unsubscribe", _SUBSCRIBER)

    def change(self, watched: Watched, at: datetime) -> None:
        """Stores two captures of a policy with a new text: the first at `at`, the second five minutes later.

        The second capture confirms the new text.
        """
        with Store.open(self.url) as store, Intake(store) as intake:
            for captured_at in (at, at + timedelta(minutes=5)):
                payload = page_of(watched, VERSIONS_EACH + at.toordinal() * 24 + at.hour)
                intake.keep((capture_of(watched, 1, payload, captured_at), payload, watched.declared))


Measure = Callable[[Side], Iterator[Callable[[], object]]]


def medians(measure: Measure, sides: Mapping[str, Side], runs: int) -> dict[str, float]:
    """Returns the median time of a measure on each database, in milliseconds.

    sides: the databases, by name. The databases are measured in turn, so that other work of the machine affects all
        databases alike.
    """
    prepared = {name: measure(side) for name, side in sides.items()}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for run in range(runs + 1):
        for name, steps in prepared.items():
            timed = next(steps)
            gc.collect()
            begin = time.perf_counter()
            timed()
            if run:  # the first run fills the caches
                taken[name].append(1000 * (time.perf_counter() - begin))
    for steps in prepared.values():
        steps.close()  # type: ignore[attr-defined]
    return {name: statistics.median(milliseconds) for name, milliseconds in taken.items()}


def _of_one_policy(side: Side, *arguments: str, dates: bool = False) -> Iterator[Callable[[], object]]:
    while True:
        watched, _ = side.next()
        span = [f"{AFTER - 40 * EVERY:%Y-%m-%d}", f"{AFTER - 5 * EVERY:%Y-%m-%d}"] if dates else []
        yield partial(side.command, arguments[0], watched.vendor, *span, "--policy", watched.policy, *arguments[1:])


def report(side: Side) -> Iterator[Callable[[], object]]:
    """`report` on a policy between two dates that are three versions apart."""
    yield from _of_one_policy(side, "report", dates=True)


def captures(side: Side) -> Iterator[Callable[[], object]]:
    """`captures` of a policy with a hundred captures."""
    yield from _of_one_policy(side, "captures")


def versions(side: Side) -> Iterator[Callable[[], object]]:
    """`versions` of a policy with ten versions."""
    yield from _of_one_policy(side, "versions")


def first_digest(side: Side) -> Iterator[Callable[[], object]]:
    """`digest` for a subscriber who has just subscribed to every vendor. One policy has changed since."""
    while True:
        watched, at = side.next()
        with side.subscribed(at - timedelta(minutes=1)):
            side.change(watched, at)
            yield partial(_digest, side, watched)


def digest_of_all(side: Side) -> Iterator[Callable[[], object]]:
    """`digest` for a subscriber who has long watched every vendor. One policy has changed since the last digest."""
    _, begin = side.next()
    with side.subscribed(begin):
        side.command("digest", "--to", str(side.digests))
        while True:
            watched, at = side.next()
            side.change(watched, at)
            yield partial(_digest, side, watched)


def digest_of_one(side: Side) -> Iterator[Callable[[], object]]:
    """`digest` for a subscriber who watches one vendor. One policy has changed since the last digest."""
    while True:
        watched, at = side.next()
        with side.subscribed(at - timedelta(minutes=1), watched.vendor):
            side.command("digest", "--to", str(side.digests))
            side.change(watched, at)
            yield partial(_digest, side, watched)


def _digest(side: Side, changed: Watched) -> None:
    (path,) = side.command("digest", "--to", str(side.digests)).split()
    if changed.vendor.encode() not in Path(path).read_bytes():
        raise RuntimeError(f"{path} does not report the change of {changed}")


def keep(side: Side) -> Iterator[Callable[[], object]]:
    """`Intake.keep` of a page with a new text. As in a crawl, this capture is the policy's first in this process."""
    with Store.open(side.url) as store, Intake(store) as intake:
        while True:
            watched, at = side.next()
            payload = page_of(watched, VERSIONS_EACH + at.toordinal() * 24 + at.hour)
            yield partial(intake.keep, (capture_of(watched, 1, payload, at), payload, watched.declared))


def status(side: Side) -> Iterator[Callable[[], object]]:
    """`status`. The first one derives the standings of all policies, which the following ones find ready."""
    side.command("status")
    while True:
        yield partial(side.command, "status")


MEASURES: tuple[Measure, ...] = (
    report,
    captures,
    versions,
    first_digest,
    digest_of_all,
    digest_of_one,
    keep,
    status,
)
