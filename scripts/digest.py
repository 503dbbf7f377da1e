"""`clausewatch digest`"""

from pathlib import Path

import click

from core.settings import load_settings
from scripts.delivery import send_digests, to_option
from scripts.lock import only_run
from scripts.options import open_store


@click.command("digest")
@to_option
def command(directory: Path | None) -> None:
    """Compose, for each subscriber, the changes not yet told, and send them."""
    settings = load_settings()
    with only_run(settings), open_store(settings) as store:
        click.echo(send_digests(settings, store, directory), err=True)
