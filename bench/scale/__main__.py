"""Measures how long commands take with 1,000,000 captures, compared with 10,000 captures.

The commands run on SQLite and, if `--postgresql` names a server, also on PostgreSQL.

    python -m bench.scale FOLDER [--postgresql postgresql://user@host/postgres] [--runs 7] [--only digest_of_all]
        [--small 10000] [--large 1000000]

The databases are created in the folder and on the server (`clausewatch_scale_…`) if they don't exist yet. Creating
them takes some minutes and, for each large database, 2 GB of disk space. Later runs use the same databases. Each run
adds a few captures to every database.
"""

import argparse
import time
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from bench.scale.generate import fill, policies, write_declarations
from bench.scale.measure import MEASURES, Side, medians

_SMALL, _LARGE = 10_000, 1_000_000  # the default numbers of captures


def main() -> None:
    """Prints the time of each measure on each database, and the ratio of the times on the large and small database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--postgresql", metavar="URL", help="a database on a PostgreSQL server, where further databases are created"
    )
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", choices=[measure.__name__ for measure in MEASURES], action="append")
    parser.add_argument("--small", type=int, default=_SMALL, metavar="CAPTURES")
    parser.add_argument("--large", type=int, default=_LARGE, metavar="CAPTURES")
    options = parser.parse_args()
    small, large = options.small, options.large
    kinds = ["SQLite", "PostgreSQL"] if options.postgresql else ["SQLite"]
    sides = {
        (kind, captures): side_in(options.folder, options.postgresql if kind == "PostgreSQL" else None, captures)
        for kind in kinds
        for captures in (small, large)
    }
    print(
        f"\nmilliseconds, median of {options.runs}\n{'':16}",
        *(f"{kind:>12} {small:>10,} {large:>10,}" for kind in kinds),
    )
    for measure in MEASURES:
        if options.only and measure.__name__ not in options.only:
            continue
        named = {f"{kind} {captures}": side for (kind, captures), side in sides.items()}
        milliseconds = medians(measure, named, options.runs)
        line = f"{measure.__name__:16}"
        for kind in kinds:
            in_small, in_large = milliseconds[f"{kind} {small}"], milliseconds[f"{kind} {large}"]
            line += f" {in_large / in_small:11.2f}x {in_small:10.1f} {in_large:10.1f}"
        print(line, flush=True)


def side_in(folder: Path, server: str | None, captures: int) -> Side:
    """Returns the database that has the given number of captures. Creates the database if it doesn't exist."""
    own_folder = folder / f"{captures}"
    watched = policies(captures)
    url, exists = _on_server(server, captures) if server else _in_folder(own_folder)
    if not exists:
        begin = time.perf_counter()
        fill(url, watched)
        print(f"{url}: {captures:,} captures written in {time.perf_counter() - begin:.0f} s", flush=True)
    write_declarations(own_folder / "vendors", watched)
    return Side(url, watched, own_folder / "vendors", own_folder / "digests")


def _in_folder(folder: Path) -> tuple[str, bool]:
    path = folder.absolute() / "clausewatch.db"
    return f"sqlite:///{path}", path.exists()


def _on_server(server: str, captures: int) -> tuple[str, bool]:
    name = f"clausewatch_scale_{captures}"
    url = make_url(server)
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        exists = connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": name})
        if not exists:
            connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False), bool(exists)


if __name__ == "__main__":
    main()
