"""`clausewatch vendors`"""

import json
from collections.abc import Iterator

import click
from rich.console import Console
from rich.text import Text

from core.captures import Capture
from core.declarations import json_schema, load_vendors, location_of
from core.escaping import escape_line
from core.settings import load_settings
from crawler.fetch import fetch_once
from extraction import read
from formats.multipart import is_composed, parts_of
from scripts.tables import clause_lines


@click.group("vendors")
def command() -> None:
    """Work with the vendors' declarations."""


@command.command("check")
def check() -> None:
    """Validate every declaration; faults name file, line and field."""
    settings = load_settings()
    for slug, vendor in load_vendors(settings.vendors).items():
        for name, policy in vendor.policies.items():
            addresses = [url for place in policy.locations for url in place.addresses]
            click.echo(f"{slug} {name}: {vendor.name}, {', '.join(addresses)}")


@command.command("schema")
def schema() -> None:
    """Print the declarations' JSON Schema, for an editor."""
    click.echo(json.dumps(json_schema(), indent=2))


@command.command("try")
@click.argument("addresses", nargs=-1, required=True, metavar="URL...")
@click.option("--render", type=click.Choice(["browser"]), help="Have its scripts run first, in the system's Chromium.")
@click.option("--select", multiple=True, metavar="CSS", help="Selector of the policy's text; may be given again.")
@click.option("--remove", multiple=True, metavar="CSS", help="Selector of what is not its text; may be given again.")
def try_(addresses: tuple[str, ...], render: str | None, select: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Fetch URL once and show the verdict and the clauses it gives; nothing is stored.

    Several are the pages of one policy, in the order of reading.
    """
    capture, payload = fetch_once(location_of(addresses, render), load_settings())
    reading = read(capture, payload, select=select, remove=remove)
    messages = Console(stderr=True, highlight=False, soft_wrap=True)
    verdict = reading.verdict
    for line in _answers(capture, payload):
        messages.print(Text(escape_line(line)))
    messages.print(Text(f"verdict: {verdict.name}{f' ({verdict.reason})' if verdict.reason else ''}"))
    if verdict.evidence:
        messages.print(Text(f"evidence: {escape_line(verdict.evidence)}"))
    document = reading.document
    if document is None:
        return
    messages.print(
        Text(
            f"{len(document.clauses)} clauses, language {document.language or 'unknown'}, "
            f"effective date {document.effective_date or 'not stated'}"
        )
    )
    click.echo("\n".join(clause_lines(document.clauses)).strip("\n"))


def _answers(capture: Capture, payload: bytes) -> Iterator[str]:
    """A line for each answer that the capture is made of."""
    if is_composed(capture):
        for part, body in parts_of(capture, payload):
            yield from _answers(part, body)
    elif "rendered_by" in capture.archive:
        yield f"rendered by {capture.archive['rendered_by']}, {len(payload)} bytes"
    else:
        yield f"{capture.status} {capture.media_type}, {len(payload)} bytes"
