"""Matches clauses that are similar but not equal, and clauses that were split or merged.

A hypothesis is a possible match: a pair, a split or a merge. The best hypotheses are accepted first. The matched
clauses that kept their order divide both documents into gaps (`diffing.order.Gaps`). Two clauses in the same gap need
less similarity than two clauses in different gaps. A *weak* pair is similar enough only because its clauses lie in the
same gap. Weak pairs are accepted last: by then the gaps are smaller, so lying in the same gap is better evidence.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

from diffing.equal_clauses import Pairing
from diffing.order import Gaps, Pair, heaviest_chain
from diffing.similarity import EncodedText, Similarity, candidates, similarity
from diffing.splits_and_merges import runs_of_parts

# A pair is strong if its similarity, from 0 to 1, is at least _STRONG. A short clause (fewer than _SHORT words) that
# moved to another gap needs _SHORT_ELSEWHERE. Exception: the clause lies next to a pair of equal clauses. These
# two thresholds and the two thresholds for weak pairs were measured on policies with known edits. Most pairs below the
# thresholds consist of two different clauses, not of one clause that was changed.
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
# Added to the threshold if exactly one clause of a pair is a heading. A heading seldom becomes a sentence.
_OTHER_KIND = 0.15
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
    """

    old: tuple[int, ...]
    new: tuple[int, ...]
    similarity: float


class Hypotheses:
    """All hypotheses for the clauses that have no equal counterpart.

    pairing: the pairs of equal clauses.
    old, new: the unpaired clauses of the old and the new document, by position.
    headings: the positions of all headings of the old document, and of all headings of the new document.
    coarse: whether possible pairs were searched by pairs of words only, because there are very many clauses.
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
        """Returns the accepted hypotheses, in the order of acceptance. No clause is in two accepted hypotheses.

        banned: hypotheses that must not be accepted, because an earlier pass found that they moved and are too
            dissimilar. A hypothesis is named by the positions of its old and of its new clauses.
        """
        accepted = _Accepted(banned)
        accepted.add(self._strong)
        accepted.add(self._weak_pairs(accepted))
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
            threshold = _SHORT_ELSEWHERE if short and not (near or beside) else _STRONG
            if _is_contained(self._old[i], self._new[j], pair_similarity, near or beside):
                threshold = 0.0 if near else _CONTAINED_IN
            elif self._of_other_kind(i, j):
                threshold += _OTHER_KIND
            if pair_similarity.both >= threshold:
                hypotheses.append(
                    (
                        pair_similarity.both + _NEAR_BONUS * near + _BESIDE_BONUS * beside,
                        Match((i,), (j,), pair_similarity.both),
                    )
                )
        return hypotheses

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
            if self._of_other_kind(i, j):
                threshold += _OTHER_KIND
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
