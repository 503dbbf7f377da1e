"""`clausewatch search`"""

from datetime import UTC, datetime
from textwrap import fill

import click
from rich.cells import cell_len, set_cell_size

from core.dates import parse_range
from core.escaping import escape_line
from core.exceptions import StorageError
from core.settings import load_settings
from reports.search_lines import (
    ended,
    first_mentioned,
    found_words,
    language_name,
    mentioned_now,
    not_known_after,
    nothing_found,
    seen,
)
from scripts.options import format_option, open_store
from scripts.printing import output_width, print_json
from scripts.progress_bar import progress_bar
from storage import Store
from views.search import (
    LARGEST_PAGE,
    PAGE,
    Mentioned,
    SearchHit,
    SearchQuery,
    SearchResult,
    date_shown,
    excerpt,
    mentioned,
    search,
)

# How a text is indented below the line that says where it stands.
_INDENT = "    "
# A longer heading is cut off, in columns.
_HEADING = 60
# These stand for the beginning and the end of a matched word until the text is divided into lines. `escape_line` leaves
# no such character in the text.
_BEGIN, _END = "\x02", "\x03"


@click.command("search")
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--vendor", metavar="SLUG", help="Search only the policies of this vendor.")
@click.option("--policy", metavar="NAME", help="Search only policies with this name.")
@click.option("--at", "at", metavar="DATE", help="Find only clauses that the last capture up to this date shows.")
@click.option("--appeared", metavar="FROM..TO", help="Find only clauses that first appeared between two dates.")
@click.option("--gone", metavar="FROM..TO", help="Find only clauses that went between two dates, and are still gone.")
@click.option(
    "--limit",
    type=click.IntRange(1, LARGEST_PAGE),
    default=PAGE,
    show_default=True,
    help="Print at most this many clauses.",
)
@click.option("--after", metavar="PLACE", help="Continue after the clauses printed before; they end with the place.")
@format_option("text", "json")
def command(
    words: tuple[str, ...],
    vendor: str | None,
    policy: str | None,
    at: str | None,
    appeared: str | None,
    gone: str | None,
    limit: int,
    after: str | None,
    output_format: str,
) -> None:
    """Find clauses in all versions of all policies, the newest first.

    First, the policies that mention the words are listed, at most 50: how many of their clauses do, between which
    captures the first of them appeared, and whether the newest text mentions the words. Dates among the options don't
    change this list.

    A clause is found if it has all of the WORDS, in any order. Words between double quotes must follow one another:
    '"personal data"'. A star stands for any end of a word: collect*. Capitals and accents make no difference. In
    languages that are written without spaces, like Chinese, Japanese and Thai, any part of a sentence can be searched
    for. Words are found as they are written, each text in its own language: a French text doesn't have English words.

    Each clause is printed with the policy, the headings above it, the first capture that has it, and what became of
    it: whether it was reworded or is gone, and between which captures, or when it was last captured.

    A date range may lack its first or its last date: 2018.. or ..2018-05. Texts that are not confirmed yet, that did
    not last, or that are held, are not searched.
    """
    settings = load_settings()
    query = SearchQuery(
        " ".join(words),
        vendor,
        policy,
        date_shown(at, datetime.now(UTC)) if at else None,
        parse_range(appeared) if appeared else None,
        parse_range(gone) if gone else None,
        limit,
        after,
    )
    with open_store(settings) as store:
        _refresh(store)
        result = search(store, query)
        policies = mentioned(store, query) if after is None else None
    if output_format == "json":
        print_json(result.to_dict() | {"mentioned": policies.to_dict() if policies else None})
        return
    if policies:
        _print_policies(policies)
    _print(result, policies, query)


def _refresh(store: Store) -> None:
    """Brings the index up to date, which takes a while for a database that an earlier release wrote."""
    outdated = store.clause_index.outdated()
    if outdated:
        try:
            with progress_bar("reading all versions for the search") as progress:
                store.clause_index.refresh(outdated, progress)
        except StorageError as error:  # what is there can be searched, also if the database can't be written
            click.echo(f"the search may lack the newest captures: {escape_line(str(error))}", err=True)
            return
        if damaged := store.clause_index.outdated():
            click.echo(
                f"texts of {damaged[0]}{' and others' * (len(damaged) > 1)} could not be read and are not searched; "
                "run `clausewatch verify`",
                err=True,
            )


def _print_policies(found: Mentioned) -> None:
    for policy in found.policies:
        click.echo(click.style(escape_line(str(policy.key)), bold=True))
        language = f", {language_name(policy.language)}" if policy.language else ""
        count = "1 clause" if policy.clauses == 1 else f"{policy.clauses} clauses"
        for line in (
            f"{count}{language}",
            f"first mentioned {first_mentioned(policy)}",
            f"now: {mentioned_now(policy)}",
        ):
            click.echo(f"{_INDENT}{line}")
    if not found.are_all:
        click.echo("there are more policies: add --vendor or --policy", err=True)
    if found.total != 0:
        click.echo(f"\n{found_words(found)}, the newest first:\n")


def _print(result: SearchResult, policies: Mentioned | None, query: SearchQuery) -> None:
    for index, hit in enumerate(result.hits):
        if index:
            click.echo()
        _print_hit(hit, query)
    if result.next:
        click.echo(f"\nthere are more clauses: add --after {result.next}", err=True)
    elif not result.hits:
        click.echo(nothing_found(query, policies), err=True)


def _print_hit(hit: SearchHit, query: SearchQuery) -> None:
    headings = (
        set_cell_size(part, _HEADING).rstrip() + "…" if cell_len(part) > _HEADING else part for part in hit.heading_path
    )
    place = " › ".join(map(escape_line, (str(hit.key), *headings)))
    click.echo(click.style(place, bold=True))
    click.echo(f"{_INDENT}{seen(hit)}, {ended(hit)}  (@{hit.version_id} clause {hit.position + 1})")
    if unknown := not_known_after(hit, query.at):
        click.echo(f"{_INDENT}{unknown}")
    label = f"{escape_line(hit.label)} " if hit.label else ""
    marks = (_BEGIN, _END)
    text = label + "".join(
        escape_line(piece.text).join(marks) if piece.matched else escape_line(piece.text)
        for piece in excerpt(hit.pieces)
    )
    # Chinese and Japanese characters are two columns wide.
    width = output_width() // (2 if cell_len(text) > 1.5 * len(text) else 1)
    filled = fill(text, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
    on, off = click.style("|", bold=True, underline=True).split("|")  # left out if the output is no terminal
    click.echo(filled.replace(_BEGIN, on).replace(_END, off))
