"""`clausewatch subscribe`"""

from datetime import UTC, datetime

import click

from core.declarations import select_vendors
from core.settings import load_settings
from reports import checked_address
from scripts.options import open_store


@click.command("subscribe")
@click.argument("address")
@click.option("--vendor", "vendors", multiple=True, metavar="SLUG", help="Report only this vendor. Can be repeated.")
def command(address: str, vendors: tuple[str, ...]) -> None:
    """Send digests of all future changes to the e-mail address ADDRESS.

    If ADDRESS is already subscribed, the vendors named in this command replace the vendors named earlier.
    """
    settings = load_settings()
    select_vendors(settings.vendors, vendors)
    with open_store(settings) as store:
        store.subscriptions.subscribe(checked_address(address), vendors, datetime.now(UTC))
    click.echo(
        f"{address} will receive digests of changes at {', '.join(vendors) or 'every declared vendor'}", err=True
    )
