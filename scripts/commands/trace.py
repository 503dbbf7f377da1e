"""`clausewatch trace`"""

import click
from rich.console import Console

from core.exceptions import UsageError
from core.policies import PolicyKey
from core.settings import load_settings
from intake.derived import comparing_calls, refresh_derived
from reports.clause_lines import place_of
from reports.excerpts import shortened
from reports.places import numbered
from reports.terminal_lineage import print_trace
from scripts.options import declared_policy, format_option, open_store, policy_option, vendor_argument
from scripts.printing import print_json, print_sentences
from views.clause_history import FoundClauses, find_clauses, trace

# At most so many of several clauses that contain the words are listed, each with so many characters.
_LISTED = 9
_EXCERPT = 70


@click.command("trace")
@vendor_argument
@click.argument("words", metavar="WORDS")
@click.option(
    "--clause",
    "chosen",
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
def command(vendor: str, words: str, chosen: int | None, at: str | None, policy: str, output_format: str) -> None:
    """Follow one clause of a policy through all versions.

    WORDS are some words of the clause, as the policy has them: `clausewatch trace hesk "clear gifs"`. Prints when the
    clause first appeared, each time it changed, with a redline, when it moved, was split, merged or removed, and
    whether it came back. Each date is the day of the first capture after the event, in UTC.
    """
    settings = load_settings()
    key = PolicyKey(vendor, policy)
    declaration, _ = declared_policy(settings, key)
    with open_store(settings) as store, comparing_calls(settings.limits) as call:
        found = find_clauses(store, key, words, at)
        clause = found.clauses[_index(found, words, chosen)]
        refresh_derived(store, [key], call)
        result = trace(store, key, found.version.id, clause.position, call)
    if output_format == "json":
        print_json(result.to_dict())
        return
    click.echo(
        f"{declaration.name} {policy}: a clause of version {found.version.number} (@{found.version.id})\n", err=True
    )
    print_trace(result, Console(highlight=False))
    if result.missing:
        click.echo()
        print_sentences(result.missing)


def _index(found: FoundClauses, words: str, chosen: int | None) -> int:
    """Returns the index of the clause that the user means. UsageError if it isn't clear, or if there is none."""
    count = len(found.clauses)
    if chosen is not None and chosen <= count:
        return chosen - 1
    if count == 1 and chosen is None:
        return 0
    listed = [
        f"  {number}. {shortened(numbered(clause), _EXCERPT)}\n     under {place_of(clause)}"
        for number, clause in enumerate(found.clauses[:_LISTED], start=1)
    ]
    more = [f"  and {count - _LISTED} more"] if count > _LISTED else []
    contain = "clauses contain" if count > 1 else "clause contains"
    problem = (
        f"{count} {contain} these words in version {found.version.number}; give more words of the clause that you "
        "mean, or its number with --clause:"
    )
    raise UsageError("\n".join([problem, *listed, *more]))
