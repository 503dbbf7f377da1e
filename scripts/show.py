"""`clausewatch show`"""

from datetime import UTC, datetime

import click

from core.dates import iso
from core.escaping import escape_line
from core.policies import PolicyKey
from core.settings import load_settings
from scripts.options import declared, format_option, open_store, policy_option, vendor_argument
from scripts.tables import clause_lines, origin, print_json


@click.command("show")
@vendor_argument
@click.option("--at", metavar="DATE", help="The version in force at the end of that date, or @id.  [default: now]")
@policy_option
@format_option("text", "json")
def command(vendor: str, at: str | None, policy: str, output_format: str) -> None:
    """Print the version of a policy in force, clause by clause."""
    settings = load_settings()
    declaration, _ = declared(settings, vendor, policy)
    with open_store(settings) as store:
        history = store.library.history(PolicyKey(vendor, policy))
        period = store.library.period(PolicyKey(vendor, policy), history, at or iso(datetime.now(UTC)))
        document = store.library.document(period.first.capture_id, period.first.reader)
    version = history.version(period.version_id)
    seen = {"from": iso(period.first.captured_at), "to": iso(period.last.captured_at), "url": period.last.url}
    if output_format == "json":
        print_json(
            {
                "vendor": vendor,
                "policy": policy,
                "version": version.number,
                "id": version.id,
                **origin(period.first),
                **document.stated(),
                "period": {**seen, "captures": len(period.observations)},
                "clauses": [clause.to_dict() for clause in document.clauses],
            }
        )
        return
    click.echo(f"{declaration.name}, {policy} policy: version {version.number} (@{version.id})", err=True)
    click.echo(f"seen {seen['from']} to {seen['to']} at {escape_line(seen['url'])}", err=True)
    click.echo("\n".join(clause_lines(document.clauses)).strip("\n"))
