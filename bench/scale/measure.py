"""Measures how long commands take on a database. They run in this process, so Python's start is not included.

A measure is a generator. What it yields is called and timed; what it does before each `yield` is not timed.
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

_READER = "reader@client.example"


@dataclass
class Side:
    """A generated database, the folder of its declarations, and a folder to write digests to.

    Each capture that is added belongs to another policy than the one before, as in a crawl, and is an hour later. A
    second measurement continues where the first one ended.
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
        """Returns a policy from all over the database, and a time to capture it."""
        number = next(self._numbers)
        return self.watched[number * 37 % len(self.watched)], AFTER + number * timedelta(hours=1)

    def command(self, *arguments: str) -> str:
        """Runs `clausewatch` with these arguments, and returns what it prints. RuntimeError if it fails."""
        os.environ["CLAUSEWATCH_DATABASE_URL"] = self.url
        os.environ["CLAUSEWATCH_VENDORS"] = str(self.vendors)
        result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        if result.exit_code:
            raise RuntimeError(result.output)
        return result.stdout

    @contextmanager
    def subscribed(self, since: datetime, *vendors: str) -> Iterator[None]:
        """Subscribes somebody to digests of what is captured after `since`, until the block ends."""
        with Store.open(self.url) as store:
            store.subscriptions.subscribe(_READER, vendors, since)
        yield
        self.command("unsubscribe", _READER)

    def change(self, watched: Watched, at: datetime) -> None:
        """Keeps two captures of a policy that show another text than before: one at a time, the other just after."""
        with Store.open(self.url) as store, Intake(store) as intake:
            for captured_at in (at, at + timedelta(minutes=5)):
                payload = page_of(watched, VERSIONS_EACH + at.toordinal() * 24 + at.hour)
                intake.keep((capture_of(watched, 1, payload, captured_at), payload, watched.declared))


Measure = Callable[[Side], Iterator[Callable[[], object]]]


def medians(measure: Measure, sides: Mapping[str, Side], runs: int) -> dict[str, float]:
    """Returns the median of the runs for each side, in milliseconds.

    The sides take turns, so that whatever else the machine does disturbs all of them alike.
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
    """`report` of a policy between two dates, three versions apart."""
    yield from _of_one_policy(side, "report", dates=True)


def captures(side: Side) -> Iterator[Callable[[], object]]:
    """`captures` of a policy, which has a hundred."""
    yield from _of_one_policy(side, "captures")


def versions(side: Side) -> Iterator[Callable[[], object]]:
    """`versions` of a policy, which has ten."""
    yield from _of_one_policy(side, "versions")


def first_digest(side: Side) -> Iterator[Callable[[], object]]:
    """`digest` of somebody who has just subscribed to every vendor; one policy has changed since."""
    while True:
        watched, at = side.next()
        with side.subscribed(at - timedelta(minutes=1)):
            side.change(watched, at)
            yield partial(_digest, side, watched)


def digest_of_all(side: Side) -> Iterator[Callable[[], object]]:
    """`digest` of somebody who has long watched every vendor; one policy has changed since the last digest."""
    _, begin = side.next()
    with side.subscribed(begin):
        side.command("digest", "--to", str(side.digests))
        while True:
            watched, at = side.next()
            side.change(watched, at)
            yield partial(_digest, side, watched)


def digest_of_one(side: Side) -> Iterator[Callable[[], object]]:
    """`digest` of somebody who watches one vendor, one of whose policies has changed since the last digest."""
    while True:
        watched, at = side.next()
        with side.subscribed(at - timedelta(minutes=1), watched.vendor):
            side.command("digest", "--to", str(side.digests))
            side.change(watched, at)
            yield partial(_digest, side, watched)


def _digest(side: Side, changed: Watched) -> None:
    (path,) = side.command("digest", "--to", str(side.digests)).split()
    if changed.vendor.encode() not in Path(path).read_bytes():
        raise RuntimeError(f"{path} does not tell of {changed}")


def keep(side: Side) -> Iterator[Callable[[], object]]:
    """`Intake.keep` of a page that shows another text, the first of its policy in this process, as in a crawl."""
    with Store.open(side.url) as store, Intake(store) as intake:
        while True:
            watched, at = side.next()
            payload = page_of(watched, VERSIONS_EACH + at.toordinal() * 24 + at.hour)
            yield partial(intake.keep, (capture_of(watched, 1, payload, at), payload, watched.declared))


def status(side: Side) -> Iterator[Callable[[], object]]:
    """`status`, which counts all captures."""
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
