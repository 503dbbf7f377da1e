"""`clausewatch captures`"""

from collections.abc import Callable
from datetime import datetime

import click

from core.policies import PolicyKey
from core.settings import load_settings
from scripts.options import declared_policy, format_option, open_store, policy_option, vendor_argument
from scripts.printing import SHORT_CHECKSUM, print_json, print_table, short_address, short_times
from views.captures import CaptureView, policy_captures


@click.command("captures")
@vendor_argument
@policy_option
@format_option("text", "json")
def command(vendor: str, policy: str, output_format: str) -> None:
    """List the captures of a policy, oldest first, with their verdicts and versions.

    The verdict is `accepted`, or the reason why the capture is quarantined. Times are in UTC; a capture's time is shown
    if another capture was made on the same day. The table fits the terminal, or 80 columns; the JSON contains whole
    times, checksums and addresses.
    """
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declared_policy(settings, key)
    with open_store(settings) as store:
        captures = policy_captures(store, key)
    if output_format == "json":
        print_json([capture.to_dict() for capture in captures])
    elif captures:
        time_text = short_times([capture.capture.captured_at] for capture in captures)
        columns = ("id", "captured", "source", "verdict", "version", "sha256", "address")
        print_table((_table_row(capture, time_text) for capture in captures), columns, shortened="address")
    else:
        click.echo(f"there are no captures of {key} yet", err=True)


def _table_row(view: CaptureView, time_text: Callable[[datetime], str]) -> dict[str, object]:
    return {
        "id": view.id,
        "captured": time_text(view.capture.captured_at),
        "source": view.capture.source,
        "verdict": view.verdict.reason or view.verdict.name,
        "version": f"#{view.version}" if view.version else None,
        "sha256": view.capture.sha256[:SHORT_CHECKSUM],
        "address": " → ".join(map(short_address, view.addresses)),
    }
