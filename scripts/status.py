"""`clausewatch status`"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from core.captures import Reason
from core.dates import iso
from core.declarations import load_vendors
from core.settings import load_settings
from scripts.options import format_option, open_store
from scripts.tables import print_json, print_table
from scripts.whole_file import whole_file
from views.metrics import as_metrics
from views.policy_status import PolicyStatus, policy_statuses


@click.command("status")
@format_option("text", "json")
@click.option(
    "--metrics",
    "metrics_path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write metrics in Prometheus' text format to this file instead; - is standard output.",
)
def command(output_format: str, metrics_path: Path | None) -> None:
    """Tell where every policy stands, trouble first.

    A policy fails when all its captures since a time are quarantined, or when it has a location now and no capture for
    a week. It was last changed when its newest version first appeared. The exit status is 0 whatever is told.
    """
    settings = load_settings()
    vendors = load_vendors(settings.vendors)
    with open_store(settings) as store:
        statuses = policy_statuses(vendors, store.library.standings(), datetime.now(UTC))
    if metrics_path == Path("-"):
        click.echo(as_metrics(statuses), nl=False)
    elif metrics_path is not None:
        with whole_file(metrics_path) as stream:
            stream.write(as_metrics(statuses).encode())
    elif output_format == "json":
        print_json([_row(one) for one in statuses])
    else:
        columns = ("vendor", "policy", "failing_since", "last_seen", "last_changed", "quarantined", "unread")
        print_table([_line(one) for one in statuses], columns)


def _row(status: PolicyStatus) -> dict[str, Any]:
    """A policy as `clausewatch status --format json` gives it."""
    standing = status.standing
    return {
        "vendor": standing.vendor,
        "policy": standing.policy,
        "failing": status.failing,
        "failing_since": _iso(status.failing_since),
        "last_seen": _iso(standing.last_capture),
        "last_accepted": _iso(standing.last_accepted),
        "last_changed": _iso(standing.last_change),
        "captures": standing.captures,
        "quarantined": dict(standing.quarantined),
        "unread": standing.unread,
    }


def _line(status: PolicyStatus) -> dict[str, Any]:
    """A policy as the table shows it: days, and no zeros, so that trouble stands out."""
    standing = status.standing
    return {
        "vendor": standing.vendor,
        "policy": standing.policy,
        "failing_since": " ".join(filter(None, (_day(status.failing_since), status.failing))),
        "last_seen": _day(standing.last_capture),
        "last_changed": _day(standing.last_change),
        "quarantined": _reasons(standing.quarantined),
        "unread": standing.unread or None,
    }


def _reasons(quarantined: Mapping[Reason, int]) -> str:
    """`3 blocked`, or `5: 3 blocked, 2 login`."""
    said = ", ".join(f"{count} {reason}" for reason, count in quarantined.items())
    return f"{sum(quarantined.values())}: {said}" if len(quarantined) > 1 else said


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""
