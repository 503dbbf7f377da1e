"""`clausewatch vendors`"""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from core.captures import Capture
from core.declarations import json_schema, load_vendors, location_of
from core.escaping import escape_line
from core.exceptions import UsageError
from core.plurals import plural
from core.settings import load_settings
from crawler.fetch import fetch_once
from extraction import left_out_blocks, read
from formats.multipart import Observed, is_composed, parts_of
from ingestion import capture_to_try
from scripts.printing import print_clauses, print_left_out


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
@click.argument("addresses", nargs=-1, required=True, metavar="URL...|FILE")
@click.option("--render", type=click.Choice(["browser"]), help="Run the page's scripts first, in Chromium.")
@click.option("--select", multiple=True, metavar="CSS", help="CSS selector of the policy's text. Can be repeated.")
@click.option(
    "--remove",
    multiple=True,
    metavar="CSS",
    help="CSS selector of text that is not part of the policy. Can be repeated.",
)
@click.option("--policy", metavar="NAME", help="The policy that FILE is supposed to show.  [default: privacy]")
@click.option(
    "--explain", is_flag=True, help="Also print each block that was left out, with the rule that left it out."
)
def try_(
    addresses: tuple[str, ...],
    render: str | None,
    select: tuple[str, ...],
    remove: tuple[str, ...],
    policy: str | None,
    explain: bool,
) -> None:
    """Fetch a page once and print its verdict and its clauses. Nothing is stored.

    If the policy is on several pages, give the URLs of all pages in reading order. Instead of a URL, you can give a
    page saved as .html, .pdf, .md or .txt.
    """
    capture, payload = _observed(addresses, render, policy)
    reading = read(capture, payload, select=select, remove=remove)
    messages = Console(stderr=True, highlight=False, soft_wrap=True)
    verdict = reading.verdict
    for line in _response_lines(capture, payload):
        messages.print(Text(escape_line(line)))
    messages.print(Text(f"verdict: {verdict.name}{f' ({verdict.reason})' if verdict.reason else ''}"))
    if verdict.rule:
        messages.print(Text(f"rule: {verdict.rule}"))
    if verdict.evidence:
        messages.print(Text(f"evidence: {escape_line(verdict.evidence)}"))
    if explain:
        left_out = left_out_blocks(capture, payload, select=select, remove=remove)
        messages.print(Text(f"{plural(len(left_out), 'block')} left out"))
        print_left_out((block.rule, block.text) for block in left_out)
    document = reading.document
    if document is None:
        return
    messages.print(
        Text(
            f"{plural(len(document.clauses), 'clause')}, language {document.language or 'unknown'}, "
            f"stated date {document.stated_date or 'not stated'}"
        )
    )
    print_clauses(document.clauses)


def _observed(arguments: tuple[str, ...], render: str | None, policy: str | None) -> Observed:
    """Returns the capture to try and its payload: the fetched pages, or the saved page if the argument is a file.

    UsageError if the arguments or options don't go together.
    """
    paths = [Path(argument) for argument in arguments if "://" not in argument]
    if not paths:
        if policy is not None:
            raise UsageError("--policy is for a saved page; omit it if you name a URL")
        return fetch_once(location_of(arguments, render), load_settings())
    for path in paths:
        if not path.is_file():
            raise UsageError(f"'{path}' is not a web address, and there is no file with this name")
    if len(arguments) > 1:
        raise UsageError("name a single file, or the URLs of one or more pages")
    if render:
        raise UsageError("--render is for a URL; omit it if you name a file")
    return capture_to_try(paths[0], policy or "privacy")


def _response_lines(capture: Capture, payload: bytes) -> Iterator[str]:
    """Yields a line for each part of the capture: a server's response, or the page as the browser rendered it."""
    if is_composed(capture):
        for part, body in parts_of(capture, payload):
            yield from _response_lines(part, body)
    elif capture.rendered_by:
        yield f"rendered by {capture.rendered_by}, {len(payload)} bytes"
    elif capture.status is None:
        yield f"{capture.media_type}, {len(payload)} bytes"
    else:
        yield f"{capture.status} {capture.media_type}, {len(payload)} bytes"
