"""`clausewatch restore`"""

from pathlib import Path

import click

from core.settings import load_settings
from scripts.backup import tell_damaged
from scripts.options import open_store
from scripts.progress import progress_bar
from storage.upkeep import restore


@click.command("restore")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def command(file: Path) -> None:
    """Fill an empty database with what `backup` wrote.

    The file is proven first, and every payload again on its way; all of it is restored or nothing. It goes where
    CLAUSEWATCH_DATABASE_URL and CLAUSEWATCH_PAYLOADS_URL say, so this is also how to move from SQLite to PostgreSQL,
    and payloads into a store or out of it.
    """
    settings = load_settings()
    with open_store(settings) as store, progress_bar("rows") as bar:
        damaged = restore(store, file, bar)
    click.echo(f"{file} is restored", err=True)
    tell_damaged(damaged)
