"""`clausewatch review`"""

import getpass
import os
from datetime import UTC, datetime
from typing import Any

import click

from core.dates import iso
from core.declarations import select_vendors
from core.escaping import escape_line
from core.exceptions import ExtractionError, UsageError
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import load_settings
from scripts.options import Decorator, format_option, open_store
from scripts.tables import clause_lines, print_json, print_table
from storage import Decision, Review, StoredCapture
from views.quarantine import troubles_of

_id = click.IntRange(1, 2**63 - 1)  # larger ones no database counts up to
_ids: Decorator = click.argument("capture_ids", nargs=-1, required=True, type=_id, metavar="ID...")
_one_id: Decorator = click.argument("capture_id", type=_id, metavar="ID")
_note: Decorator = click.option("--note", default="", metavar="TEXT", help="Why; kept with the decision.")


@click.group("review", invoke_without_command=True)
@click.option("--vendor", "slugs", multiple=True, metavar="SLUG", help="Of this vendor only; may be given again.")
@click.option("--policy", metavar="NAME", help="Of the policies of this name only.")
@format_option("text", "json")
@click.pass_context
def command(context: click.Context, slugs: tuple[str, ...], policy: str | None, output_format: str) -> None:
    """List quarantined captures nobody has decided on; accept or reject any.

    A person's decision holds whatever the extractor says, until the next one. An accepted capture makes a version, a
    rejected one makes none; subscribers are told of what that changes after the last capture they were told of.
    """
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    chosen = [
        (vendor.slug, name)
        for vendor in select_vendors(settings.vendors, slugs).values()
        for name in vendor.policies
        if policy in (None, name)
    ]
    if not chosen:
        raise UsageError(f"none of these vendors has a policy {policy!r}")
    waiting: list[tuple[str, list[dict[str, Any]]]] = []
    told: list[str] = []
    with open_store(settings) as store:
        suspect = {(one.vendor, one.policy) for one in store.library.standings(slugs) if one.quarantined or one.unread}
        for slug, name in chosen:
            if (slug, name) not in suspect:
                continue
            captures = store.library.captures(PolicyKey(slug, name))
            waiting.append((f"{slug} {name}", [_row(one) for one in captures if _is_undecided(one)]))
            told += troubles_of(f"{slug} {name}", captures)
    if output_format == "json":
        print_json([row for _, rows in waiting for row in rows])
    else:
        _print_waiting([(title, rows) for title, rows in waiting if rows])
    for line in told:
        click.echo(line, err=True)


@command.command("show")
@_one_id
@format_option("text", "json")
def show(capture_id: int, output_format: str) -> None:
    """Print a capture, why it counts as it does, and the text read from it."""
    with open_store(load_settings()) as store:
        stored = store.library.capture(capture_id)
        try:
            document = store.library.document(capture_id)
        except ExtractionError:
            document = None
    clauses = document.clauses if document else ()
    row = _row(stored)
    if output_format == "json":
        print_json({**row, "clauses": [clause.to_dict() for clause in clauses]})
        return
    for name in ("vendor", "policy", "captured_at", "source", "url", "sha256", "verdict", "reason", "evidence"):
        if row[name] is not None and row[name] != "":
            click.echo(f"{name.replace('_', ' ')}: {escape_line(str(row[name]))}", err=True)
    for review in row["reviews"]:
        note = f": {escape_line(review['note'])}" if review["note"] else ""
        click.echo(f"{review['decision']} by {escape_line(review['by'])} at {review['at']}{note}", err=True)
    click.echo("\n".join(clause_lines(clauses)).strip("\n"))


@command.command("accept")
@_ids
@_note
def accept(capture_ids: tuple[int, ...], note: str) -> None:
    """Have captures show the policy, although they are quarantined."""
    _decide("accepted", capture_ids, note)


@command.command("reject")
@_ids
@_note
def reject(capture_ids: tuple[int, ...], note: str) -> None:
    """Have captures make no version, although they were accepted."""
    _decide("rejected", capture_ids, note)


def _decide(decision: Decision, capture_ids: tuple[int, ...], note: str) -> None:
    with open_store(load_settings()) as store:
        store.library.review(capture_ids, Review(decision, _person(), note, datetime.now(UTC)))
    click.echo(f"{decision} {plural(len(capture_ids), 'capture')}", err=True)


def _person() -> str:
    """The account of whoever decides, or its number where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _is_undecided(stored: StoredCapture) -> bool:
    """Whether a capture waits for a person: one it was accepted by does too, when no text can be read from it now."""
    return stored.verdict.name == "quarantined" and stored.verdict.reason != "rejected"


def _row(stored: StoredCapture) -> dict[str, Any]:
    """A capture as `clausewatch review --format json` gives it."""
    capture, verdict = stored.capture, stored.verdict
    return {
        "id": stored.id,
        "vendor": capture.vendor,
        "policy": capture.policy,
        "captured_at": iso(capture.captured_at),
        "url": capture.url,
        "source": capture.source,
        "sha256": capture.sha256,
        "verdict": verdict.name,
        "reason": verdict.reason,
        "evidence": verdict.evidence,
        "reviews": [
            {"decision": one.decision, "by": one.by, "note": one.note, "at": iso(one.at)} for one in stored.reviews
        ],
    }


def _print_waiting(waiting: list[tuple[str, list[dict[str, Any]]]]) -> None:
    """A table for each policy, the number of its captures above it."""
    for place, (title, rows) in enumerate(waiting):
        click.echo(f"{'' if place == 0 else chr(10)}{title}: {plural(len(rows), 'quarantined capture')}")
        print_table(rows, ("id", "captured_at", "reason", "evidence", "url"))
    if not waiting:
        click.echo("no quarantined capture waits for a decision", err=True)
