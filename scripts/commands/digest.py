"""`clausewatch digest`"""

from pathlib import Path

import click

from core.settings import load_settings
from scripts.digest_delivery import send_digests, to_option
from scripts.options import open_store


@click.command("digest")
@to_option
def command(directory: Path | None) -> None:
    """Send each subscriber the changes that no digest has reported to them yet."""
    settings = load_settings()
    with open_store(settings) as store, store.database.only_run():
        click.echo(send_digests(settings, store, directory), err=True)
