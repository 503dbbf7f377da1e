"""`clausewatch vendors`"""

import json

import click
from rich.console import Console
from rich.text import Text

from core.declarations import json_schema, load_vendors
from core.escaping import printable_line
from core.settings import load_settings
from crawler.fetch import fetch_once
from extraction import read
from scripts.listing import clause_lines


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
@click.argument("url")
@click.option("--select", multiple=True, metavar="CSS", help="Selector of the policy's text; may be given again.")
@click.option("--remove", multiple=True, metavar="CSS", help="Selector of what is not its text; may be given again.")
def try_(url: str, select: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Fetch URL once and show the verdict and the clauses it gives; nothing is stored."""
    capture, payload = fetch_once(url, load_settings())
    reading = read(capture, payload, select=select, remove=remove)
    messages = Console(stderr=True, highlight=False, soft_wrap=True)
    verdict = reading.verdict
    messages.print(Text(f"{capture.status} {printable_line(capture.media_type)}, {len(payload)} bytes"))
    messages.print(Text(f"verdict: {verdict.name}{f' ({verdict.reason})' if verdict.reason else ''}"))
    if verdict.evidence:
        messages.print(Text(f"evidence: {printable_line(verdict.evidence)}"))
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
