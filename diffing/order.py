"""Decides which pairs kept their order: the heaviest set of pairs that do not cross. A pair outside it has moved."""

from bisect import bisect_left
from collections.abc import Sequence

Pair = tuple[int, int]


def heaviest_chain(pairs: Sequence[Pair], weights: Sequence[int]) -> set[int]:
    """Returns the indices in `pairs` of the heaviest chain in which old and new positions both rise.

    This is the heaviest increasing subsequence, found with a prefix-maximum tree over the new positions (Fenwick 1994)
    in n log n. Of two chains that weigh the same the one that comes first in old order is taken, so the answer is
    deterministic.
    """
    order = sorted(range(len(pairs)), key=lambda index: (pairs[index][0], -pairs[index][1]))
    ranks = {new: rank for rank, new in enumerate(sorted({new for _, new in pairs}), 1)}
    # For each node: the weight of the heaviest chain that ends in its range, and the index of that chain's last pair.
    tree: list[tuple[int, int]] = [(0, -1)] * (len(ranks) + 1)
    previous: dict[int, int] = {}
    best = (0, -1)
    for index in order:
        rank = ranks[pairs[index][1]]
        weight, last = 0, -1
        node = rank - 1
        while node:
            if tree[node][0] > weight:
                weight, last = tree[node]
            node &= node - 1
        previous[index] = last
        chain_end = (weight + weights[index], index)
        if chain_end[0] > best[0]:
            best = chain_end
        node = rank
        while node < len(tree):
            if chain_end[0] > tree[node][0]:
                tree[node] = chain_end
            node += node & -node
    chain = set()
    index = best[1]
    while index >= 0:
        chain.add(index)
        index = previous[index]
    return chain


class Gaps:
    """The stretches between the clauses that kept their order. A clause and its counterpart mostly lie in one gap."""

    def __init__(self, chain: Sequence[Pair]) -> None:
        self._old = sorted(old for old, _ in chain)
        self._new = sorted(new for _, new in chain)

    def of_old(self, position: int) -> int:
        """Returns the number of the gap that an old clause lies in: how many pairs of the chain stand before it."""
        return bisect_left(self._old, position)

    def of_new(self, position: int) -> int:
        """Returns the number of the gap that a new clause lies in."""
        return bisect_left(self._new, position)

    def members(self, old: Sequence[int], new: Sequence[int]) -> list[tuple[list[int], list[int]]]:
        """Returns the old and new positions of each gap that has both, in reading order."""
        by_gap: dict[int, tuple[list[int], list[int]]] = {}
        for position in old:
            by_gap.setdefault(self.of_old(position), ([], []))[0].append(position)
        for position in new:
            by_gap.setdefault(self.of_new(position), ([], []))[1].append(position)
        return [by_gap[gap] for gap in sorted(by_gap) if by_gap[gap][0] and by_gap[gap][1]]
