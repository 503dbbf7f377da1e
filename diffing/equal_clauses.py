"""Pairs clauses whose keys are equal. A key is a form of a clause's text (`diffing.alignment`).

There are four steps. The first step pairs clauses whose key occurs exactly once on each side. The other steps decide
which occurrences of a repeated clause belong together. The second step pairs the clauses that continue a run of pairs
that kept their order. The third step pairs clauses that are in the same order on both sides. The fourth step pairs
clauses in other places. For a short repeated clause, lying next to a pair is then the only evidence: a line such as
"E-mail address" that left one list and came into another list did not move there.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from diffing.order import Gaps, Pair, heaviest_chain

# Upper limit, in bits, of the matrix with which the longest common subsequence of two runs of clauses is computed:
# 30 MB. If two runs need a larger matrix, both runs are cut into stretches.
_MATRIX_BITS = 240_000_000


#: A form of a clause's text, and the clause's kind, or '' if clauses of different kinds may be paired.
Key = tuple[str, str]


class Pairing:
    """The pairs of old and new clauses that were made so far, and the weights of all clauses.

    old_weights, new_weights: the weight of each clause of the old and the new document.
    old_lines, new_lines: the positions of the repeated lines of the old and the new document. A repeated line is a
        short clause whose text occurs several times in one document. Two repeated lines in different places are paired
        only if they lie next to a pair.
    new_of: a dictionary from the position of each paired old clause to the position of the paired new clause.
    old_of: the same pairs as `new_of`, as a dictionary from new positions to old positions.
    coarse: whether some runs of clauses were so long that they were cut into stretches.
    """

    def __init__(
        self,
        old_weights: Sequence[int],
        new_weights: Sequence[int],
        old_lines: frozenset[int] = frozenset(),
        new_lines: frozenset[int] = frozenset(),
    ) -> None:
        self.old_weights, self.new_weights = old_weights, new_weights
        self.old_lines, self.new_lines = old_lines, new_lines
        self.new_of: dict[int, int] = {}
        self.old_of: dict[int, int] = {}
        self.coarse = False

    def add(self, old: int, new: int) -> None:
        """Pairs the old clause at one position with the new clause at another position."""
        self.new_of[old] = new
        self.old_of[new] = old

    def is_line(self, old: int, new: int) -> bool:
        """Returns whether one of two clauses is a repeated line."""
        return old in self.old_lines or new in self.new_lines

    def release(self, old: int) -> None:
        """Takes apart the pair of the old clause at a position."""
        del self.old_of[self.new_of.pop(old)]

    def release_moved(self) -> None:
        """Takes apart the pairs that did not keep their order. The clauses of these pairs can then be paired again."""
        in_order = self.chain()
        self.new_of = dict(in_order)
        self.old_of = {new: old for old, new in in_order}

    @property
    def unpaired_old(self) -> list[int]:
        """The positions of the old clauses that are in no pair, in reading order."""
        return [position for position in range(len(self.old_weights)) if position not in self.new_of]

    @property
    def unpaired_new(self) -> list[int]:
        """The positions of the new clauses that are in no pair, in reading order."""
        return [position for position in range(len(self.new_weights)) if position not in self.old_of]

    def chain(self) -> list[Pair]:
        """Returns the pairs that kept their order, as positions (old, new) in reading order."""
        pairs = sorted(self.new_of.items())
        in_order = heaviest_chain(pairs, [self.old_weights[old] for old, _ in pairs])
        return [pairs[index] for index in sorted(in_order)]


def pair_equal(
    pairing: Pairing,
    old_keys: Sequence[Key | None],
    new_keys: Sequence[Key | None],
    distinctive: frozenset[str],
) -> None:
    """Pairs the unpaired clauses whose keys are equal. A clause whose key is None is not paired.

    old_keys, new_keys: the key of each clause of the old and the new document.
    distinctive: the texts in the keys by which moved clauses may be paired.
    """
    old = [position for position in pairing.unpaired_old if old_keys[position] is not None]
    new = [position for position in pairing.unpaired_new if new_keys[position] is not None]
    shared = {old_keys[position] for position in old} & {new_keys[position] for position in new}
    if not shared:
        return
    old = [position for position in old if old_keys[position] in shared]
    new = [position for position in new if new_keys[position] in shared]

    old_count = Counter(old_keys[position] for position in old)
    new_count = Counter(new_keys[position] for position in new)
    new_position_of = {new_keys[position]: position for position in new}
    for position in old:
        key = old_keys[position]
        target = new_position_of[key]
        if (
            key
            and old_count[key] == new_count[key] == 1
            and key[0] in distinctive
            and not pairing.is_line(position, target)
        ):
            pairing.add(position, target)

    old = [position for position in old if position not in pairing.new_of]
    new = [position for position in new if position not in pairing.old_of]
    if not (old and new):
        return
    # What stands around a repeated clause says more than the order of its occurrences. So runs of pairs are continued
    # before the occurrences are counted off.
    _continue_runs(pairing, old_keys, new_keys, dict(pairing.chain()), old)
    old = [position for position in old if position not in pairing.new_of]
    new = [position for position in new if position not in pairing.old_of]
    letters: dict[Key | None, str] = {}

    def letter(key: Key | None) -> str:
        # Code points up to U+D000 and from U+E001 are used as letters, because surrogates can't be used. With more than
        # a million keys, some keys would share a letter, but no document has that many clauses.
        index = len(letters) % 1_000_000
        return letters.setdefault(key, chr(index + 1 if index < 0xD000 else index + 0x1001))

    for old_run, new_run in Gaps(pairing.chain()).members(old, new):
        for old_stretch, new_stretch in _stretches(pairing, old_run, new_run):
            opcodes = LCSseq.opcodes(
                "".join(letter(old_keys[position]) for position in old_stretch),
                "".join(letter(new_keys[position]) for position in new_stretch),
            )
            for code in opcodes:
                if code.tag == "equal":
                    for offset in range(code.src_end - code.src_start):
                        pairing.add(old_stretch[code.src_start + offset], new_stretch[code.dest_start + offset])

    waiting: defaultdict[Key | None, list[int]] = defaultdict(list)
    for position in new:
        key = new_keys[position]
        if position not in pairing.old_of and key and key[0] in distinctive:
            waiting[key].append(position)
    rest = [position for position in old if position not in pairing.new_of and waiting.get(old_keys[position])]
    _continue_runs(pairing, old_keys, new_keys, pairing.new_of, rest)
    for position in rest:
        if position in pairing.new_of:
            continue
        queue = waiting[old_keys[position]]
        while queue and (queue[0] in pairing.old_of or queue[0] in pairing.new_lines):
            queue.pop(0)
        if queue and position not in pairing.old_lines:
            pairing.add(position, queue.pop(0))


def _continue_runs(
    pairing: Pairing,
    old_keys: Sequence[Key | None],
    new_keys: Sequence[Key | None],
    start: dict[int, int],
    old: list[int],
) -> None:
    """Pairs clauses with equal keys that lie next to a pair, then the clauses next to these, and so on.

    The first pass goes forwards: if old clause i-1 is paired with new clause j-1, old clause i is paired with new
    clause j. The second pass goes backwards: it starts from the pair of old clause i+1 and new clause j+1. Forwards
    comes first, because a clause belongs to the heading or the lead-in above it.

    start: the pairs from which to go, as a dictionary from old to new positions.
    old: the positions of the old clauses to pair, in reading order.
    """
    known = dict(start)
    for step, order in ((-1, old), (1, old[::-1])):
        for position in order:
            neighbour = known.get(position + step)
            if position in pairing.new_of or neighbour is None:
                continue
            target = neighbour - step
            if 0 <= target < len(new_keys) and target not in pairing.old_of and new_keys[target] == old_keys[position]:
                pairing.add(position, target)
                known[position] = target


def _stretches(pairing: Pairing, old: list[int], new: list[int]) -> list[tuple[list[int], list[int]]]:
    """Cuts two runs of clauses into pairs of stretches. Each pair needs a matrix of at most _MATRIX_BITS.

    Runs that are short enough stay whole.
    """
    parts = 1
    while len(old) * len(new) / parts / parts > _MATRIX_BITS:
        parts *= 2
    if parts == 1:
        return [(old, new)]
    pairing.coarse = True
    cuts = [(len(old) * part // parts, len(new) * part // parts) for part in range(parts + 1)]
    return [(old[a:c], new[b:d]) for (a, b), (c, d) in pairwise(cuts)]
