"""`clausewatch trace`"""

from collections.abc import Iterator, Sequence

import click
from rich.console import Console

from core.exceptions import UsageError
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import load_settings
from intake.derived import comparing_calls, refresh_derived
from reports.clause_lines import place_of
from reports.excerpts import shortened
from reports.places import numbered
from reports.terminal_lineage import print_trace
from scripts.options import declared_policy, format_option, open_store, policy_option, vendor_argument
from scripts.printing import print_json, print_sentences
from views.clause_history import FoundClause, find_clauses, trace

# At most so many of several clauses that contain the words are listed, each with so many characters.
_LISTED = 9
_EXCERPT = 70


@click.command("trace")
@vendor_argument
@click.argument("words", metavar="WORDS")
@click.option(
    "--clause",
    "number",
    metavar="N",
    type=click.IntRange(min=1),
    help="If several clauses contain the words, take the one with this number in the list that the message gives.",
)
@click.option(
    "--at",
    metavar="DATE",
    help="Look for the words in the version shown at the end of this date, or in the version with this number or @ID. "
    "[default: the newest version that has them]",
)
@policy_option
@format_option("text", "json")
def command(vendor: str, words: str, number: int | None, at: str | None, policy: str, output_format: str) -> None:
    """Follow one clause of a policy through all versions.

    WORDS are some words of the clause, as the policy has them: `clausewatch trace hesk "clear gifs"`. Prints when the
    clause first appeared, each time it changed, with a redline, when it moved, was split, merged or removed, and
    whether it came back. Each date is the day of the first capture after the event, in UTC.
    """
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declaration, _ = declared_policy(settings, key)
    with open_store(settings) as store, comparing_calls(settings.limits) as call:
        refresh_derived(store, [key], call)
        found = find_clauses(store, key, words, call, at)
        chosen = _chosen(found, number)
        result = trace(store, key, chosen.version.id, chosen.clause.position, call)
    if output_format == "json":
        print_json(result.to_dict())
        return
    click.echo(
        f"{declaration.name} {policy}: a clause of version {chosen.version.number} (@{chosen.version.id})\n", err=True
    )
    print_trace(result, Console(highlight=False))
    if len(found) > 1:
        click.echo("\nOther clauses contain these words, too. To follow one of them, add its number with --clause:")
        click.echo("\n".join(_list_lines(found, without=chosen)))
    if result.missing:
        click.echo()
        print_sentences(result.missing)


def _chosen(found: Sequence[FoundClause], number: int | None) -> FoundClause:
    """Returns the clause that the user means. number: its number in the list. UsageError if it isn't clear."""
    newest = [clause for clause in found if clause.is_newest]
    if number is not None and number <= len(found):
        return found[number - 1]
    if number is None and len(newest) == 1:
        return newest[0]
    if number is None:
        problem = f"{len(newest)} clauses of version {newest[0].version.number} contain these words; give more words of"
    else:
        problem = f"only {plural(len(found), 'clause')} with these words can be followed; give other words of"
    advice = "the clause that you mean, or its number with --clause:"
    raise UsageError("\n".join([f"{problem} {advice}", *_list_lines(found)]))


def _list_lines(found: Sequence[FoundClause], without: FoundClause | None = None) -> Iterator[str]:
    """Yields the lines of a list of clauses with their numbers. without: a clause that is left out."""
    for number, item in enumerate(found[:_LISTED], start=1):
        if item is not without:
            yield f"{number:>4}. {shortened(numbered(item.clause), _EXCERPT)}"
            yield f"      version {item.version.number}, under {place_of(item.clause, innermost=True)}"
    if len(found) > _LISTED:
        yield f"      and {len(found) - _LISTED} more"
