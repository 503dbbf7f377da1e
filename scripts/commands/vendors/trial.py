"""`clausewatch vendors try` and `clausewatch vendors add`: what is read from a page that isn't declared yet."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from core.captures import Capture, Reading, reason_words
from core.declarations import Location, location_of
from core.declarations.draft import Draft, draft
from core.declarations.schema import is_slug
from core.escaping import escape_line
from core.exceptions import ClausewatchError, UsageError
from core.plurals import plural
from core.settings import Settings, load_settings
from crawler.fetch import fetch_once
from extraction import left_out_blocks, read
from formats.multipart import Observed, is_composed, parts_of
from ingestion import capture_to_try
from scripts.options import Decorator
from scripts.printing import print_clauses, print_left_out

_render_option: Decorator = click.option(
    "--render", type=click.Choice(["browser"]), help="Run the page's scripts first, in Chromium."
)
_select_option: Decorator = click.option(
    "--select", multiple=True, metavar="CSS", help="CSS selector of the policy's text. Can be repeated."
)
_remove_option: Decorator = click.option(
    "--remove",
    multiple=True,
    metavar="CSS",
    help="CSS selector of text that is not part of the policy. Can be repeated.",
)
_ignore_option: Decorator = click.option(
    "--ignore",
    multiple=True,
    metavar="REGEX",
    help="Regular expression (RE2) of text that is not part of the policy. Can be repeated.",
)


@click.command("try")
@click.argument("addresses", nargs=-1, required=True, metavar="URL...|FILE")
@_render_option
@_select_option
@_remove_option
@_ignore_option
@click.option("--policy", metavar="NAME", help="The policy that FILE is supposed to show.  [default: privacy]")
@click.option(
    "--explain", is_flag=True, help="Also print each block that was left out, with the rule that left it out."
)
def try_(
    addresses: tuple[str, ...],
    render: str | None,
    select: tuple[str, ...],
    remove: tuple[str, ...],
    ignore: tuple[str, ...],
    policy: str | None,
    explain: bool,
) -> None:
    """Fetch a page once and print its verdict and its clauses. Nothing is stored.

    If the policy is on several pages, give the URLs of all pages in reading order. Instead of a URL, you can give a
    page saved as .html, .pdf, .md or .txt.

    If a URL shows a policy, its declaration follows, ready to be saved, on standard error. `clausewatch vendors add`
    saves it.
    """
    are_urls = all("://" in address for address in addresses)
    location = location_of(addresses, render, select, remove, ignore) if are_urls else None
    if location and policy is not None:
        raise UsageError("--policy is for a saved page; omit it if you name a URL")
    capture, payload = (
        fetch_once(location, load_settings()) if location else _saved_page(addresses, render, policy or "privacy")
    )
    reading = read(capture, payload, select=select, remove=remove, ignore=ignore)
    left_out = left_out_blocks(capture, payload, select=select, remove=remove) if explain else None
    _print_reading(capture, payload, reading)
    if left_out is not None:
        click.echo(f"{plural(len(left_out), 'block')} left out", err=True)
        print_left_out((block.rule, block.text) for block in left_out)
    _print_document(reading)
    if location and reading.verdict.name == "accepted":
        _print_draft(_draft(location, "privacy", reading), load_settings())


@click.command("add")
@click.argument("addresses", nargs=-1, required=True, metavar="URL...")
@click.option("--policy", metavar="NAME", default="privacy", show_default=True, help="The policy that the page shows.")
@click.option("--slug", metavar="SLUG", help="The vendor's name in commands. [default: the name in the page's domain]")
@_render_option
@_select_option
@_remove_option
@_ignore_option
@click.option("--yes", is_flag=True, help="Save without asking, if the page shows the policy.")
def add(
    addresses: tuple[str, ...],
    policy: str,
    slug: str | None,
    render: str | None,
    select: tuple[str, ...],
    remove: tuple[str, ...],
    ignore: tuple[str, ...],
    yes: bool,
) -> None:
    """Fetch a page, and save a declaration of its vendor.

    The command first shows what it reads from the page, and saves the declaration after you have confirmed it. If the
    policy is on several pages, give the URLs of all pages in reading order. A file that exists is never overwritten.
    Nothing else is stored: the next crawl fetches the page.
    """
    settings = load_settings()
    if slug is not None and not is_slug(slug):
        raise UsageError(
            f"{slug!r} can't be a vendor's name in commands: it consists of lower-case letters, digits, '-' and '_', "
            "and begins "
            "with a letter or a digit"
        )
    if not yes and not sys.stdin.isatty():
        raise UsageError("this command asks before it saves, and nobody can answer here; add --yes")
    location = location_of(addresses, render, select, remove, ignore)
    draft(location, policy, None)  # a wrong name is reported before the page is fetched
    capture, payload = fetch_once(location, settings)
    reading = read(replace(capture, policy=policy), payload, select=select, remove=remove, ignore=ignore)
    _print_reading(capture, payload, reading)
    _print_document(reading)
    declaration = _draft(location, policy, reading)
    declaration = replace(declaration, slug=slug or declaration.slug)
    _print_draft(declaration, settings)
    path = settings.vendors / f"{declaration.slug}.yaml"
    if path.exists():
        raise UsageError(
            f"{path} exists and isn't overwritten; add the policy to that file, or name another vendor with --slug"
        )
    if yes and reading.verdict.name != "accepted":
        raise ClausewatchError(
            "nothing was saved, because the page doesn't seem to show the policy; try --render browser, or run this "
            "command without --yes and decide for yourself"
        )
    if not yes and not click.confirm(f"Save this as {path}?", err=True):
        click.echo("nothing was saved", err=True)
        return
    _save(declaration, path)
    click.echo(
        f"{path} is saved. Next: `scrapy crawl live -a vendor={declaration.slug}` fetches the page, and "
        f"`scrapy crawl archive -a vendor={declaration.slug}` its archived captures.",
        err=True,
    )


def _save(declaration: Draft, path: Path) -> None:
    """Writes a declaration to a new file. UsageError if the file exists or can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(declaration.text)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _draft(location: Location, policy: str, reading: Reading) -> Draft:
    return draft(location, policy, reading.document.title if reading.document else None)


