"""Finds the second copy of a policy in its own page.

Some vendors show the next version of their policy, and below it the version still in force. The two versions have most
clauses in common. A page with one version is compared with the first copy: what the vendor changed is then told where
it stands. The clauses of the second copy say nothing new, except for those that the first copy says otherwise.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.clauses import Clause
from diffing.numerals import MONTHS
from diffing.order import Pair, heaviest_chain
from diffing.tokenization import words_of

# At least _FEWEST clauses of at least _LONG characters stand in both copies. These are at least the share _SAME of the
# long clauses of each copy, and of all long clauses.
_FEWEST, _LONG, _SAME = 12, 60, 0.7
# A heading or a lead-in is looked for in so many clauses above a clause.
_FARTHEST = 200
# A title of these words, of numbers and of the first copy's title says that the second copy is another version.
_WORD = re.compile(r"\w+")
_VERSION_WORDS = MONTHS | words_of(
    "january february march april may june july august september october november december "
    "version versions in force previous previously earlier former old older prior current currently effective archived "
    "archive until till from as of on since valid applicable the this our is was last updated date dated "
    "bisher bisherige bisheriger frühere alte fassung vorherige gültig bis ab vom zum stand in kraft archiviert "
    "précédente antérieure ancienne jusqu au du le en vigueur archivée dernière "
    "versión anterior vigente hasta desde versione precedente fino al dal versie vorige geldig tot vanaf"
)


@dataclass(frozen=True, slots=True)
class SecondCopy:
    """The second copy of a policy.

    positions: the positions of its clauses; empty if the document shows the policy once.
    repeats: the positions of those of its clauses that stand in the first copy, too.
    """

    positions: range
    repeats: frozenset[int]


_NO_COPY = SecondCopy(range(0), frozenset())


def second_copy(clauses: Sequence[Clause]) -> SecondCopy:
    """Returns the second copy of the policy that a document shows."""
    positions: defaultdict[str, list[int]] = defaultdict(list)
    for position, clause in enumerate(clauses):
        if len(clause.text) >= _LONG:
            positions[clause.text].append(position)
    twice: list[Pair] = [(places[0], places[1]) for places in positions.values() if len(places) == 2]
    in_order = heaviest_chain(twice, [1] * len(twice)) if len(twice) >= _FEWEST else set()
    pairs = sorted(twice[index] for index in in_order)
    if len(pairs) < _FEWEST or pairs[-1][0] >= pairs[0][1]:
        return _NO_COPY
    copies = [range(side[0], side[-1] + 1) for side in zip(*pairs, strict=True)]
    long = [position for position, clause in enumerate(clauses) if len(clause.text) >= _LONG]
    if any(len(pairs) < _SAME * sum(n in copy for n in long) for copy in copies) or 2 * len(pairs) < _SAME * len(long):
        return _NO_COPY
    first, second = copies
    # The clauses around the first and the last long clause belong to the copy as far as they are the same.
    before = after = 0
    while before < min(first.start, second.start - first.stop) and _same(
        clauses, first.start, second.start, -before - 1
    ):
        before += 1
    while second.stop + after < len(clauses) and _same(clauses, first.stop, second.stop, after):
        after += 1
    first = range(first.start - before, first.stop + after)
    second = range(second.start - before, second.stop + after)
    if not _is_version(clauses, first, second):
        return _NO_COPY
    said = {_said(clauses, n, first.start) for n in range(first.start, second.start)}
    return SecondCopy(second, frozenset(n for n in second if _said(clauses, n, second.start) in said))


def _is_version(clauses: Sequence[Clause], first: range, second: range) -> bool:
    """Returns whether the clauses between two copies say that the second copy is another version of the policy.

    A heading such as "Customers in the US" says that the same rules hold for others, too, which is news.
    """
    title = next((clauses[n] for n in range(first.start, -1, -1) if clauses[n].kind == "heading"), None)
    own = _scope(title.text) if title else []
    between = clauses[first.stop : second.start]
    return all(
        _scope(clause.text) in ([], own)
        for n, clause in enumerate(between, start=1)
        if clause.kind == "heading"
        or n == len(between)
        or len(clause.text) < _LONG
        or clause.text.endswith((":", "："))
    )


def _scope(text: str) -> list[str]:
    """Returns the words of a title that are neither about versions nor dates."""
    return [word for word in _WORD.findall(text.casefold()) if word not in _VERSION_WORDS and not word.isdigit()]


def _said(clauses: Sequence[Clause], position: int, start: int) -> tuple[str, ...]:
    """Returns what a clause of a copy says: its kind, its text, the heading above it, and what stands above its list.

    start: the position where the copy begins. What stands above the copy is left out.
    """
    clause = clauses[position]
    heading = lead_in = ""
    for n in range(position - 1, max(start, position - _FARTHEST) - 1, -1):
        above = clauses[n]
        if not lead_in and above.kind != clause.kind:
            lead_in = above.text
        if above.kind == "heading":
            heading = above.text
            break
    is_in_list = clause.kind in ("list_item", "table_row")
    return clause.kind, clause.text, "" if clause.kind == "heading" else heading, lead_in if is_in_list else ""


def _same(clauses: Sequence[Clause], first: int, second: int, offset: int) -> bool:
    return clauses[first + offset].text == clauses[second + offset].text
