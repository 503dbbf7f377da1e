"""What commands take on a database, each as it is used, but in this process: without Python's start.

A measure is a generator: what it does before each `yield` is not timed, what it yields is called and timed.
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
from scripts.main import cli
from storage import Store
from storage.database import Database
from storage.tables.models import CaptureRow

_READER = "reader@client.example"


@dataclass
class Side:
    """A generated database, the folder of its declarations, and a folder to write digests to.

    Every capture that is added is of another policy, as in a crawl, and an hour after the one before; so are those of
    a second measurement.
    """

    url: str
    watched: Sequence[Watched]
    vendors: Path
    digests: Path
    _numbers: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        with Database(self.url).reading() as session:
            added = session.scalars(select(func.max(CaptureRow.id))).one() - len(self.watched) * CAPTURES_EACH
        self._numbers = count(added)

    def next(self) -> tuple[Watched, datetime]:
        """A policy from all over the database, and when to capture it."""
        number = next(self._numbers)
        return self.watched[number * 37 % len(self.watched)], AFTER + number * timedelta(hours=1)

    def command(self, *arguments: str) -> str:
        """Run `clausewatch` with these arguments; what it prints."""
        os.environ["CLAUSEWATCH_DATABASE_URL"] = self.url
        os.environ["CLAUSEWATCH_VENDORS"] = str(self.vendors)
        result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        if result.exit_code:
            raise RuntimeError(result.output)
        return result.stdout

    @contextmanager
    def subscribed(self, since: datetime, *vendors: str) -> Iterator[None]:
        """Somebody gets digests of what is captured from then on."""
        with Store.open(self.url) as store:
            store.subscriptions.subscribe(_READER, vendors, since)
        yield
        self.command("unsubscribe", _READER)

    def change(self, watched: Watched, at: datetime) -> None:
        """The policy shows another text at that time, by two captures of it."""
        with Store.open(self.url) as store:
            for seen in (at, at + timedelta(minutes=5)):
                payload = page_of(watched, VERSIONS_EACH + at.toordinal() * 24 + at.hour)
                keep(store, capture_of(watched, 1, payload, seen), payload, watched.declared)


Measure = Callable[[Side], Iterator[Callable[[], object]]]


def medians(measure: Measure, sides: Mapping[str, Side], runs: int) -> dict[str, float]:
    """The median of the runs, in milliseconds, for each side; in turn, so that whatever disturbs one disturbs all."""
    prepared = {name: measure(side) for name, side in sides.items()}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for run in range(runs + 1):
        for name, steps in prepared.items():
            timed = next(steps)
            gc.collect()
            begin = time.perf_counter()
            timed()
            if run:  # the first one warms up
                taken[name].append(1000 * (time.perf_counter() - begin))
    for steps in prepared.values():
        steps.close()  # type: ignore[attr-defined]
    return {name: statistics.median(its) for name, its in taken.items()}


def _of_one_policy(side: Side, *arguments: str, dates: bool = False) -> Iterator[Callable[[], object]]:
    while True:
        one, _ = side.next()
        span = [f"{AFTER - 40 * EVERY:%Y-%m-%d}", f"{AFTER - 5 * EVERY:%Y-%m-%d}"] if dates else []
        yield partial(side.command, arguments[0], one.vendor, *span, "--policy", one.policy, *arguments[1:])


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
        one, at = side.next()
        with side.subscribed(at - timedelta(minutes=1)):
            side.change(one, at)
            yield partial(_digest, side, one)


def digest_of_all(side: Side) -> Iterator[Callable[[], object]]:
    """`digest` of somebody who has long watched every vendor; one policy has changed since the last."""
    _, begin = side.next()
    with side.subscribed(begin):
        side.command("digest", "--to", str(side.digests))
        while True:
            one, at = side.next()
            side.change(one, at)
            yield partial(_digest, side, one)


def digest_of_one(side: Side) -> Iterator[Callable[[], object]]:
    """`digest` of somebody who watches one vendor, of which a policy has changed since the last."""
    while True:
        one, at = side.next()
        with side.subscribed(at - timedelta(minutes=1), one.vendor):
            side.command("digest", "--to", str(side.digests))
            side.change(one, at)
            yield partial(_digest, side, one)


def _digest(side: Side, changed: Watched) -> None:
    (path,) = side.command("digest", "--to", str(side.digests)).split()
    if changed.vendor.encode() not in Path(path).read_bytes():
        raise RuntimeError(f"{path} does not tell of {changed}")


def keep(side: Side) -> Iterator[Callable[[], object]]:
    """`Store.keep` of a page that shows another text, the first of its policy in this process, as in a crawl."""
    with Store.open(side.url) as store:
        while True:
            one, at = side.next()
            payload = page_of(one, VERSIONS_EACH + at.toordinal() * 24 + at.hour)
            yield partial(store.keep, capture_of(one, 1, payload, at), payload, one.declared)


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
