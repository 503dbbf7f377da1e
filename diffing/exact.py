"""Pairs of clauses whose keys are equal: the unique ones first, then runs in order, then what is left by neighbours."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from diffing.order import Gaps, Pair, heaviest_chain

# The bit matrix of one longest common subsequence: 30 MB at most. Beyond, the two sides are cut into stretches.
_MATRIX_BITS = 240_000_000


class Pairing:
    """Which clauses have found their other side so far, and what kept its order among them."""

    def __init__(self, old_weights: Sequence[int], new_weights: Sequence[int]) -> None:
        self.old_weights, self.new_weights = old_weights, new_weights
        self.new_of: dict[int, int] = {}
        self.old_of: dict[int, int] = {}
        self.coarse = False

    def add(self, old: int, new: int) -> None:
        """Make them a pair."""
        self.new_of[old] = new
        self.old_of[new] = old

    def release_moved(self) -> None:
        """Take apart the pairs that did not keep their order, to be paired anew."""
        kept = self.chain()
        self.new_of = dict(kept)
        self.old_of = {new: old for old, new in kept}

    @property
    def free_old(self) -> list[int]:
        """Old clauses without another side, in reading order."""
        return [position for position in range(len(self.old_weights)) if position not in self.new_of]

    @property
    def free_new(self) -> list[int]:
        """New clauses without another side, in reading order."""
        return [position for position in range(len(self.new_weights)) if position not in self.old_of]

    def chain(self) -> list[Pair]:
        """The pairs that kept their order."""
        pairs = sorted(self.new_of.items())
        kept = heaviest_chain(pairs, [self.old_weights[old] for old, _ in pairs])
        return [pairs[at] for at in sorted(kept)]


def pair_equal(
    pairing: Pairing,
    old_keys: Sequence[Hashable | None],
    new_keys: Sequence[Hashable | None],
    telling: frozenset[Hashable] | None = None,
) -> None:
    """Pair the free clauses of equal keys (None equals nothing).

    telling: the keys that say enough to pair clauses out of order; None means all of them.
    """
    old = [position for position in pairing.free_old if old_keys[position] is not None]
    new = [position for position in pairing.free_new if new_keys[position] is not None]
    shared = {old_keys[position] for position in old} & {new_keys[position] for position in new}
    if not shared:
        return
    old = [position for position in old if old_keys[position] in shared]
    new = [position for position in new if new_keys[position] in shared]

    def anywhere(key: Hashable | None) -> bool:
        return telling is None or key in telling

    old_count, new_count = Counter(old_keys[at] for at in old), Counter(new_keys[at] for at in new)
    place = {new_keys[position]: position for position in new}
    for position in old:
        key = old_keys[position]
        if old_count[key] == new_count[key] == 1 and anywhere(key):
            pairing.add(position, place[key])

    old = [position for position in old if position not in pairing.new_of]
    new = [position for position in new if position not in pairing.old_of]
    if not (old and new):
        return
    letters: dict[Hashable, str] = {}

    def letter(key: Hashable | None) -> str:
        # Any code point will do but the surrogates; more than a million different keys share letters no document has.
        at = len(letters) % 1_000_000
        return letters.setdefault(key, chr(at + 1 if at < 0xD000 else at + 0x1001))

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
        if position not in pairing.old_of and anywhere(new_keys[position]):
            waiting[new_keys[position]].append(position)
    left = [position for position in old if position not in pairing.new_of and waiting.get(old_keys[position])]
    # Forwards, then backwards: a copy goes where the clause before it or after it went.
    for step, order in ((-1, left), (1, left[::-1])):
        for position in order:
            beside = pairing.new_of.get(position + step)
            if position in pairing.new_of or beside is None:
                continue
            there = beside - step
            if 0 <= there < len(new_keys) and there not in pairing.old_of and new_keys[there] == old_keys[position]:
                pairing.add(position, there)
    for position in left:
        if position in pairing.new_of:
            continue
        queue = waiting[old_keys[position]]
        while queue and queue[0] in pairing.old_of:
            queue.pop(0)
        if queue:
            pairing.add(position, queue.pop(0))


def _stretches(pairing: Pairing, old: list[int], new: list[int]) -> list[tuple[list[int], list[int]]]:
    """The two runs whole, or cut into as many parts as the bound on memory asks for."""
    parts = 1
    while len(old) * len(new) / parts / parts > _MATRIX_BITS:
        parts *= 2
    if parts == 1:
        return [(old, new)]
    pairing.coarse = True
    cut = [(len(old) * part // parts, len(new) * part // parts) for part in range(parts + 1)]
    return [(old[a:c], new[b:d]) for (a, b), (c, d) in pairwise(cut)]
