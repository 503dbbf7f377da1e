"""`clausewatch versions`"""

from collections.abc import Iterator

import click

from core.dates import iso
from core.history import Alternation, Period, SettledHistory
from core.policies import PolicyKey
from core.settings import load_settings
from diffing.timeline import alternations, settled
from reports.wording import describe_alternation
from scripts.options import declared, format_option, open_store, policy_option, vendor_argument
from scripts.tables import print_json, print_table, version_numbers, version_rows


@click.command("versions")
@vendor_argument
@policy_option
@format_option("text", "json")
def command(vendor: str, policy: str, output_format: str) -> None:
    """List a policy's versions and the periods in which each was seen.

    Below them: between which versions the page goes back and forth, which texts were gone minutes later, and which
    are not confirmed by a second look yet.
    """
    settings = load_settings()
    declared(settings, vendor, policy)
    with open_store(settings) as store:
        known = settled(store.library.history(PolicyKey(vendor, policy)))
        found = alternations(known.history)
        firsts = [version.first for version in known.history.versions]
        documents = [store.library.document(first.capture_id, first.reader) for first in firsts]
    rows = list(version_rows(known, documents, found))
    if output_format == "json":
        print_json(rows)
    elif rows:
        lines = [{**row, **period} for row in rows for period in row["periods"]]
        lines.sort(key=lambda line: str(line["from"]))
        print_table(lines, ("version", "id", "from", "to", "captures", "clauses", "effective_date", "language", "url"))
        if remarks := [*map(_alternates, found), *_unsettled(known)]:
            click.echo("\n" + "\n".join(remarks))
    else:
        click.echo(f"no accepted captures of {vendor}'s {policy} policy yet", err=True)


def _alternates(alternation: Alternation) -> str:
    return f"The page {describe_alternation(alternation)}."


def _unsettled(known: SettledHistory) -> Iterator[str]:
    numbers = version_numbers(known.history)
    transient: dict[str, list[Period]] = {}
    for period in known.transient:
        transient.setdefault(period.version_id, []).append(period)
    for version_id, periods in transient.items():
        first, last = iso(periods[0].first.captured_at), iso(periods[-1].first.captured_at)
        seen = f"{len(periods)} times from {first} to {last}" if len(periods) > 1 else f"on {first}"
        yield (
            f"Version {numbers[version_id]}, seen {seen}, did not last: the page showed another text when fetched once "
            "more. It is told to nobody."
        )
    if known.pending:
        unknown = known.pending[0]
        yield (
            f"Version {numbers[unknown.version_id]}, seen on {iso(unknown.first.captured_at)}, is not confirmed by a "
            "second capture yet. It is told when it is."
        )
