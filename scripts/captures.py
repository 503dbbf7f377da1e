"""`clausewatch captures`"""

import click

from core.policies import PolicyKey
from core.settings import load_settings
from scripts.options import declared, format_option, open_store, policy_option, vendor_argument
from scripts.tables import capture_row, print_json, print_table, version_numbers


@click.command("captures")
@vendor_argument
@policy_option
@format_option("text", "json")
def command(vendor: str, policy: str, output_format: str) -> None:
    """List a policy's captures, oldest first, each with its verdict and the version it shows."""
    settings = load_settings()
    declared(settings, vendor, policy)
    with open_store(settings) as store:
        numbers = version_numbers(store.library.history(PolicyKey(vendor, policy)))
        found = store.library.captures(PolicyKey(vendor, policy))
    rows = [capture_row(one.id, one.capture, one.verdict, numbers.get(one.version_id or "")) for one in found]
    if output_format == "json":
        print_json(rows)
    elif rows:
        ways = [" → ".join((*one.capture.redirects, one.capture.url)) for one in found]
        lines = [{**row, "url": way} for row, way in zip(rows, ways, strict=True)]
        print_table(lines, ("id", "captured_at", "source", "verdict", "reason", "version", "sha256", "url"))
    else:
        click.echo(f"no captures of {vendor}'s {policy} policy yet", err=True)
