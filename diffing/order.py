"""What kept its order: the heaviest set of pairs that cross nowhere. A pair outside it has moved."""

from bisect import bisect_left
from collections.abc import Sequence

Pair = tuple[int, int]


def heaviest_chain(pairs: Sequence[Pair], weights: Sequence[int]) -> set[int]:
    """The places in `pairs` of the heaviest chain whose old and new positions both rise.

    Heaviest increasing subsequence, by a prefix-maximum tree over the new positions (Fenwick 1994): n log n. Where two
    chains weigh the same, the one found first in old order stays, so the answer does not depend on chance.
    """
    order = sorted(range(len(pairs)), key=lambda at: (pairs[at][0], -pairs[at][1]))
    ranks = {new: rank for rank, new in enumerate(sorted({new for _, new in pairs}), 1)}
    tree: list[tuple[int, int]] = [(0, -1)] * (len(ranks) + 1)
    before: dict[int, int] = {}
    best = (0, -1)
    for at in order:
        rank = ranks[pairs[at][1]]
        weight, last = 0, -1
        node = rank - 1
        while node:
            if tree[node][0] > weight:
                weight, last = tree[node]
            node &= node - 1
        before[at] = last
        found = (weight + weights[at], at)
        if found[0] > best[0]:
            best = found
        node = rank
        while node < len(tree):
            if found[0] > tree[node][0]:
                tree[node] = found
            node += node & -node
    chain = set()
    at = best[1]
    while at >= 0:
        chain.add(at)
        at = before[at]
    return chain


class Gaps:
    """The stretches between the clauses that kept their order: two clauses in one gap may be one another's."""

    def __init__(self, chain: Sequence[Pair]) -> None:
        self._old = sorted(old for old, _ in chain)
        self._new = sorted(new for _, new in chain)

    def of_old(self, position: int) -> int:
        """The gap an old clause lies in, by how many of the chain stand before it."""
        return bisect_left(self._old, position)

    def of_new(self, position: int) -> int:
        """The gap a new clause lies in."""
        return bisect_left(self._new, position)

    def members(self, old: Sequence[int], new: Sequence[int]) -> list[tuple[list[int], list[int]]]:
        """Old and new positions by gap, gaps with both sides only, in reading order."""
        by_gap: dict[int, tuple[list[int], list[int]]] = {}
        for position in old:
            by_gap.setdefault(self.of_old(position), ([], []))[0].append(position)
        for position in new:
            by_gap.setdefault(self.of_new(position), ([], []))[1].append(position)
        return [by_gap[gap] for gap in sorted(by_gap) if by_gap[gap][0] and by_gap[gap][1]]
