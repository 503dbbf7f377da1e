"""`clausewatch subscriptions`"""

import click

from core.settings import load_settings
from scripts.options import format_option, open_store
from scripts.printing import print_json, print_table
from views.subscriptions import preferences_in_words, subscription_views


@click.command("subscriptions")
@format_option("text", "json")
def command(output_format: str) -> None:
    """List the subscribed addresses, and what each of them gets.

    The addresses of webhooks and chats contain passwords, so they are listed in a short form. `subscribe` and
    `unsubscribe` take it, too.

    "Delivery" says which addresses take no more digests, and when the others that failed are tried again.
    """
    with open_store(load_settings()) as store:
        views = subscription_views(store)
    if output_format == "json":
        print_json([view.to_dict() for view in views])
    elif views:
        rows = (
            {
                "address": view.address,
                "since": f"{view.since:%Y-%m-%d}",
                "vendors": ", ".join(view.vendors) or "all",
                "gets": preferences_in_words(view.preferences),
                "delivery": view.delivery,
            }
            for view in views
        )
        print_table(rows, ("address", "since", "vendors", "gets", "delivery"))
    else:
        click.echo("nobody is subscribed yet; `clausewatch subscribe ADDRESS` subscribes an address", err=True)
