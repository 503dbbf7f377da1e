"""`clausewatch digest`"""

from pathlib import Path

import click

from core.declarations import Declarations
from core.settings import load_settings
from scripts.digest_delivery import send_digests, to_option
from scripts.options import open_store


@click.command("digest")
@to_option
def command(directory: Path | None) -> None:
    """Send each subscriber the changes that no digest has reported to them yet.

    If the changes of a policy can't be told, for instance because comparing its texts exceeds a limit, a message says
    why, the other changes are sent, and the exit status is 1.
    """
    settings = load_settings()
    with open_store(settings) as store, store.database.only_run():
        delivery = send_digests(settings, store, Declarations(settings.vendors), directory)
    click.echo(delivery.summary, err=True)
    if not delivery.complete:
        raise SystemExit(1)
