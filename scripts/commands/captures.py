"""`clausewatch captures`"""

import click

from core.policies import PolicyKey
from core.settings import load_settings
from scripts.options import declared_policy, format_option, open_store, policy_option, vendor_argument
from scripts.printing import print_json, print_table
from views.captures import policy_captures


@click.command("captures")
@vendor_argument
@policy_option
@format_option("text", "json")
def command(vendor: str, policy: str, output_format: str) -> None:
    """List the captures of a policy, oldest first, with their verdicts and versions."""
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declared_policy(settings, key)
    with open_store(settings) as store:
        captures = policy_captures(store, key)
    if output_format == "json":
        print_json([capture.to_dict() for capture in captures])
    elif captures:
        rows = [{**capture.to_dict(), "url": " → ".join(capture.addresses)} for capture in captures]
        print_table(rows, ("id", "captured_at", "source", "verdict", "reason", "version", "sha256", "url"))
    else:
        click.echo(f"there are no captures of {vendor}'s {policy} policy yet", err=True)
