"""`clausewatch show`"""

from datetime import UTC, datetime

import click

from core.dates import iso
from core.escaping import escape_line
from core.policies import PolicyKey
from core.settings import load_settings
from scripts.options import declared_policy, format_option, open_store, policy_option, vendor_argument
from scripts.printing import print_clauses, print_json
from views.version_text import version_text


@click.command("show")
@vendor_argument
@click.option(
    "--at",
    metavar="DATE",
    help="Print the version shown at the end of this date, or the version with this number or @ID. [default: now]",
)
@policy_option
@format_option("text", "json")
def command(vendor: str, at: str | None, policy: str, output_format: str) -> None:
    """Print the version of a policy that its page shows now, or showed at a date, clause by clause."""
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declaration, _ = declared_policy(settings, key)
    with open_store(settings) as store:
        text = version_text(store, key, at or iso(datetime.now(UTC)))
    if output_format == "json":
        print_json(text.to_dict())
        return
    version, period = text.version, text.period
    click.echo(f"{declaration.name} {policy}: version {version.number} (@{version.id})", err=True)
    click.echo(
        f"seen from {iso(period.first.captured_at)} to {iso(period.last.captured_at)} "
        f"at {escape_line(period.last.url)}",
        err=True,
    )
    print_clauses(text.document.clauses)
