"""Matches clauses that are similar but not equal, and clauses that were split into several or merged from several.

Hypotheses (a pair, a split, a merge) are accepted best first. A pair whose clauses lie in the same gap between the
clauses that kept their order needs less similarity than a pair across gaps. Weak pairs come last, when the strong
hypotheses have made the gaps small.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

from diffing.equal_clauses import Pairing
from diffing.order import Gaps, Pair, heaviest_chain
from diffing.similarity import EncodedText, Similarity, candidates, similarity
from diffing.splits_and_merges import runs_of_parts

# Thresholds measured on policies with known edits: below them a pair is more often two clauses than one changed clause.
# Clauses of fewer than _SHORT words that lie in different gaps need more.
_STRONG, _SHORT_ELSEWHERE, _SHORT = 0.42, 0.6, 6
# For pairs in one gap; the higher threshold holds if more than _MANY clauses lie in it.
_IN_PLACE, _IN_PLACE_AMONG_MANY, _MANY = 0.28, 0.36, 12
# A clause counts as contained in a longer one if this share of it stands there and the pair is at least this similar.
_CONTAINED, _CONTAINED_IN = 0.9, 0.3
# How many words a contained clause has at least: if the two lie in one gap or beside a known pair, and otherwise.
_CONTAINED_WORDS_IN_PLACE, _CONTAINED_WORDS = 4, 10
# Added to the threshold of a heading and a clause of another kind: a heading seldom becomes a sentence.
_OTHER_KIND = 0.15
# Which share of a clause must stand in another clause for it to be tried as a part of that clause.
_MAYBE_PART = 0.4
# Bonuses on similarity: for a pair in one gap, for a pair beside a known pair, and for a split or merge. The last is
# larger than the other two together, since a hypothesis that explains a whole clause comes before one for a part of it.
_NEAR_BONUS, _BESIDE_BONUS, _WHOLE_BONUS = 0.08, 0.06, 0.16
# In a gap with at most this many pairs every pair is measured; in a larger one only clauses that share rare words.
_WHOLE_GAP = 600
# With more pairs of unpaired clauses than this no single word is rare enough to find candidates by.
_VERY_MANY = 1_000_000

Sides = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Match:
    """Clauses of the old document that became clauses of the new one: one to one, one to several, or several to one.

    old, new: their positions. similarity: from 0 to 1; 1 for clauses with equal keys.
    """

    old: tuple[int, ...]
    new: tuple[int, ...]
    similarity: float


class Hypotheses:
    """All hypotheses of what the unpaired clauses may have become.

    old, new: the unpaired clauses, by position. headings: the positions of all headings of either document.
    coarse: whether there are so many clauses that candidates were found by pairs of words only.
    """

    def __init__(
        self,
        pairing: Pairing,
        old: dict[int, EncodedText],
        new: dict[int, EncodedText],
        headings: tuple[set[int], set[int]],
    ) -> None:
        self._pairing, self._old, self._new, self._headings = pairing, old, new, headings
        self.coarse = len(old) * len(new) > _VERY_MANY
        self._chain = pairing.chain()
        self._gaps = Gaps(self._chain)
        self._measured = self._measure()
        self._strong = [*self._strong_pairs(), *self._splits_and_merges()]

    def best(self, banned: set[Sides]) -> list[Match]:
        """Returns the best hypotheses of which no two share a clause, in the order in which they were accepted.

        banned: hypotheses that turned out not to be credible.
        """
        accepted = _Accepted(banned)
        accepted.add(self._strong)
        accepted.add(self._weak_pairs(accepted))
        return accepted.matches

    def _measure(self) -> dict[Pair, Similarity]:
        """Returns the similarity of each pair that is similar enough for some hypothesis."""
        old, new = self._old, self._new
        pairs = candidates(old, new, pairs_of_words=self.coarse)
        for gap_old, gap_new in self._gaps.members(list(old), list(new)):
            if len(gap_old) * len(gap_new) <= _WHOLE_GAP:
                pairs.update((i, j) for i in gap_old for j in gap_new)
        measured = {}
        for i, j in sorted(pairs):
            pair_similarity = similarity(old[i], new[j], 0.2)
            if (
                pair_similarity.both >= _IN_PLACE
                or pair_similarity.of_old >= _MAYBE_PART
                or pair_similarity.of_new >= _MAYBE_PART
            ):
                measured[i, j] = pair_similarity
        return measured

    def _of_other_kind(self, i: int, j: int) -> bool:
        return (i in self._headings[0]) != (j in self._headings[1])

    def _strong_pairs(self) -> list[tuple[float, Match]]:
        new_of = self._pairing.new_of
        hypotheses = []
        for (i, j), pair_similarity in self._measured.items():
            near = self._gaps.of_old(i) == self._gaps.of_new(j)
            beside = new_of.get(i - 1) == j - 1 or new_of.get(i + 1) == j + 1
            short = min(len(self._old[i].letters), len(self._new[j].letters)) < _SHORT
            least = _SHORT_ELSEWHERE if short and not (near or beside) else _STRONG
            if _stands_whole(self._old[i], self._new[j], pair_similarity, near or beside):
                least = 0.0 if near else _CONTAINED_IN
            elif self._of_other_kind(i, j):
                least += _OTHER_KIND
            if pair_similarity.both >= least:
                hypotheses.append(
                    (
                        pair_similarity.both + _NEAR_BONUS * near + _BESIDE_BONUS * beside,
                        Match((i,), (j,), pair_similarity.both),
                    )
                )
        return hypotheses

    def _splits_and_merges(self) -> list[tuple[float, Match]]:
        """Returns runs of clauses of one side that together make up one clause of the other."""
        parts_of_old: defaultdict[int, dict[int, float]] = defaultdict(dict)
        parts_of_new: defaultdict[int, dict[int, float]] = defaultdict(dict)
        for (i, j), pair_similarity in self._measured.items():
            if pair_similarity.of_new >= _MAYBE_PART:
                parts_of_old[i][j] = pair_similarity.both
            if pair_similarity.of_old >= _MAYBE_PART:
                parts_of_new[j][i] = pair_similarity.both
        hypotheses = []
        for i, parts in sorted(parts_of_old.items()):
            for run, both in runs_of_parts(self._old[i], self._new, parts):
                hypotheses.append((both + _WHOLE_BONUS, Match((i,), run, both)))
        for j, parts in sorted(parts_of_new.items()):
            for run, both in runs_of_parts(self._new[j], self._old, parts):
                hypotheses.append((both + _WHOLE_BONUS, Match(run, (j,), both)))
        return hypotheses

    def _weak_pairs(self, accepted: "_Accepted") -> list[tuple[float, Match]]:
        """Returns pairs that are less similar but lie in one gap between the clauses matched so far."""
        pairs = self._chain + [(match.old[0], match.new[0]) for match in accepted.matches]
        in_order = heaviest_chain(pairs, [self._pairing.old_weights[i] for i, _ in pairs])
        gaps = Gaps([pairs[index] for index in in_order])
        rivals = Counter(gaps.of_old(i) for i in self._old if i not in accepted.old)
        rivals.update(gaps.of_new(j) for j in self._new if j not in accepted.new)
        hypotheses = []
        for (i, j), pair_similarity in self._measured.items():
            gap = gaps.of_old(i)
            least = _IN_PLACE_AMONG_MANY if rivals[gap] > _MANY else _IN_PLACE
            if self._of_other_kind(i, j):
                least += _OTHER_KIND
            if pair_similarity.both >= least and gap == gaps.of_new(j):
                hypotheses.append((pair_similarity.both, Match((i,), (j,), pair_similarity.both)))
        return hypotheses


class _Accepted:
    """The matches accepted so far; no clause is in two of them."""

    def __init__(self, banned: set[Sides]) -> None:
        self.matches: list[Match] = []
        self.old: set[int] = set()
        self.new: set[int] = set()
        self._banned = banned

    def add(self, hypotheses: list[tuple[float, Match]]) -> None:
        """Accepts the hypotheses whose clauses are still unmatched, best first."""
        for _, match in sorted(hypotheses, key=lambda item: (-item[0], item[1].old, item[1].new)):
            free = self.old.isdisjoint(match.old) and self.new.isdisjoint(match.new)
            if free and (match.old, match.new) not in self._banned:
                self.matches.append(match)
                self.old.update(match.old)
                self.new.update(match.new)


def _stands_whole(old: EncodedText, new: EncodedText, pair_similarity: Similarity, in_place: bool) -> bool:
    """Returns whether one clause stands whole in the other: a sentence was added to it, or all others were removed."""
    shorter, longer = sorted((old.letters, new.letters), key=lambda letters: (len(letters), letters))
    if (
        in_place
        and len(shorter) >= _CONTAINED_WORDS_IN_PLACE
        and (longer.startswith(shorter) or longer.endswith(shorter))
    ):
        return True
    contained = (
        pair_similarity.both >= _CONTAINED_IN and max(pair_similarity.of_old, pair_similarity.of_new) >= _CONTAINED
    )
    return contained and len(shorter) >= (_CONTAINED_WORDS_IN_PLACE if in_place else _CONTAINED_WORDS)
