"""Measures how many bytes stored captures take, compared with a git repository, and how fast they are stored.

    python -m bench.store [--captures N] [--postgresql URL] [size] [speed]

`size` also packs the captures with `git gc --aggressive`, which takes several minutes. If no part is named, both
parts are measured.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psycopg
from sqlalchemy import func, make_url, select, text

from bench.store import repository
from bench.store.histories import repeated
from core.captures import Capture, sha256_hex
from core.declarations import Location, Policy
from intake.service import Intake
from storage import Store
from storage.tables.models import PayloadRow

Batch = list[tuple[Capture, bytes]]

# The captures are stored but not read by the extractor, so the declaration has no influence.
_POLICY = Policy(locations=(Location(url="https://example.org/privacy"),))
_BATCH = 16
_READS = 2000
_ONE_BY_ONE = 1000


def main() -> None:
    """Runs the parts of the benchmark that the command line names, and prints the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help="size, speed")
    parser.add_argument("--captures", type=int, default=20_000)
    parser.add_argument("--postgresql", metavar="URL", help="a server to create a database on and measure, too")
    options = parser.parse_args()
    parts = options.parts or ["size", "speed"]
    if set(parts) - {"size", "speed"}:
        parser.error("the parts are size and speed")
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{folder}/store.db", options.captures, parts)
        if "size" in parts:
            measure_git(Path(folder) / "repository", options.captures)
        if options.postgresql:
            with postgresql_database(options.postgresql) as url:
                measure(url, options.captures, parts)


def measure(url: str, count: int, parts: list[str]) -> None:
    """Stores captures in batches, and prints the rate. Then runs the parts on the database, and prints the results.

    url: the URL of an empty database. count: the number of captures to store. parts: `size`, `speed` or both. `size`
    prints the size of the captures. `speed` loads some payloads, and stores some captures one by one.
    """
    print(f"== {make_url(url).get_backend_name()}, {count} captures")
    with Store.open(url) as store, Intake(store) as intake:
        print_rate("written in batches of 16", intake, batches(repeated(count), _BATCH))
        if "size" in parts:
            print_size(store)
        if "speed" in parts:
            print_reading_time(store)
            others = islice(repeated(count, "others"), 0, None, max(count // _ONE_BY_ONE, 1))
            print_rate("written one by one", intake, batches(others, 1))


def print_rate(label: str, intake: Intake, capture_batches: Iterator[Batch]) -> None:
    """Stores captures without extracting text. Prints the rate per second, and the rate per second of processor time.

    label: the name of the measurement in the output. Each batch is stored in one transaction. Only the storing is
    timed, not the generation of the captures.
    """
    wall = cpu = 0.0
    count = 0
    for batch in capture_batches:
        before = time.perf_counter(), time.process_time()
        for capture, payload in batch:
            if sha256_hex(payload) != capture.sha256:
                raise SystemExit(f"the payload of {capture.url} has another SHA-256")
        for _ in intake.keep_unread((capture, payload, _POLICY) for capture, payload in batch):
            pass
        wall += time.perf_counter() - before[0]
        cpu += time.process_time() - before[1]
        count += len(batch)
    print(f"{label}: {count / wall:.0f} captures/s; {count / cpu:.0f} for each second of processor time", flush=True)


def print_reading_time(store: Store) -> None:
    """Loads random payloads, and prints how long it takes to load a payload."""
    with store.database.read_session() as session:
        sha256s = sorted(session.scalars(select(PayloadRow.sha256)))
    seconds = []
    for sha256 in random.Random(1).choices(sha256s, k=_READS):  # noqa: S311  # a fixed seed
        begin = time.perf_counter()
        store.library.payload(sha256)
        seconds.append(time.perf_counter() - begin)
    seconds.sort()
    print(
        f"read at random: median {statistics.median(seconds) * 1000:.2f} ms, "
        f"99 of 100 within {seconds[len(seconds) * 99 // 100] * 1000:.1f} ms"
    )


def print_size(store: Store) -> None:
    """Prints the size of the table of payloads with its index, and the size of the whole database, in bytes."""
    sqlite = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%payloads%'", "SELECT sum(pgsize) FROM dbstat"
    server = "SELECT pg_total_relation_size('payloads')", "SELECT pg_database_size(current_database())"
    with store.database.read_session() as session:
        table_query, database_query = sqlite if session.get_bind().dialect.name == "sqlite" else server
        stored_bytes = select(func.sum(func.length(PayloadRow.data)))
        is_whole = PayloadRow.keyframe.is_(None)
        payload_bytes = session.scalar(select(func.sum(PayloadRow.size)))
        whole_count = session.scalar(select(func.count()).select_from(PayloadRow).where(is_whole))
        print(
            f"{payload_bytes:,} bytes of payloads are {session.scalar(text(table_query)):,} stored: "
            f"{whole_count} whole payloads of {session.scalar(stored_bytes.where(is_whole)):,}, "
            f"deltas of {session.scalar(stored_bytes.where(~is_whole)):,}, and rows and index; "
            f"the whole database has {session.scalar(text(database_query)):,}",
            flush=True,
        )


def measure_git(folder: Path, count: int) -> None:
    """Stores the captures in a git repository, and prints the repository's size in bytes before and after packing."""
    begin = time.monotonic()
    repository.build(folder, count)
    imported_size = repository.size(folder)
    repository.pack(folder)
    print(f"git: {imported_size:,} bytes as imported, {repository.size(folder):,} after gc --aggressive", end="")
    print(f"; {time.monotonic() - begin:.0f} s", flush=True)


def batches(captures: Iterator[tuple[Capture, bytes]], size: int) -> Iterator[Batch]:
    """Yields captures in batches of `size`."""
    while batch := list(islice(captures, size)):
        yield batch


@contextmanager
def postgresql_database(server: str) -> Iterator[str]:
    """Yields the URL of a new database on a server, and drops the database afterwards."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE clausewatch_bench_store")
        try:
            yield make_url(server).set(database="clausewatch_bench_store").render_as_string(hide_password=False)
        finally:
            connection.execute("DROP DATABASE clausewatch_bench_store WITH (FORCE)")


if __name__ == "__main__":
    main()
