"""`clausewatch blame`"""

from datetime import UTC, datetime

import click
from rich.console import Console

from core.dates import iso
from core.policies import PolicyKey
from core.settings import load_settings
from intake.derived import comparing_calls, refresh_derived
from reports.terminal_lineage import print_blame
from scripts.options import declared_policy, format_option, open_store, policy_option, vendor_argument
from scripts.printing import print_json, print_sentences
from views.clause_history import blame


@click.command("blame")
@vendor_argument
@click.option(
    "--at",
    metavar="DATE",
    help="The version shown at the end of this date, or the version with this number or @ID. [default: now]",
)
@policy_option
@format_option("text", "json")
def command(vendor: str, at: str | None, policy: str, output_format: str) -> None:
    """Print a version of a policy with the date since when each clause reads as it does.

    The date is the day of the first capture with these words, in UTC, and beside it is the number of the version that
    brought them. The sign ≤ says that the oldest capture shows the clause already, so the clause may be older. Moving
    or renumbering a clause, and other typography, leave its date as it is. Versions that did not last, and all but the
    first and the last period of a page that goes back and forth, don't count.
    """
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declaration, _ = declared_policy(settings, key)
    with open_store(settings) as store, comparing_calls(settings.limits) as call:
        refresh_derived(store, [key], call)
        result = blame(store, key, at or iso(datetime.now(UTC)), call)
    if output_format == "json":
        print_json(result.to_dict())
        return
    version = result.version
    pending = ", not confirmed by a second capture yet" if result.pending else ""
    click.echo(
        f"{declaration.name} {policy}: version {version.number} (@{version.id}), "
        f"first captured {iso(result.first.captured_at)}{pending}",
        err=True,
    )
    print_blame(result, Console(highlight=False))
    if result.missing:
        click.echo()
        print_sentences(result.missing)
