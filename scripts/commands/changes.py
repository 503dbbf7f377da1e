"""`clausewatch changes`"""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter

import click

from core.captures import BEGIN_OF_THE_WEB
from core.dates import parse_span
from core.declarations import chosen_vendors
from core.escaping import escape_line
from core.exceptions import UsageError
from core.settings import load_settings
from reports.change_list import list_changes
from scripts.digest_delivery import limited_calls
from scripts.options import format_option, open_store
from scripts.printing import print_json, print_table, short_times

# The number of days that are listed if the user names no date.
_DAYS = 30


@click.command("changes")
@click.option("--since", metavar="DATE", help=f"List the changes seen since this date. [default: {_DAYS} days ago]")
@click.option("--vendor", "slugs", multiple=True, metavar="SLUG", help="List only this vendor. Can be repeated.")
@format_option("text", "json")
def command(since: str | None, slugs: tuple[str, ...], output_format: str) -> None:
    """List what changed in the policies of all vendors, newest first.

    Each line names the day on which the new text was first seen, the policy, the versions, and what changed. If a
    policy changed twice on a day, the time is shown. Digests announce the same changes: a text that isn't confirmed
    yet, or that is held, is not listed. Times are in UTC.

    If a change can't be compared, for instance because it exceeds a limit, or if a declaration is broken, a message
    says so, the other changes are listed, and the exit status is 1.
    """
    settings = load_settings()
    now = datetime.now(UTC)
    begin = parse_span(since).begin if since else now - timedelta(days=_DAYS)
    begin = max(begin, BEGIN_OF_THE_WEB)  # no capture is earlier, and no time before it can overflow
    if begin > now:
        raise UsageError(f"{since} is in the future; give a date up to today")
    vendors, faults = chosen_vendors(settings.vendors, slugs)
    with open_store(settings) as store, limited_calls(settings.limits) as call:
        changes = list_changes(store, vendors, begin, slugs, call=call, report_fault=faults.append)
    if output_format == "json":
        print_json([change.to_dict() for change in changes])
    elif changes:
        seen = sorted((change.key, change.seen) for change in changes)
        time_texts = {
            key: short_times([moment] for _, moment in group) for key, group in groupby(seen, key=itemgetter(0))
        }
        rows = (
            {
                "seen": time_texts[change.key](change.seen),
                "vendor": change.key.vendor,
                "policy": change.key.policy,
                "versions": f"#{change.old.number} → #{change.new.number}",
                "what": change.headline,
            }
            for change in changes
        )
        print_table(rows, ("seen", "vendor", "policy", "versions", "what"))
    else:
        click.echo(f"no change has been seen since {begin.date().isoformat()}", err=True)
    for fault in faults:
        click.echo(f"failed: {escape_line(fault)}", err=True)
    if faults:
        raise SystemExit(1)
