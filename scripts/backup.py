"""`clausewatch backup`"""

from datetime import UTC, datetime
from pathlib import Path

import click

from core.exceptions import ClausewatchError
from core.plurals import plural
from core.settings import load_settings
from scripts.options import open_store
from scripts.progress import progress_bar
from scripts.whole_file import whole_draft
from storage.upkeep import back_up


@click.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
def command(file: Path) -> None:
    """Write a copy of everything to a file: captures, their bytes, reviews, readings, subscribers, the outbox.

    It is of one moment; crawls may go on meanwhile. Payloads outside the database are in it, too. The file is there
    when it is whole, in place of an earlier one; `clausewatch restore` takes it, whichever kind of database it came
    from.
    """
    settings = load_settings()
    with open_store(settings) as store, whole_draft(file) as draft, progress_bar("rows") as bar:
        damaged = back_up(store, draft, datetime.now(UTC), bar)
    click.echo(f"{file}: {file.stat().st_size:,} bytes", err=True)
    tell_damaged(damaged)


def tell_damaged(damaged: list[str]) -> None:
    """A line for each payload that is damaged; ClausewatchError when there are any."""
    for one in damaged:
        click.echo(one, err=True)
    if damaged:
        raise ClausewatchError(
            f"all is copied, but {plural(len(damaged), 'payload')} of it could not be proven; see `clausewatch verify`"
        )
