"""`clausewatch review`"""

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from core.declarations import chosen_vendors
from core.escaping import escape_line
from core.exceptions import UsageError
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import account_name, load_settings
from scripts.options import Decorator, format_option, open_store
from scripts.printing import print_clauses, print_json, print_table, short_address, short_times
from storage import Decision, Review
from views.reviews import PolicyReview, capture_for_review, policies_to_review

_id = click.IntRange(1, 2**63 - 1)  # the ids that a database can store
_ids_argument: Decorator = click.argument("capture_ids", nargs=-1, required=True, type=_id, metavar="ID...")
_id_argument: Decorator = click.argument("capture_id", type=_id, metavar="ID")
_note_option: Decorator = click.option(
    "--note", default="", metavar="TEXT", help="The reason for the decision. It is stored with the decision."
)

# The cells of a held capture in the table.
_HELD_CELLS = {"reason": "held", "evidence": "the text shares nothing with the text before"}

_only_option: Decorator = click.option(
    "--only", is_flag=True, help="Decide on these captures only, and not on other captures with the same text."
)


@click.group("review", invoke_without_command=True)
@click.option("--vendor", "slugs", multiple=True, metavar="SLUG", help="List only this vendor. Can be repeated.")
@click.option("--policy", metavar="NAME", help="List only policies with this name.")
@format_option("text", "json")
@click.pass_context
def command(context: click.Context, slugs: tuple[str, ...], policy: str | None, output_format: str) -> None:
    """List the captures that wait for your decision, quarantined or held; accept or reject captures.

    A capture is held if its text shares nothing with the text before, and no later capture has decided what it is.

    A decision counts for all captures of the policy with the same text or the same bytes, also for later ones, until
    you decide again; --only limits it to the captures that you name. An accepted capture shows a version; a rejected
    capture shows no version. If your decision makes a change visible, the next digest reports it, unless an earlier
    digest has covered later times.

    A broken declaration is named on standard error, the captures of the other vendors are listed, and the exit status
    is 1.
    """
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    vendors, faults = chosen_vendors(settings.vendors, slugs)
    keys = [
        PolicyKey(vendor.slug, name)
        for vendor in vendors.values()
        for name in vendor.policies
        if policy in (None, name)
    ]
    if not keys:
        whose = "none of these vendors" if slugs else "no vendor"
        raise UsageError(f"{whose} has a policy {policy!r}")
    with open_store(settings) as store:
        reviews = list(policies_to_review(store, keys, slugs))
    if output_format == "json":
        print_json([capture.to_dict() for review in reviews for capture in review.waiting])
    else:
        _print_waiting([review for review in reviews if review.waiting])
    for review in reviews:
        for warning in review.warnings:
            click.echo(warning, err=True)
    for fault in faults:
        click.echo(f"failed: {fault}", err=True)
    if faults:
        raise SystemExit(1)


@command.command("show")
@_id_argument
@format_option("text", "json")
def show(capture_id: int, output_format: str) -> None:
    """Print a capture with its verdict, the evidence, the decisions and the text."""
    with open_store(load_settings()) as store:
        capture = capture_for_review(store, capture_id)
    fields = capture.to_dict()
    if output_format == "json":
        print_json(fields)
        return
    for name in ("vendor", "policy", "captured_at", "source", "url", "sha256", "verdict", "reason", "rule", "evidence"):
        if fields[name] is not None and fields[name] != "":
            click.echo(f"{name.replace('_', ' ')}: {escape_line(str(fields[name]))}", err=True)
    if capture.held:
        click.echo(f"held: {_HELD_CELLS['evidence']}; `clausewatch review accept` or `reject` decides", err=True)
    for review in fields["reviews"]:
        note = f", note: {escape_line(review['note'])}" if review["note"] else ""
        click.echo(f"{review['decision']} by {escape_line(review['by'])} at {review['at']}{note}", err=True)
    print_clauses(capture.clauses or ())


@command.command("accept")
@_ids_argument
@_note_option
@_only_option
def accept(capture_ids: tuple[int, ...], note: str, only: bool) -> None:
    """Decide that the captures show the policy, even if they are quarantined or held."""
    _decide("accepted", capture_ids, note, only)


@command.command("reject")
@_ids_argument
@_note_option
@_only_option
def reject(capture_ids: tuple[int, ...], note: str, only: bool) -> None:
    """Decide that the captures do not show the policy, even if they are accepted."""
    _decide("rejected", capture_ids, note, only)


def _decide(decision: Decision, capture_ids: tuple[int, ...], note: str, only: bool) -> None:
    with open_store(load_settings()) as store:
        store.library.review(capture_ids, Review(decision, account_name(), note, datetime.now(UTC), only))
    scope = "" if only else ", and every capture of the same policy with the same text, also later ones"
    click.echo(f"{decision} {plural(len(capture_ids), 'capture')}{scope}", err=True)


def _print_waiting(reviews: Sequence[PolicyReview]) -> None:
    """Prints a heading and a table for each policy. The heading contains the number of captures."""
    for index, review in enumerate(reviews):
        blank_line = "\n" if index else ""
        held = sum(capture.held for capture in review.waiting)
        counts = [(len(review.waiting) - held, "quarantined capture"), (held, "held capture")]
        counted = ", ".join(plural(count, noun) for count, noun in counts if count)
        click.echo(f"{blank_line}{review.key}: {counted}")
        time_text = short_times([capture.stored.capture.captured_at] for capture in review.waiting)
        rows = [
            {
                "id": capture.stored.id,
                "captured": time_text(capture.stored.capture.captured_at),
                "reason": capture.stored.verdict.reason,
                "address": short_address(capture.stored.capture.url),
                "evidence": capture.stored.verdict.evidence,
            }
            | (_HELD_CELLS if capture.held else {})
            for capture in review.waiting
        ]
        print_table(rows, ("id", "captured", "reason", "address", "evidence"), shortened="address")
    if not reviews:
        click.echo("no quarantined capture waits for a decision, and no capture is held", err=True)
