"""Decides which pairs of clauses kept their order, and which pairs moved.

Two pairs cross if their clauses are in one order in the old document, and in the other order in the new document. Of
all sets of pairs in which no two pairs cross, the set with the largest total weight is chosen. The pairs in this set
kept their order. All other pairs moved.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

Pair = tuple[int, int]


def heaviest_chain(pairs: Sequence[Pair], weights: Sequence[int]) -> set[int]:
    """Returns the indices in `pairs` of the heaviest chain. In a chain, the old and the new positions both rise.

    The heaviest chain is the heaviest increasing subsequence. The algorithm uses a prefix-maximum tree over the new
    positions (Fenwick 1994), and takes n log n steps. Of several chains with the same weight, the result is the chain
    that the algorithm finds first in the order of the old positions. So equal input always gives the same chain.
    """
    order = sorted(range(len(pairs)), key=lambda index: (pairs[index][0], -pairs[index][1]))
    if all(pairs[index][0] < pairs[after][0] and pairs[index][1] < pairs[after][1] for index, after in pairwise(order)):
        return set(order)
    ranks = {new: rank for rank, new in enumerate(sorted({new for _, new in pairs}), 1)}
    # A node of the tree stands for a range of new positions. Its value describes the heaviest chain that ends in this
    # range: the weight of the chain, and the index of the last pair of the chain.
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
    """The gaps between neighbouring pairs of a chain.

    A gap consists of the old clauses and the new clauses between two neighbouring pairs. If a clause was changed in
    place, its old and its new form lie in the same gap.

    chain: pairs of positions that kept their order.
    """

    def __init__(self, chain: Sequence[Pair]) -> None:
        self._old = sorted(old for old, _ in chain)
        self._new = sorted(new for _, new in chain)

    def of_old(self, position: int) -> int:
        """Returns the number of the gap of an old clause: the number of the chain's pairs before the clause."""
        return bisect_left(self._old, position)

    def of_new(self, position: int) -> int:
        """Returns the number of the gap of a new clause: the number of the chain's pairs before the clause."""
        return bisect_left(self._new, position)

    def members(self, old: Sequence[int], new: Sequence[int]) -> list[tuple[list[int], list[int]]]:
        """Returns the old and the new positions in each gap, in reading order.

        Gaps without old or without new positions are left out.
        """
        by_gap: dict[int, tuple[list[int], list[int]]] = {}
        for position in old:
            by_gap.setdefault(self.of_old(position), ([], []))[0].append(position)
        for position in new:
            by_gap.setdefault(self.of_new(position), ([], []))[1].append(position)
        return [by_gap[gap] for gap in sorted(by_gap) if by_gap[gap][0] and by_gap[gap][1]]
