"""`clausewatch backup`"""

from datetime import UTC, datetime
from pathlib import Path

import click

from core.exceptions import UsageError
from core.settings import load_settings
from scripts.damaged_payloads import report_damaged_payloads
from scripts.options import open_store
from scripts.progress_bar import progress_bar
from scripts.whole_file import whole_draft
from storage.database import is_database_file
from storage.upkeep import back_up


@click.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
def command(file: Path) -> None:
    """Write a copy of everything that is stored to FILE.

    The copy contains captures, payloads, readings, reviews, subscribers and the outbox, as they were when the command
    started. Crawls may run during the backup. Payloads that are stored outside the database are included. FILE is
    replaced only when the copy is complete. `clausewatch restore` can restore a backup of SQLite into PostgreSQL, and a
    backup of PostgreSQL into SQLite.

    The exit status is 1 if a payload is damaged; the copy is made nevertheless.
    """
    settings = load_settings()
    if file.exists() and not file.is_file():
        raise UsageError(f"{file} is a device or a pipe; name a new file")
    if is_database_file(settings.database_url, file):
        raise UsageError(f"{file} is the database itself; name another file")
    with open_store(settings) as store, whole_draft(file) as draft, progress_bar("rows") as progress:
        damaged = back_up(store, draft, datetime.now(UTC), progress)
    click.echo(f"{file} is written: {file.stat().st_size:,} bytes", err=True)
    report_damaged_payloads(damaged)
