"""`clausewatch unsubscribe`"""

import click

from core.exceptions import UsageError
from core.recipients import shown_address
from core.settings import load_settings
from scripts.options import open_store
from views.subscriptions import known_address


@click.command("unsubscribe")
@click.argument("address")
def command(address: str) -> None:
    """Send no more digests to ADDRESS. Digests to ADDRESS that wait in the outbox are deleted.

    For a webhook or chat, the short form that `clausewatch subscriptions` prints will do.
    """
    with open_store(load_settings()) as store:
        if not store.subscriptions.unsubscribe(known_address(store, address.strip())):
            raise UsageError(f"{shown_address(address)} is not subscribed")
    click.echo(f"{shown_address(address)} will receive no more digests", err=True)