def _print_draft(declaration: Draft, settings: Settings) -> None:
    click.echo(f"\n# {settings.vendors / f'{declaration.slug}.yaml'}\n{declaration.text}", err=True)


def _print_reading(capture: Capture, payload: bytes, reading: Reading) -> None:
    """Prints on standard error where the reading comes from, and the verdict."""
    messages = Console(stderr=True, highlight=False, soft_wrap=True)
    verdict = reading.verdict
    for line in _response_lines(capture, payload):
        messages.print(Text(escape_line(line)))
    messages.print(Text(f"verdict: {verdict.name}{f' ({reason_words(verdict.reason)})' if verdict.reason else ''}"))
    if verdict.rule:
        messages.print(Text(f"rule: {verdict.rule}"))
    if verdict.evidence:
        messages.print(Text(f"evidence: {escape_line(verdict.evidence)}"))


def _print_document(reading: Reading) -> None:
    """Prints the clauses on standard output, and their number, the language and the date on standard error."""
    document = reading.document
    if document is None:
        return
    click.echo(
        f"{plural(len(document.clauses), 'clause')}, language {document.language or 'unknown'}, "
        f"{f'stated date {document.stated_date}' if document.stated_date else 'no date stated'}",
        err=True,
    )
    print_clauses(document.clauses)


def _saved_page(arguments: tuple[str, ...], render: str | None, policy: str) -> Observed:
    """Returns a saved page as a capture, and its payload.

    UsageError if there is no such file, or if the arguments or options don't go together.
    """
    paths = [Path(argument) for argument in arguments if "://" not in argument]
    for path in paths:
        if not path.is_file():
            raise UsageError(f"'{path}' is not a web address, and there is no file with this name")
    if len(arguments) > 1:
        raise UsageError("name a single file, or the URLs of one or more pages")
    if render:
        raise UsageError("--render is for a URL; omit it if you name a file")
    return capture_to_try(paths[0], policy)


def _response_lines(capture: Capture, payload: bytes) -> Iterator[str]:
    """Yields a line for each part of the capture: a server's response, or the page as the browser rendered it."""
    if is_composed(capture):
        for part, body in parts_of(capture, payload):
            yield from _response_lines(part, body)
    elif capture.rendered_by:
        yield f"rendered by {capture.rendered_by}: {len(payload):,} bytes"
    elif capture.status is None:
        yield f"read: {capture.media_type}, {len(payload):,} bytes"
    else:
        yield f"fetched: status {capture.status}, {capture.media_type}, {len(payload):,} bytes"
