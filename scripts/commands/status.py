"""`clausewatch status`"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from core.captures import Reason
from core.declarations import Declarations, sound_vendors
from core.exceptions import UsageError
from core.settings import load_settings
from scripts.options import format_option, open_store
from scripts.printing import print_json, print_sentences, print_table
from scripts.whole_file import whole_file
from views.metrics import as_metrics
from views.operation import Operation, operation, operation_sentences
from views.policy_status import (
    PolicyStatus,
    attention_sentences,
    fetch_sentences,
    policy_statuses,
    undeclared_sentences,
    undeclared_statuses,
)


@click.command("status")
@format_option("text", "json")
@click.option("--run", "only_run", is_flag=True, help="Show only the last run and the outbox.")
@click.option(
    "--metrics",
    "metrics_path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write metrics in Prometheus' text format to this file instead. Use - for standard output.",
)
def command(output_format: str, only_run: bool, metrics_path: Path | None) -> None:
    """Show the status of every policy, failing policies first, then the last run and the outbox.

    A policy is failing if its newest captures are quarantined, if it could not be fetched, if it has had no capture for
    more than a week, or if it was never captured. A policy that has no location today is not failing. "Last changed" is
    the day on which the newest version first appeared; it is empty as long as there is only one version. "Not read" is
    the number of stored captures that have not been read yet.

    Below the table are these lines. For each policy whose newest capture is quarantined or whose text is held: since
    when, why, and what the page says. For each location that could not be fetched: how often, since when and why. For
    each page that redirects permanently: the new address for the declaration. For each policy that has captures, but is
    no longer declared: what you can do. The last lines say when `clausewatch run` last began, how long it took and how
    it ended, and how many digests have not been sent. The JSON about the policies
    doesn't include the last run and the outbox; `--run` prints them. A broken declaration is named on standard error.
    The exit status is 0 even if policies fail.
    """
    if only_run and metrics_path is not None:
        raise UsageError("--run and --metrics exclude each other: the metrics contain the last run and the outbox")
    settings = load_settings()
    if only_run:
        with open_store(settings) as store:
            _print_operation(operation(store), output_format)
        return
    vendors, faults = sound_vendors(settings.vendors)
    with open_store(settings) as store:
        standings = store.library.standings()
        failed_fetches, moved_pages = store.journal.failed_fetches(), store.journal.moved_pages()
        shown = operation(store)
    for fault in faults:
        click.echo(f"failed: {fault}", err=True)
    statuses = policy_statuses(vendors, standings, datetime.now(UTC), failed_fetches, moved_pages)
    undeclared = undeclared_statuses(set(Declarations(settings.vendors)), vendors, standings)
    if metrics_path == Path("-"):
        click.echo(as_metrics(statuses, shown), nl=False)
    elif metrics_path is not None:
        with whole_file(metrics_path) as stream:
            stream.write(as_metrics(statuses, shown).encode())
    elif output_format == "json":
        print_json([status.to_dict() for status in (*statuses, *undeclared)])
    else:
        columns = ("vendor", "policy", "failing_since", "last_seen", "last_changed", "quarantined", "not_read")
        print_table(map(_table_row, statuses), columns)
        for sentences in (
            [*attention_sentences(statuses), *fetch_sentences(statuses), *undeclared_sentences(undeclared)],
            operation_sentences(shown),
        ):
            if sentences:
                click.echo()
                print_sentences(sentences)


def _print_operation(shown: Operation, output_format: str) -> None:
    if output_format == "json":
        print_json(shown.to_dict())
    else:
        print_sentences(operation_sentences(shown))


def _table_row(status: PolicyStatus) -> dict[str, Any]:
    """Returns a row of the table, with days instead of times.

    An empty cell stands for 0, so that users notice the numbers of failures at once.
    """
    standing = status.standing
    return {
        "vendor": standing.vendor,
        "policy": standing.policy,
        "failing_since": " ".join(filter(None, (_day(status.failing_since), status.failing))),
        "last_seen": _day(standing.last_capture),
        "last_changed": _day(standing.last_change),
        "quarantined": _reasons(standing.quarantined),
        "not_read": standing.unread or None,
    }


def _reasons(quarantined: Mapping[Reason, int]) -> str:
    """Returns the numbers of quarantined captures as text, such as `3 blocked` or `5: 3 blocked, 2 login`."""
    counts = ", ".join(f"{count} {reason}" for reason, count in quarantined.items())
    return f"{sum(quarantined.values())}: {counts}" if len(quarantined) > 1 else counts


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""
