"""Measures how similar two clauses are: the share of their words that stand in both in the same order, rare words
counting more."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from math import log
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

# The longest common subsequence of two texts is computed if its bit matrix has at most this size (4 MB).
_MATRIX_BITS = 32_000_000
# Longer texts are compared by the runs of this many words that they share.
_RUN = 6
# A word or pair of words that occurs in more clauses than this says little about which two belong together.
_RARE = 12
# How many candidates are kept for each clause.
_CANDIDATES = 6
_POSITIONS = 1 << 32  # more than any document has clauses


class Similarity(NamedTuple):
    """What two texts have in common, each number from 0 to 1.

    both: twice the weight of the common words, divided by the weight of both texts.
    of_old, of_new: the weight of the common words that stand in runs, divided by the weight of one text.
    """

    both: float
    of_old: float
    of_new: float


class EncodedText:
    """A text with one letter for each word, so that string algorithms compare words.

    letters: the text. sums: the weights of its words, summed up from the beginning. weight: of the whole text.
    """

    __slots__ = ("letters", "sums", "weight")

    def __init__(self, letters: str, weights: Sequence[float]) -> None:
        self.letters = letters
        self.sums = [0.0, *accumulate(weights)]
        self.weight = self.sums[-1]


class Vocabulary:
    """The words of two documents, each with a letter and a weight; a rare word weighs more than a common one.

    counts: how often each word occurs in the two documents.
    """

    def __init__(self, counts: Counter[str]) -> None:
        self._total = sum(counts.values()) + 1
        self._counts = counts
        self._letters: dict[str, str] = {}
        self._weights: dict[str, float] = {}

    def encode(self, words: Iterable[str]) -> EncodedText:
        """Returns the words as an encoded text."""
        words = list(words)
        for word in words:
            if word not in self._letters:
                index = len(self._letters) % 1_000_000
                self._letters[word] = chr(index + 1 if index < 0xD000 else index + 0x1001)
                self._weights[word] = log(1 + self._total / (self._counts.get(word, 0) or 1)) / log(1 + self._total)
        return EncodedText("".join([self._letters[word] for word in words]), [self._weights[word] for word in words])


def concatenated(texts: Sequence[EncodedText]) -> EncodedText:
    """Returns several texts as one."""
    weights = [after - before for text in texts for before, after in pairwise(text.sums)]
    return EncodedText("".join(text.letters for text in texts), weights)


DISSIMILAR = Similarity(0.0, 0.0, 0.0)


def similarity(old: EncodedText, new: EncodedText, at_least: float = 0.0) -> Similarity:
    """Returns how similar two texts are.

    at_least: from 0 to 1; if the texts have a smaller share of the shorter one's words in common, DISSIMILAR is
        returned.
    """
    if not old.letters or not new.letters:
        return DISSIMILAR
    if len(old.letters) * len(new.letters) > _MATRIX_BITS:
        return _similarity_of_huge(old.letters, new.letters)
    least = int(at_least * min(len(old.letters), len(new.letters)))
    common = LCSseq.similarity(old.letters, new.letters, score_cutoff=least)
    if not common:
        return DISSIMILAR
    both = in_runs = 0.0
    run = min(2, len(old.letters), len(new.letters))
    sums = old.sums
    for code in LCSseq.opcodes(old.letters, new.letters):
        if code.tag == "equal":
            weight = sums[code.src_end] - sums[code.src_start]
            both += weight
            if code.src_end - code.src_start >= run:
                in_runs += weight
    return Similarity(2 * both / (old.weight + new.weight), in_runs / old.weight, in_runs / new.weight)


def _similarity_of_huge(old: str, new: str) -> Similarity:
    """Estimates how similar two very long texts are from the runs of words they share.

    If each word was kept with probability p, a run of six words was kept with probability p to the sixth. So the sixth
    root of the share of common runs estimates p.
    """
    runs = [Counter(text[start : start + _RUN] for start in range(len(text) - _RUN + 1)) for text in (old, new)]
    common = sum((runs[0] & runs[1]).values())
    both, of_old, of_new = (
        (share * common / total) ** (1 / _RUN) if total else 0.0
        for share, total in (
            (2, runs[0].total() + runs[1].total()),
            (1, runs[0].total()),
            (1, runs[1].total()),
        )
    )
    return Similarity(both, of_old, of_new)


def candidates(old: dict[int, EncodedText], new: dict[int, EncodedText], pairs_of_words: bool) -> set[tuple[int, int]]:
    """Returns the pairs of positions of clauses that share rare words or rare pairs of words.

    pairs_of_words: looks at pairs of words only, since among very many clauses no single word is rare.
    """
    new_positions: defaultdict[str, list[int]] = defaultdict(list)
    old_frequency: Counter[str] = Counter()
    old_features = {position: _features(text, pairs_of_words) for position, text in old.items()}
    for features in old_features.values():
        old_frequency.update(features)
    for position, text in new.items():
        for feature in _features(text, pairs_of_words):
            if 0 < old_frequency[feature] <= _RARE:
                new_positions[feature].append(position)
    scores_of_new: defaultdict[int, list[int]] = defaultdict(list)
    pairs: set[tuple[int, int]] = set()
    rare = {feature for feature, positions in new_positions.items() if len(positions) <= _RARE}
    for position, features in old_features.items():
        score: defaultdict[int, int] = defaultdict(int)
        for feature in features & rare:
            positions = new_positions[feature]
            # Whole numbers, since a sum of fractions depends on their order, and a set has no order.
            worth = 1_000_000_000 // (len(positions) + old_frequency[feature])
            for new_position in positions:
                score[new_position] -= worth
        # The lowest score is the best. Score and position are packed into one number, since pairs by the thousand keep
        # the garbage collector busy.
        best = sorted(map(_packed, score.values(), score))[:_CANDIDATES]
        pairs.update((position, packed % _POSITIONS) for packed in best)
        for new_position, value in score.items():
            scores_of_new[new_position].append(_packed(value, position))
    for new_position, scored in scores_of_new.items():
        pairs.update((packed % _POSITIONS, new_position) for packed in sorted(scored)[:_CANDIDATES])
    return pairs


def _packed(score: int, position: int) -> int:
    return score * _POSITIONS + position


def _features(text: EncodedText, pairs_of_words: bool) -> set[str]:
    letters = text.letters
    pairs = {letters[start : start + 2] for start in range(len(letters) - 1)}
    return pairs if pairs_of_words else pairs | set(letters)
