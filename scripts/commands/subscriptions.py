"""`clausewatch subscriptions`"""

import click

from core.settings import load_settings
from scripts.options import format_option, open_store
from scripts.printing import print_json, print_table
from views.subscriptions import subscription_views


@click.command("subscriptions")
@format_option("text", "json")
def command(output_format: str) -> None:
    """List the subscribed e-mail addresses, and the vendors whose changes each of them gets."""
    with open_store(load_settings()) as store:
        views = subscription_views(store)
    if output_format == "json":
        print_json([view.to_dict() for view in views])
    elif views:
        rows = (
            {"address": view.address, "since": f"{view.since:%Y-%m-%d}", "vendors": ", ".join(view.vendors) or "all"}
            for view in views
        )
        print_table(rows, ("address", "since", "vendors"))
    else:
        click.echo("nobody is subscribed yet; `clausewatch subscribe ADDRESS` subscribes an address", err=True)
