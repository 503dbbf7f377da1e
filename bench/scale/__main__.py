"""What commands take with 1,000,000 captures, against 10,000: on SQLite, and on PostgreSQL where a server is given.

    python -m bench.scale FOLDER [--postgresql postgresql://user@host/postgres] [--runs 7] [--only digest_of_all]

The databases are made in the folder and on the server (`clausewatch_scale_…`) when they are not there yet, which takes
some minutes and 2 GB each; the next time they are used as they are, each run having added a few captures to both.
"""

import argparse
import sys
import time
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from bench.scale.generate import fill, policies, write_declarations
from bench.scale.measure import MEASURES, Side, medians, status

_SMALL, _LARGE = 10_000, 1_000_000


def main() -> None:
    """Print each measure for each database, and the ratio of the large to the small one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--postgresql", metavar="URL", help="a database of a server on which databases may be made")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", choices=[measure.__name__ for measure in MEASURES], action="append")
    chosen = parser.parse_args()
    kinds = ["SQLite", "PostgreSQL"] if chosen.postgresql else ["SQLite"]
    sides = {
        (kind, captures): _side(chosen.folder, chosen.postgresql if kind == "PostgreSQL" else None, captures)
        for kind in kinds
        for captures in (_SMALL, _LARGE)
    }
    print(
        f"\nmilliseconds, median of {chosen.runs}\n{'':16}",
        *(f"{kind:>12} {_SMALL:>10,} {_LARGE:>10,}" for kind in kinds),
    )
    for measure in MEASURES:
        if chosen.only and measure.__name__ not in chosen.only:
            continue
        runs = 1 if measure is status else chosen.runs  # it takes long, and is known to grow
        found = medians(measure, {f"{kind} {captures}": side for (kind, captures), side in sides.items()}, runs)
        line = f"{measure.__name__:16}"
        for kind in kinds:
            small, large = found[f"{kind} {_SMALL}"], found[f"{kind} {_LARGE}"]
            line += f" {large / small:11.2f}x {small:10.1f} {large:10.1f}"
        print(line, flush=True)


def _side(folder: Path, server: str | None, captures: int) -> Side:
    """The database of so many captures; made when it is not there."""
    place = folder / f"{captures}"
    watched = policies(captures)
    url, there = _on_server(server, captures) if server else _in_folder(place)
    if not there:
        begin = time.perf_counter()
        fill(url, watched)
        print(f"{url}: {captures:,} captures written in {time.perf_counter() - begin:.0f} s", flush=True)
    write_declarations(place / "vendors", watched)
    return Side(url, watched, place / "vendors", place / "digests")


def _in_folder(place: Path) -> tuple[str, bool]:
    path = place.absolute() / "clausewatch.db"
    return f"sqlite:///{path}", path.exists()


def _on_server(server: str, captures: int) -> tuple[str, bool]:
    name = f"clausewatch_scale_{captures}"
    url = make_url(server)
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        there = connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": name})
        if not there:
            connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False), bool(there)


if __name__ == "__main__":
    sys.exit(main())
