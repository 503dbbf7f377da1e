"""`clausewatch unsubscribe`"""

import click

from core.exceptions import UsageError
from core.settings import load_settings
from scripts.options import open_store


@click.command("unsubscribe")
@click.argument("address")
def command(address: str) -> None:
    """Send no more digests to ADDRESS. Digests to ADDRESS that wait in the outbox are deleted."""
    with open_store(load_settings()) as store:
        if not store.subscriptions.unsubscribe(address):
            raise UsageError(f"{address} is not subscribed")
    click.echo(f"{address} will receive no more digests", err=True)
