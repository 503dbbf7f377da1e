"""`clausewatch vendors`"""

import json
from collections.abc import Iterator

import click
from rich.console import Console
from rich.text import Text

from core.captures import Capture
from core.declarations import json_schema, load_vendors, location_of
from core.escaping import escape_line
from core.plurals import plural
from core.settings import load_settings
from crawler.fetch import fetch_once
from extraction import read
from formats.multipart import is_composed, parts_of
from scripts.printing import print_clauses


@click.group("vendors")
def command() -> None:
    """Work with the vendors' declarations."""


@command.command("check")
def check() -> None:
    """Check every declaration and list the vendors' policies. Error messages name the file, the line and the field."""
    settings = load_settings()
    for slug, vendor in load_vendors(settings.vendors).items():
        for name, policy in vendor.policies.items():
            addresses = [address for location in policy.locations for address in location.addresses]
            click.echo(f"{slug} {name}: {vendor.name}, {', '.join(addresses)}")


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of declarations, for editors."""
    click.echo(json.dumps(json_schema(), indent=2))


@command.command("try")
@click.argument("addresses", nargs=-1, required=True, metavar="URL...")
@click.option("--render", type=click.Choice(["browser"]), help="Run the page's scripts first, in Chromium.")
@click.option("--select", multiple=True, metavar="CSS", help="CSS selector of the policy's text. Can be repeated.")
@click.option(
    "--remove",
    multiple=True,
    metavar="CSS",
    help="CSS selector of text that is not part of the policy. Can be repeated.",
)
def try_(addresses: tuple[str, ...], render: str | None, select: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Fetch a page once and print its verdict and its clauses. Nothing is stored.

    If the policy is on several pages, give the URLs of all pages in reading order.
    """
    capture, payload = fetch_once(location_of(addresses, render), load_settings())
    reading = read(capture, payload, select=select, remove=remove)
    messages = Console(stderr=True, highlight=False, soft_wrap=True)
    verdict = reading.verdict
    for line in _response_lines(capture, payload):
        messages.print(Text(escape_line(line)))
    messages.print(Text(f"verdict: {verdict.name}{f' ({verdict.reason})' if verdict.reason else ''}"))
    if verdict.evidence:
        messages.print(Text(f"evidence: {escape_line(verdict.evidence)}"))
    document = reading.document
    if document is None:
        return
    messages.print(
        Text(
            f"{plural(len(document.clauses), 'clause')}, language {document.language or 'unknown'}, "
            f"effective date {document.effective_date or 'not stated'}"
        )
    )
    print_clauses(document.clauses)


def _response_lines(capture: Capture, payload: bytes) -> Iterator[str]:
    """Yields a line for each part of the capture: a server's response, or the page as the browser rendered it."""
    if is_composed(capture):
        for part, body in parts_of(capture, payload):
            yield from _response_lines(part, body)
    elif capture.rendered_by:
        yield f"rendered by {capture.rendered_by}, {len(payload)} bytes"
    else:
        yield f"{capture.status} {capture.media_type}, {len(payload)} bytes"
