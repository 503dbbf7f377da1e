"""`clausewatch versions`"""

import click

from core.settings import load_settings
from scripts.listing import print_json, print_table, version_row
from scripts.options import declared, format_option, open_store, policy_option, vendor_argument


@click.command("versions")
@vendor_argument
@policy_option
@format_option("text", "json")
def command(vendor: str, policy: str, output_format: str) -> None:
    """List a policy's versions and the periods in which each was seen."""
    settings = load_settings()
    declared(settings, vendor, policy)
    with open_store(settings) as store:
        history = store.history(vendor, policy)
        rows = [
            version_row(version, store.document(version.first.capture_id, version.first.reader))
            for version in history.versions
        ]
    if output_format == "json":
        print_json(rows)
    elif rows:
        lines = [{**row, **period} for row in rows for period in row["periods"]]
        lines.sort(key=lambda line: str(line["from"]))
        print_table(lines, ("version", "id", "from", "to", "captures", "clauses", "effective_date", "language", "url"))
    else:
        click.echo(f"no accepted captures of {vendor}'s {policy} policy yet", err=True)
