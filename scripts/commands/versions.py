"""`clausewatch versions`"""

from collections.abc import Iterator, Sequence

import click

from core.escaping import escape_line
from core.policies import PolicyKey
from core.settings import load_settings
from reports.wording import describe_alternation
from scripts.options import declared_policy, format_option, open_store, policy_option, vendor_argument
from scripts.printing import SHORT_CHECKSUM, print_json, print_table, short_times
from views.versions import VersionView, policy_versions, unsettled_sentences


@click.command("versions")
@vendor_argument
@policy_option
@format_option("text", "json")
def command(vendor: str, policy: str, output_format: str) -> None:
    """List the versions of a policy and the periods in which each version was seen.

    The column "seen" says how many captures show the version in a period, and "stated" is the date that the text
    states. Times are in UTC; the time of day is shown if another period begins or ends on the same day. Commands accept
    the number and the id of a version instead of a date.

    Below the list are the addresses of the versions, and notes on versions between which the page goes back and forth,
    that did not last, or that are not confirmed yet.
    """
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declared_policy(settings, key)
    with open_store(settings) as store:
        listing = policy_versions(store, key)
    if output_format == "json":
        print_json([version.to_dict() for version in listing.versions])
    elif listing.versions:
        _print_periods(listing.versions)
        remarks = [f"The page {describe_alternation(alternation)}." for alternation in listing.alternations]
        remarks += unsettled_sentences(listing.settled)
        click.echo("\n" + "\n".join([*_address_lines(listing.versions), *remarks]))
    else:
        click.echo(f"there are no accepted captures of {key} yet", err=True)


def _print_periods(versions: Sequence[VersionView]) -> None:
    periods = [(version, view.period) for version in versions for view in version.periods]
    periods.sort(key=lambda item: item[1].first.captured_at)
    time_text = short_times([period.first.captured_at, period.last.captured_at] for _, period in periods)
    rows = (
        {
            "version": f"#{version.version.number}",
            "id": version.version.id[:SHORT_CHECKSUM],
            "from": time_text(period.first.captured_at),
            "to": time_text(period.last.captured_at),
            "seen": len(period.observations),
            "clauses": len(version.document.clauses),
            "stated": version.document.stated_date,
        }
        for version, period in periods
    )
    print_table(rows, ("version", "id", "from", "to", "seen", "clauses", "stated"))


def _address_lines(versions: Sequence[VersionView]) -> Iterator[str]:
    """Yields a line for each address at which the policy was seen, with the numbers of the versions seen there."""
    numbers: dict[str, list[int]] = {}
    for version in versions:
        for url in dict.fromkeys(view.period.last.url for view in version.periods):
            numbers.setdefault(url, []).append(version.version.number)
    for url, of_url in numbers.items():
        yield escape_line(f"{', '.join(f'#{number}' for number in of_url)}: {url}")
