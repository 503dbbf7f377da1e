"""`clausewatch restore`"""

from pathlib import Path

import click

from core.settings import load_settings
from scripts.damaged_payloads import report_damaged_payloads
from scripts.options import open_store
from scripts.progress_bar import progress_bar
from storage.upkeep import restore


@click.command("restore")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def command(file: Path) -> None:
    """Fill an empty database from FILE, which `clausewatch backup` wrote.

    FILE is checked before the database is filled, and each payload is checked again when it is stored. If an error
    stops the command, the database stays empty. The data is stored where CLAUSEWATCH_DATABASE_URL and
    CLAUSEWATCH_PAYLOADS_URL say. So you can also use `backup` and `restore` to move an installation from SQLite to
    PostgreSQL, or to move payloads into an object store or out of it.

    The exit status is 1 if a payload is damaged; everything is restored nevertheless.
    """
    settings = load_settings()
    with open_store(settings) as store, progress_bar("rows") as progress:
        damaged = restore(store, file, progress)
    click.echo(f"{file} is restored", err=True)
    report_damaged_payloads(damaged)
