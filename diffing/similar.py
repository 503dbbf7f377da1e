"""Pairs of clauses that are alike but not equal, and clauses split in several or merged from several.

Hypotheses (a pair, a split, a merger) are taken best first. A pair within one gap of the clauses that kept their
order needs less likeness than one across gaps: its place speaks for it. Weak pairs come last, when the strong ones
have made the gaps small.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

from diffing.exact import Pairing
from diffing.likeness import Likeness, Text, candidates, likeness
from diffing.order import Gaps, Pair, heaviest_chain
from diffing.pieces import runs_of_parts

# Measured on policies with known edits: under these a pair is more often two clauses than one changed.
_STRONG, _SHORT_ELSEWHERE, _SHORT = 0.42, 0.6, 6
_IN_PLACE, _IN_PLACE_AMONG_MANY, _MANY = 0.28, 0.36, 12
# A clause that stands whole in a longer one, so many words of it at least.
_CONTAINED, _CONTAINED_IN = 0.9, 0.3
_TELLING_IN_PLACE, _TELLING = 4, 10
# A heading seldom becomes a sentence.
_OTHER_KIND = 0.15
# How much of a clause must stand in another, looked at alone, to be tried as a part of it.
_MAYBE_PART = 0.4
# What explains a clause whole comes before what explains a part of it, the bonus of a pair in place included.
_NEAR_BONUS, _BESIDE_BONUS, _WHOLE_BONUS = 0.08, 0.06, 0.16
# A gap of so many pairs is measured whole; a larger one by the rare words its clauses share.
_WHOLE_GAP = 600
# With so many pairs, single words are too common to look candidates up by.
_VERY_MANY = 1_000_000

Sides = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Match:
    """Clauses of the old side that became clauses of the new: one and one, one and several, or several and one.

    likeness: from 0 to 1; 1 for equal keys.
    """

    old: tuple[int, ...]
    new: tuple[int, ...]
    likeness: float


class Hypotheses:
    """What the free clauses, whose words are given by position, may have become.

    headings: the positions of the headings on either side.
    coarse: whether there are so many that only pairs of words were looked up.
    """

    def __init__(
        self,
        pairing: Pairing,
        old: dict[int, Text],
        new: dict[int, Text],
        headings: tuple[set[int], set[int]],
    ) -> None:
        self._pairing, self._old, self._new, self._headings = pairing, old, new, headings
        self.coarse = len(old) * len(new) > _VERY_MANY
        self._chain = pairing.chain()
        self._gaps = Gaps(self._chain)
        self._measured = self._measure()
        self._strong = [*self._strong_pairs(), *self._splits_and_mergers()]

    def best(self, banned: set[Sides]) -> list[Match]:
        """The hypotheses that hold together, best first; none of the banned, which turned out not to be believable."""
        taken = _Taken(banned)
        taken.take(self._strong)
        taken.take(self._weak_pairs(taken))
        return taken.matches

    def _measure(self) -> dict[Pair, Likeness]:
        """How alike the pairs are that may be one another's; the others are left out."""
        old, new = self._old, self._new
        worth = candidates(old, new, pairs_of_words=self.coarse)
        for gap_old, gap_new in self._gaps.members(list(old), list(new)):
            if len(gap_old) * len(gap_new) <= _WHOLE_GAP:
                worth.update((i, j) for i in gap_old for j in gap_new)
        measured = {}
        for i, j in sorted(worth):
            like = likeness(old[i], new[j], 0.2)
            if like.both >= _IN_PLACE or like.of_old >= _MAYBE_PART or like.of_new >= _MAYBE_PART:
                measured[i, j] = like
        return measured

    def _of_other_kind(self, i: int, j: int) -> bool:
        return (i in self._headings[0]) != (j in self._headings[1])

    def _strong_pairs(self) -> list[tuple[float, Match]]:
        new_of = self._pairing.new_of
        found = []
        for (i, j), like in self._measured.items():
            near = self._gaps.of_old(i) == self._gaps.of_new(j)
            beside = new_of.get(i - 1) == j - 1 or new_of.get(i + 1) == j + 1
            short = min(len(self._old[i].letters), len(self._new[j].letters)) < _SHORT
            least = _SHORT_ELSEWHERE if short and not (near or beside) else _STRONG
            if _stands_whole(self._old[i], self._new[j], like, near or beside):
                least = 0.0 if near else _CONTAINED_IN
            elif self._of_other_kind(i, j):
                least += _OTHER_KIND
            if like.both >= least:
                found.append((like.both + _NEAR_BONUS * near + _BESIDE_BONUS * beside, Match((i,), (j,), like.both)))
        return found

    def _splits_and_mergers(self) -> list[tuple[float, Match]]:
        """Runs of clauses of one side, most of each of which stands in one clause of the other."""
        parts_of_old: defaultdict[int, dict[int, float]] = defaultdict(dict)
        parts_of_new: defaultdict[int, dict[int, float]] = defaultdict(dict)
        for (i, j), like in self._measured.items():
            if like.of_new >= _MAYBE_PART:
                parts_of_old[i][j] = like.both
            if like.of_old >= _MAYBE_PART:
                parts_of_new[j][i] = like.both
        found = []
        for i, parts in sorted(parts_of_old.items()):
            for run, both in runs_of_parts(self._old[i], self._new, parts):
                found.append((both + _WHOLE_BONUS, Match((i,), run, both)))
        for j, parts in sorted(parts_of_new.items()):
            for run, both in runs_of_parts(self._new[j], self._old, parts):
                found.append((both + _WHOLE_BONUS, Match(run, (j,), both)))
        return found

    def _weak_pairs(self, taken: "_Taken") -> list[tuple[float, Match]]:
        """Pairs with little in common but their place, between what the strong hypotheses have settled."""
        pairs = self._chain + [(match.old[0], match.new[0]) for match in taken.matches]
        kept = heaviest_chain(pairs, [self._pairing.old_weights[i] for i, _ in pairs])
        gaps = Gaps([pairs[at] for at in kept])
        rivals = Counter(gaps.of_old(i) for i in self._old if i not in taken.old)
        rivals.update(gaps.of_new(j) for j in self._new if j not in taken.new)
        found = []
        for (i, j), like in self._measured.items():
            gap = gaps.of_old(i)
            least = _IN_PLACE_AMONG_MANY if rivals[gap] > _MANY else _IN_PLACE
            if self._of_other_kind(i, j):
                least += _OTHER_KIND
            if like.both >= least and gap == gaps.of_new(j):
                found.append((like.both, Match((i,), (j,), like.both)))
        return found


