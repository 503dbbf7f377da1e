"""Finds the second copy of a policy in its own page.

Some vendors show the next version of their policy, and below it the version still in force. The two versions have most
clauses in common. A page with one version is compared with the first copy: what the vendor changed is then told where
it stands. The clauses of the second copy say nothing new, except for those that the first copy says otherwise.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.clauses import Clause
from diffing.order import Pair, heaviest_chain

# At least _FEWEST clauses of at least _LONG characters stand in both copies. These are at least the share _SAME of the
# long clauses of each copy, and of all long clauses.
_FEWEST, _LONG, _SAME = 12, 60, 0.7


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
    second = range(second.start - before, second.stop + after)
    texts = {(clause.kind, clause.text) for clause in clauses[first.start - before : second.start]}
    return SecondCopy(second, frozenset(n for n in second if (clauses[n].kind, clauses[n].text) in texts))


def _same(clauses: Sequence[Clause], first: int, second: int, offset: int) -> bool:
    return clauses[first + offset].text == clauses[second + offset].text
