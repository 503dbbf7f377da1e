"""Runs the benchmark. README.md beside this file says what it checks."""

import argparse
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import event, make_url
from sqlalchemy.pool import Pool

from bench.once.histories import with_a_right_clock, with_a_wrong_clock
from bench.once.world import Step, play
from storage import Store

HISTORIES = {"right": with_a_right_clock, "wrong": with_a_wrong_clock}


def main() -> None:
    """Parses the command line and plays the histories."""
    parser = argparse.ArgumentParser(prog="python -m bench.once", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="right|wrong", help="which histories to play; by default both")
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--postgresql", metavar="URL", help="the URL of a database whose user may create databases")
    options = parser.parse_args()
    event.listen(Pool, "checkout", _do_not_wait_for_the_disk)
    for kind in options.kinds or HISTORIES:
        with _postgresql(options.postgresql) if options.postgresql else _sqlite() as databases:
            begun = time.monotonic()
            _play(HISTORIES[kind], databases, options.examples, options.seed)
            print(f"{kind}: {options.examples} histories in {time.monotonic() - begun:.0f} s")


def _play(histories: st.SearchStrategy[list[Step]], databases: Iterator[str], examples: int, number: int) -> None:
    @seed(number)
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(histories)
    def run(steps: list[Step]) -> None:
        url = next(databases)
        with Store.open(url) as store, Store.open(url) as other:
            play((store, other), steps)

    run()


@contextmanager
def _sqlite() -> Iterator[Iterator[str]]:
    """Yields the URLs of empty SQLite databases, one after the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Store.open(f"sqlite:///{folder}/empty.db").close()

        def databases() -> Iterator[str]:
            while True:
                for old in folder.glob("store.db*"):
                    old.unlink()
                shutil.copy(folder / "empty.db", folder / "store.db")
                yield f"sqlite:///{folder}/store.db"

        yield databases()


@contextmanager
def _postgresql(server: str) -> Iterator[Iterator[str]]:
    """Yields the URL of a PostgreSQL database again and again, each time empty. The database is dropped at the end."""
    name = f"clausewatch_once_{time.time_ns()}"
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield _emptied(url)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _emptied(url: str) -> Iterator[str]:
    Store.open(url).close()
    tables = "captures, payloads, documents, policies, counts, unread, subscribers, listings"
    while True:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE".encode())
        yield url


def _do_not_wait_for_the_disk(connection: object, *_: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


if __name__ == "__main__":
    main()
