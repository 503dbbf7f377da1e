"""Pairs clauses whose keys are equal. A key is a form of a clause's text (`diffing.alignment`).

There are three steps. The first step pairs clauses whose key occurs exactly once on each side. The second step pairs
clauses that are in the same order on both sides. The third step pairs the remaining clauses, first those that are next
to an existing pair.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from diffing.order import Gaps, Pair, heaviest_chain

# Upper limit, in bits, of the matrix with which the longest common subsequence of two runs of clauses is computed:
# 30 MB. If two runs need a larger matrix, both runs are cut into stretches.
_MATRIX_BITS = 240_000_000


class Pairing:
    """The pairs of old and new clauses that were made so far, and the weights of all clauses.

    old_weights, new_weights: the weight of each clause of the old and the new document.
    new_of: a dictionary from the position of each paired old clause to the position of the paired new clause.
    old_of: the same pairs as `new_of`, as a dictionary from new positions to old positions.
    coarse: whether some runs of clauses were so long that they were cut into stretches.
    """

    def __init__(self, old_weights: Sequence[int], new_weights: Sequence[int]) -> None:
        self.old_weights, self.new_weights = old_weights, new_weights
        self.new_of: dict[int, int] = {}
        self.old_of: dict[int, int] = {}
        self.coarse = False

    def add(self, old: int, new: int) -> None:
        """Pairs the old clause at one position with the new clause at another position."""
        self.new_of[old] = new
        self.old_of[new] = old

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
    old_keys: Sequence[Hashable | None],
    new_keys: Sequence[Hashable | None],
    distinctive: frozenset[Hashable] | None = None,
) -> None:
    """Pairs the unpaired clauses whose keys are equal. A clause whose key is None is not paired.

    old_keys, new_keys: the key of each clause of the old and the new document.
    distinctive: the keys by which moved clauses may be paired; None if all keys may be used.
    """
    old = [position for position in pairing.unpaired_old if old_keys[position] is not None]
    new = [position for position in pairing.unpaired_new if new_keys[position] is not None]
    shared = {old_keys[position] for position in old} & {new_keys[position] for position in new}
    if not shared:
        return
    old = [position for position in old if old_keys[position] in shared]
    new = [position for position in new if new_keys[position] in shared]

    def is_distinctive(key: Hashable | None) -> bool:
        return distinctive is None or key in distinctive

    old_count = Counter(old_keys[position] for position in old)
    new_count = Counter(new_keys[position] for position in new)
    new_position_of = {new_keys[position]: position for position in new}
    for position in old:
        key = old_keys[position]
        if old_count[key] == new_count[key] == 1 and is_distinctive(key):
            pairing.add(position, new_position_of[key])

    old = [position for position in old if position not in pairing.new_of]
    new = [position for position in new if position not in pairing.old_of]
    if not (old and new):
        return
    letters: dict[Hashable, str] = {}

    def letter(key: Hashable | None) -> str:
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

    waiting: defaultdict[Hashable | None, list[int]] = defaultdict(list)
    for position in new:
        if position not in pairing.old_of and is_distinctive(new_keys[position]):
            waiting[new_keys[position]].append(position)
    rest = [position for position in old if position not in pairing.new_of and waiting.get(old_keys[position])]
    # Two passes extend existing pairs, to decide which occurrences of a repeated clause are paired. The first pass goes
    # forwards: if old clause i-1 is paired with new clause j-1, old clause i is paired with new clause j. The second
    # pass goes backwards: it starts from the pair of old clause i+1 and new clause j+1. In both passes, only unpaired
    # clauses with equal keys are paired.
    for step, order in ((-1, rest), (1, rest[::-1])):
        for position in order:
            neighbour = pairing.new_of.get(position + step)
            if position in pairing.new_of or neighbour is None:
                continue
            target = neighbour - step
            if 0 <= target < len(new_keys) and target not in pairing.old_of and new_keys[target] == old_keys[position]:
                pairing.add(position, target)
    for position in rest:
        if position in pairing.new_of:
            continue
        queue = waiting[old_keys[position]]
        while queue and queue[0] in pairing.old_of:
            queue.pop(0)
        if queue:
            pairing.add(position, queue.pop(0))


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
