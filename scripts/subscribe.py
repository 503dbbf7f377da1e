"""`clausewatch subscribe`"""

from datetime import UTC, datetime

import click

from core.declarations import select_vendors
from core.settings import load_settings
from reports import checked_address
from scripts.options import open_store


@click.command("subscribe")
@click.argument("address")
@click.option("--vendor", "vendors", multiple=True, metavar="SLUG", help="Only this vendor; may be given again.")
def command(address: str, vendors: tuple[str, ...]) -> None:
    """Tell ADDRESS of every change from now on, in digests. Again with other vendors: those replace the earlier."""
    settings = load_settings()
    select_vendors(settings.vendors, vendors)
    with open_store(settings) as store:
        store.subscriptions.subscribe(checked_address(address), vendors, datetime.now(UTC))
    click.echo(f"{address} will be told of changes at {', '.join(vendors) or 'every declared vendor'}", err=True)