class _Taken:
    """The matches taken so far, no clause in two of them."""

    def __init__(self, banned: set[Sides]) -> None:
        self.matches: list[Match] = []
        self.old: set[int] = set()
        self.new: set[int] = set()
        self._banned = banned

    def take(self, hypotheses: list[tuple[float, Match]]) -> None:
        """Take what is still free, best first."""
        for _, match in sorted(hypotheses, key=lambda item: (-item[0], item[1].old, item[1].new)):
            free = self.old.isdisjoint(match.old) and self.new.isdisjoint(match.new)
            if free and (match.old, match.new) not in self._banned:
                self.matches.append(match)
                self.old.update(match.old)
                self.new.update(match.new)


def _stands_whole(old: Text, new: Text, like: Likeness, in_place: bool) -> bool:
    """Whether a clause stands whole in a longer one: it got a sentence more, or lost the others."""
    shorter, longer = sorted((old.letters, new.letters), key=lambda letters: (len(letters), letters))
    if in_place and len(shorter) >= _TELLING_IN_PLACE and (longer.startswith(shorter) or longer.endswith(shorter)):
        return True
    contained = like.both >= _CONTAINED_IN and max(like.of_old, like.of_new) >= _CONTAINED
    return contained and len(shorter) >= (_TELLING_IN_PLACE if in_place else _TELLING)
