"""Matches clauses that are similar but not equal, and clauses that were split or merged.

A hypothesis is a possible match: a pair, a split or a merge. The best hypotheses are accepted first. The matched
clauses that kept their order divide both documents into gaps (`diffing.order.Gaps`). Two clauses in the same gap need
less similarity than two clauses in different gaps. A *weak* pair is similar enough only because its clauses lie in the
same gap. Weak pairs are accepted late: by then the gaps are smaller, so lying in the same gap is better evidence. Last
come splits, merges and parts of clauses that lie far from their counterpart: what stands in the same place is the
better explanation.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from diffing.equal_clauses import Pairing
from diffing.order import Gaps, Pair, heaviest_chain
from diffing.similarity import EncodedText, Similarity, candidates, have_same_telling_words, similarity
from diffing.splits_and_merges import runs_of_parts

# A pair is strong if its similarity, from 0 to 1, is at least _STRONG. A short clause (fewer than _SHORT words) that
# moved to another gap needs _SHORT_ELSEWHERE, the same kind, and the same telling words. Exception: the clause lies
# next to a pair of equal clauses. These two thresholds and the two thresholds for weak pairs were measured on policies
# with known edits. Most pairs below the thresholds consist of two different clauses, not of one that was changed.
_STRONG, _SHORT_ELSEWHERE, _SHORT = 0.42, 0.6, 6
# A weak pair is accepted if its similarity is at least _IN_PLACE. If more than _MANY unmatched clauses lie in the gap,
# the similarity must be at least _IN_PLACE_AMONG_MANY.
_IN_PLACE, _IN_PLACE_AMONG_MANY, _MANY = 0.28, 0.36, 12
# A clause counts as contained in a longer clause if two conditions are met. At least nine tenths (_CONTAINED) of the
# shorter clause's words are in the longer clause, and the similarity of the two clauses is at least _CONTAINED_IN.
_CONTAINED, _CONTAINED_IN = 0.9, 0.3
# A contained clause must have at least _CONTAINED_WORDS_IN_PLACE words if the two clauses lie in the same gap or next
# to a pair of equal clauses, and at least _CONTAINED_WORDS words otherwise.
_CONTAINED_WORDS_IN_PLACE, _CONTAINED_WORDS = 4, 10
# Added to the threshold if the two clauses are of different kinds: a heading seldom becomes a sentence. A table's row
# hardly ever becomes one (if the table becomes a list, it is split), and an item of a contents list neither.
_OTHER_KIND, _QUITE_OTHER_KIND = 0.15, 0.45
# From this similarity on, a match far away is as good as one in place.
_SAME = 0.75
# Two clauses are uneven if one of them weighs more than this many times as much as the other.
_UNEVEN = 1.5
# Clause A is tried as a part of clause B only if clause B has at least this share of clause A's words.
_MAYBE_PART = 0.4
# Three bonuses, which are added to the similarity when hypotheses are ranked. _NEAR_BONUS is for a pair in one gap.
# _BESIDE_BONUS is for a pair next to a pair of equal clauses. _WHOLE_BONUS is for a split or a merge, and is larger
# than the other two bonuses together. So if a split and a pair are equally similar, the split ranks first: the split
# accounts for the whole clause, the pair only for a part.
_NEAR_BONUS, _BESIDE_BONUS, _WHOLE_BONUS = 0.08, 0.06, 0.16
# In a gap with at most this many possible pairs, the similarity of every pair is measured. In a gap with more possible
# pairs, only the similarity of clauses that share rare words is measured.
_WHOLE_GAP = 600
# If the unpaired clauses have at most this many possible pairs, candidates are searched by single words. With more
# possible pairs, no single word is rare enough, so candidates are searched by pairs of words.
_VERY_MANY = 1_000_000

Sides = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Match:
    """A match of clauses of the old document with clauses of the new document.

    A pair has one clause on each side, a split has several new clauses, and a merge has several old clauses.

    old, new: the positions of the clauses in the old and in the new document.
    similarity: the similarity of the two sides, from 0 to 1; 1 for clauses with equal keys.
    confidence: how certain the match is, from 0 to 1 (`diffing.confidence`).
    """

    old: tuple[int, ...]
    new: tuple[int, ...]
    similarity: float
    confidence: float = 1.0


class Hypotheses:
    """All hypotheses for the clauses that have no equal counterpart.

    pairing: the pairs of equal clauses.
    old, new: the unpaired clauses of the old and the new document, by position.
    headings: the headings among the unpaired clauses, with weights that compare headings.
    kinds: the kind of each clause of the old document, and of each clause of the new document, as
        `alignment.clause_kinds` names it.
    coarse: whether possible pairs were searched by pairs of words only, because there are very many clauses.
    """

    def __init__(
        self,
        pairing: Pairing,
        old: dict[int, EncodedText],
        new: dict[int, EncodedText],
        headings: tuple[dict[int, EncodedText], dict[int, EncodedText]],
        kinds: tuple[Sequence[str], Sequence[str]],
    ) -> None:
        self._pairing, self._old, self._new, self._headings, self._kinds = pairing, old, new, headings, kinds
        self.coarse = len(old) * len(new) > _VERY_MANY
        self._chain = pairing.chain()
        self._gaps = Gaps(self._chain)
        self._measured = self._measure()
        self._strong: list[tuple[float, Match]] = []
        self._far_parts: list[tuple[float, Match]] = []
        for rank, match in (*self._strong_pairs(), *self._splits_and_merges()):
            is_far_part = (
                match.similarity < _SAME and self._is_uneven(match) and not self._is_in_place(match.old, match.new)
            )
            (self._far_parts if is_far_part else self._strong).append((rank, match))

    def best(self, banned: set[Sides]) -> list[Match]:
        """Returns the accepted hypotheses, in the order of acceptance. No clause is in two accepted hypotheses.

        banned: hypotheses that must not be accepted, because an earlier pass found that they moved and are too
            dissimilar. A hypothesis is named by the positions of its old and of its new clauses.
        """
        accepted = _Accepted(banned)
        accepted.add(self._strong)
        accepted.add(self._weak_pairs(accepted))
        accepted.add(self._far_parts)
        return accepted.matches

    def _measure(self) -> dict[Pair, Similarity]:
        """Returns the similarity of each pair that is similar enough to be a hypothesis or a part of a hypothesis."""
        old, new = self._old, self._new
        pairs = candidates(old, new, pairs_of_words=self.coarse)
        for gap_old, gap_new in self._gaps.members(list(old), list(new)):
            if len(gap_old) * len(gap_new) <= _WHOLE_GAP:
                pairs.update((i, j) for i in gap_old for j in gap_new)
        measured = {}
        for i, j in sorted(pairs):
            pair_similarity = similarity(*self._texts(i, j), 0.2)
            if (
                pair_similarity.both >= _IN_PLACE
                or pair_similarity.of_old >= _MAYBE_PART
                or pair_similarity.of_new >= _MAYBE_PART
            ):
                measured[i, j] = pair_similarity
        return measured

    def _texts(self, i: int, j: int) -> tuple[EncodedText, EncodedText]:
        """Returns the texts of an old and a new clause, with the weights that compare them."""
        old, new = self._headings
        return (old[i], new[j]) if i in old and j in new else (self._old[i], self._new[j])

    def _extra_for_kinds(self, i: int, j: int) -> float:
        """Returns what is added to the threshold of a pair because its clauses are of different kinds."""
        kinds = {self._kinds[0][i], self._kinds[1][j]}
        if len(kinds) == 1:
            return 0.0
        if kinds == {"contents", "heading"}:
            return 1.0
        return _QUITE_OTHER_KIND if kinds & {"table_row", "contents"} else _OTHER_KIND

    def _is_beside(self, old: tuple[int, ...], new: tuple[int, ...]) -> bool:
        """Returns whether the clauses lie next to a pair of equal clauses."""
        new_of = self._pairing.new_of
        return new_of.get(old[0] - 1) == new[0] - 1 or new_of.get(old[-1] + 1) == new[-1] + 1

    def _is_uneven(self, match: Match) -> bool:
        """Returns whether a match is a split, a merge, or a pair of which one clause is much longer than the other."""
        if len(match.old) + len(match.new) > 2:
            return True
        weights = self._old[match.old[0]].weight, self._new[match.new[0]].weight
        return max(weights) > _UNEVEN * min(weights)

    def _is_in_place(self, old: tuple[int, ...], new: tuple[int, ...]) -> bool:
        """Returns whether the clauses lie in the same gap or next to a pair of equal clauses."""
        return self._gaps.of_old(old[0]) == self._gaps.of_new(new[0]) or self._is_beside(old, new)

    def _strong_pairs(self) -> list[tuple[float, Match]]:
        hypotheses = []
        for (i, j), pair_similarity in self._measured.items():
            old, new = self._texts(i, j)
            near = self._gaps.of_old(i) == self._gaps.of_new(j)
            beside = self._is_beside((i,), (j,))
            above_similar = self._is_above_similar(i, j)
            extra = self._extra_for_kinds(i, j)
            threshold = _STRONG
            if not (near or beside or above_similar):
                if self._pairing.is_line(i, j):
                    continue
                if min(len(old.letters), len(new.letters)) < _SHORT:
                    if extra or not have_same_telling_words(old, new):
                        continue
                    threshold = _SHORT_ELSEWHERE
            if extra < _QUITE_OTHER_KIND and _is_contained(old, new, pair_similarity, near or beside):
                threshold = 0.0 if near else _CONTAINED_IN
            else:
                threshold += extra
            if pair_similarity.both >= threshold:
                hypotheses.append(
                    (
                        pair_similarity.both + _NEAR_BONUS * near + _BESIDE_BONUS * (beside + above_similar),
                        Match((i,), (j,), pair_similarity.both),
                    )
                )
        return hypotheses

    def _is_above_similar(self, i: int, j: int) -> bool:
        """Returns whether two clauses are headings, and the clauses below them are similar."""
        below = self._measured.get((i + 1, j + 1))
        return self._kinds[0][i] == self._kinds[1][j] == "heading" and below is not None and below.both >= _IN_PLACE

    def _splits_and_merges(self) -> list[tuple[float, Match]]:
        """Returns the hypotheses of splits and merges.

        In a split or a merge, a run of clauses of one side corresponds to one clause of the other side. Each hypothesis
        is returned with its rank: the sum of its similarity and its bonus.
        """
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
        """Returns the weak pairs: pairs of clauses in the same gap that may be less similar than strong pairs.

        accepted: the matches that were accepted so far. They divide the gaps further.
        """
        pairs = self._chain + [(match.old[0], match.new[0]) for match in accepted.matches]
        in_order = heaviest_chain(pairs, [self._pairing.old_weights[i] for i, _ in pairs])
        gaps = Gaps([pairs[index] for index in in_order])
        rivals = Counter(gaps.of_old(i) for i in self._old if i not in accepted.old)
        rivals.update(gaps.of_new(j) for j in self._new if j not in accepted.new)
        hypotheses = []
        for (i, j), pair_similarity in self._measured.items():
            gap = gaps.of_old(i)
            threshold = _IN_PLACE_AMONG_MANY if rivals[gap] > _MANY else _IN_PLACE
            threshold += self._extra_for_kinds(i, j)
            if pair_similarity.both >= threshold and gap == gaps.of_new(j):
                hypotheses.append((pair_similarity.both, Match((i,), (j,), pair_similarity.both)))
        return hypotheses


class _Accepted:
    """The matches that were accepted so far. No clause is in two matches.

    old, new: the positions of the clauses that are in a match.
    """

    def __init__(self, banned: set[Sides]) -> None:
        self.matches: list[Match] = []
        self.old: set[int] = set()
        self.new: set[int] = set()
        self._banned = banned

    def add(self, hypotheses: list[tuple[float, Match]]) -> None:
        """Accepts hypotheses, the best first. Skips hypotheses with a clause that is matched already."""
        for _, match in sorted(hypotheses, key=lambda item: (-item[0], item[1].old, item[1].new)):
            free = self.old.isdisjoint(match.old) and self.new.isdisjoint(match.new)
            if free and (match.old, match.new) not in self._banned:
                self.matches.append(match)
                self.old.update(match.old)
                self.new.update(match.new)


def _is_contained(old: EncodedText, new: EncodedText, pair_similarity: Similarity, in_place: bool) -> bool:
    """Returns whether the shorter of two clauses is contained in the longer clause.

    This happens if sentences were added to a clause, or if all sentences but one were deleted.

    in_place: whether the two clauses lie in the same gap or next to a known pair.
    """
    words = min(len(old.letters), len(new.letters))
    if in_place and words >= _CONTAINED_WORDS_IN_PLACE and _begins_or_ends(old, new):
        return True
    contained = (
        pair_similarity.both >= _CONTAINED_IN and max(pair_similarity.of_old, pair_similarity.of_new) >= _CONTAINED
    )
    return contained and words >= (_CONTAINED_WORDS_IN_PLACE if in_place else _CONTAINED_WORDS)


def is_extended(old: EncodedText, new: EncodedText) -> bool:
    """Returns whether one of two clauses is the other clause with words added in front of it or after it.

    The shorter clause must be long enough to be recognized wherever it stands.
    """
    return min(len(old.letters), len(new.letters)) >= _CONTAINED_WORDS and _begins_or_ends(old, new)


def _begins_or_ends(old: EncodedText, new: EncodedText) -> bool:
    """Returns whether the longer of two clauses begins or ends with the shorter clause."""
    shorter, longer = sorted((old.letters, new.letters), key=lambda letters: (len(letters), letters))
    return longer.startswith(shorter) or longer.endswith(shorter)
