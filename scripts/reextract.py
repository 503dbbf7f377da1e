"""`clausewatch reextract`"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core.declarations import select_vendors
from core.exceptions import ClausewatchError
from core.settings import load_settings
from core.wording import plural
from scripts.options import open_store


@click.command("reextract")
@click.argument("vendors", nargs=-1, metavar="[VENDOR...]")
def command(vendors: tuple[str, ...]) -> None:
    """Read captures again with the present extractor and declarations.

    Those of all vendors, or of the ones named. Earlier readings are shown until all of a policy's captures are
    read, then the new ones. Captures that are read already are left alone, so it can be interrupted and run again.
    Nobody is told of what only the reading changed.
    """
    settings = load_settings()
    with open_store(settings) as store:
        try:
            for vendor in select_vendors(settings.vendors, vendors).values():
                for name, policy in vendor.policies.items():
                    before = len(store.history(vendor.slug, name).versions)
                    with _progress(f"{vendor.slug} {name}") as progress:
                        count = store.reextract(vendor.slug, name, policy, progress)
                    after = len(store.history(vendor.slug, name).versions)
                    click.echo(
                        f"{vendor.slug} {name}: {plural(count, 'capture')} read again; "
                        f"{plural(before, 'version')} before, {after} now",
                        err=True,
                    )
        except KeyboardInterrupt:
            raise ClausewatchError(
                "interrupted; what was read is kept, and shown once all of its policy is: run this again to go on"
            ) from None


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where that is a terminal, which goes away at its end."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
