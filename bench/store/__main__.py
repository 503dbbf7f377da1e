"""How small and how fast captures are stored: against a packed git repository of the same bytes.

    python bench/store [--captures N] [--postgresql URL] [size] [speed]

`size` packs the captures with `git gc --aggressive`, which takes its time. Without a name, both.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psycopg
from sqlalchemy import func, make_url, select, text

from bench.store import repository
from bench.store.histories import repeated
from core.captures import Capture, sha256_hex
from core.declarations import Location, Policy
from intake.service import Keeper
from storage import Store, payloads
from storage.database import Database
from storage.tables.models import PayloadRow

Some = list[tuple[Capture, bytes]]

# Evidence alone is kept; no declaration says anything of it.
_POLICY = Policy(locations=(Location(url="https://example.org/privacy"),))
BATCH = 16
READS = 2000
ONE_BY_ONE = 1000


def main() -> None:
    """Print the measures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help="size, speed")
    parser.add_argument("--captures", type=int, default=20_000)
    parser.add_argument("--postgresql", metavar="URL", help="a server to make a database on, to be measured too")
    chosen = parser.parse_args()
    parts = chosen.parts or ["size", "speed"]
    if set(parts) - {"size", "speed"}:
        parser.error("the parts are size and speed")
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{folder}/store.db", chosen.captures, parts)
        if "size" in parts:
            git(Path(folder) / "repository", chosen.captures)
        if chosen.postgresql:
            with postgresql(chosen.postgresql) as url:
                measure(url, chosen.captures, parts)


def measure(url: str, count: int, parts: list[str]) -> None:
    """Store them all in batches, tell how large they are, read some; then some more one by one."""
    database = Database(url, payloads.session_info(""))
    print(f"== {make_url(url).get_backend_name()}, {count} captures")
    keeper = Keeper(database)
    rate("written in batches of 16", lambda some: keep(keeper, some), batches(repeated(count), BATCH))
    if "size" in parts:
        tell_size(database)
    if "speed" in parts:
        with database.reading() as session:
            digests = sorted(session.scalars(select(PayloadRow.sha256)))
        chance = random.Random(1)  # noqa: S311
        took = []
        with Store.open(url) as store:
            for digest in chance.choices(digests, k=READS):
                begin = time.perf_counter()
                store.library.payload(digest)
                took.append(time.perf_counter() - begin)
        took.sort()
        print(
            f"read at random: median {statistics.median(took) * 1000:.2f} ms, "
            f"99 of 100 within {took[len(took) * 99 // 100] * 1000:.1f} ms"
        )
        others = islice(repeated(count, "others"), 0, None, max(count // ONE_BY_ONE, 1))
        rate("written one by one", lambda some: keep(keeper, some), batches(others, 1))
    database.close()


def keep(keeper: Keeper, some: Some) -> None:
    """Several captures as evidence, in one transaction."""
    for _ in keeper.keep_unread((capture, payload, _POLICY) for capture, payload in some):
        pass


def rate(what: str, keep: Callable[[Some], object], somes: Iterator[Some]) -> None:
    """Print how many captures a second are stored, and how many of a second's work of one processor."""
    wall = cpu = 0.0
    count = 0
    for some in somes:
        before = time.perf_counter(), time.process_time()
        for capture, payload in some:
            if sha256_hex(payload) != capture.sha256:
                raise SystemExit("these are other bytes")
        keep(some)
        wall += time.perf_counter() - before[0]
        cpu += time.process_time() - before[1]
        count += len(some)
    print(f"{what}: {count / wall:.0f} captures/s; {count / cpu:.0f} for each second of processor time", flush=True)


def tell_size(database: Database) -> None:
    """Print what the payloads take, with their index, and all of the database."""
    sqlite = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%payloads%'", "SELECT sum(pgsize) FROM dbstat"
    server = "SELECT pg_total_relation_size('payloads')", "SELECT pg_database_size(current_database())"
    with database.reading() as session:
        own, whole = sqlite if session.get_bind().dialect.name == "sqlite" else server
        stored = func.sum(func.length(PayloadRow.data))
        is_keyframe = PayloadRow.keyframe.is_(None)
        raw = session.scalar(select(func.sum(PayloadRow.size)))
        counted = select(func.count()).select_from(PayloadRow).where(is_keyframe)
        print(
            f"{raw:,} bytes of payloads are {session.scalar(text(own)):,} stored: "
            f"{session.scalar(counted)} keyframes of {session.scalar(select(stored).where(is_keyframe)):,}, "
            f"differences of {session.scalar(select(stored).where(~is_keyframe)):,}, and rows and index; "
            f"the whole database has {session.scalar(text(whole)):,}",
            flush=True,
        )


def git(folder: Path, count: int) -> None:
    """The same bytes in a repository, and what it takes."""
    begin = time.monotonic()
    repository.build(folder, count)
    built = repository.size(folder)
    repository.pack(folder)
    print(f"git: {built:,} bytes as imported, {repository.size(folder):,} after gc --aggressive", end="")
    print(f"; {time.monotonic() - begin:.0f} s", flush=True)


def batches(captures: Iterator[tuple[Capture, bytes]], size: int) -> Iterator[Some]:
    """So many at a time."""
    while some := list(islice(captures, size)):
        yield some


@contextmanager
def postgresql(server: str) -> Iterator[str]:
    """A database of its own, gone afterwards."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE clausewatch_bench_store")
        try:
            yield make_url(server).set(database="clausewatch_bench_store").render_as_string(hide_password=False)
        finally:
            connection.execute("DROP DATABASE clausewatch_bench_store WITH (FORCE)")


if __name__ == "__main__":
    sys.exit(main())
