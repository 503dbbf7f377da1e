"""Measures how similar two clauses are: the share of the words that both clauses have in the same order.

A rare word counts more than a common word.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from math import log
from types import MappingProxyType
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

# Upper limit, in bits, of the matrix with which a longest common subsequence is computed: 4 MB.
_MATRIX_BITS = 32_000_000
# The similarity of two texts that need a larger matrix is estimated from the share of runs of this many words that both
# texts have.
_RUN = 6
# A word is telling if its weight is at least this: in a policy of 5,000 words, if it occurs at most 30 times.
TELLING = 0.6
# A word or a pair of words is rare if it occurs in at most this many clauses of each side. A shared word that is not
# rare is hardly a sign that two clauses correspond.
_RARE = 12
# For each clause, at most this many clauses of the other side are selected as possible counterparts.
_CANDIDATES = 6
# A text with at most this many words is also searched by pairs of words: a heading may have no rare word.
_NEEDS_PAIRS = 20
_POSITIONS = 1 << 32  # a larger number than the number of clauses in any document


class Similarity(NamedTuple):
    """How much two texts have in common. Each number is from 0 to 1.

    both: twice the weight of the common words, divided by the weight of both texts.
    of_old: the weight of the common words that stand in runs of at least two, divided by the weight of the old text.
    of_new: the same weight of common words, divided by the weight of the new text.
    """

    both: float
    of_old: float
    of_new: float


class EncodedText:
    """A text as a string with one letter for each word. Algorithms for strings can then be used to compare words.

    letters: the letters, in the order of the words.
    sums: for each place between two words, the sum of the weights of all words before the place.
    weight: the sum of the weights of all words.
    """

    __slots__ = ("letters", "sums", "weight")

    def __init__(self, letters: str, weights: Sequence[float]) -> None:
        self.letters = letters
        self.sums = [0.0, *accumulate(weights)]
        self.weight = self.sums[-1]


class Vocabulary:
    """The words of two documents, each with a letter and a weight. A rare word weighs more than a common word.

    counts: how often each word occurs in the two documents.
    """

    def __init__(self, counts: Counter[str]) -> None:
        self._total = sum(counts.values()) + 1
        self._counts = counts
        self._letters: dict[str, str] = {}
        self._weights: dict[str, float] = {}

    def weight(self, word: str) -> float:
        """Returns the weight of a word, from 0 to 1."""
        return log(1 + self._total / (self._counts.get(word, 0) or 1)) / log(1 + self._total)

    def encode(self, words: Iterable[str], uses: Mapping[str, int] = MappingProxyType({})) -> EncodedText:
        """Returns the words as an encoded text.

        uses: the number by which the weight of a word is divided; 1 for a word without a number.
        """
        words = list(words)
        for word in words:
            if word not in self._letters:
                index = len(self._letters) % 1_000_000
                self._letters[word] = chr(index + 1 if index < 0xD000 else index + 0x1001)
                self._weights[word] = self.weight(word)
        weights = [self._weights[word] / uses.get(word, 1) for word in words]
        return EncodedText("".join([self._letters[word] for word in words]), weights)


def concatenated(texts: Sequence[EncodedText]) -> EncodedText:
    """Returns several encoded texts, joined into one."""
    weights = [after - before for text in texts for before, after in pairwise(text.sums)]
    return EncodedText("".join(text.letters for text in texts), weights)


def have_same_telling_words(old: EncodedText, new: EncodedText) -> bool:
    """Returns whether two texts have the same telling words. False if they have no telling words."""
    telling = [
        sorted(
            letter
            for letter, (before, after) in zip(text.letters, pairwise(text.sums), strict=True)
            if after - before >= TELLING
        )
        for text in (old, new)
    ]
    return bool(telling[0]) and telling[0] == telling[1]


DISSIMILAR = Similarity(0.0, 0.0, 0.0)


def similarity(old: EncodedText, new: EncodedText, at_least: float = 0.0) -> Similarity:
    """Returns how similar two texts are.

    at_least: a share from 0 to 1. The result is DISSIMILAR if the longer text contains less than this share of the
        shorter text's words.
    """
    if not old.letters or not new.letters:
        return DISSIMILAR
    if len(old.letters) * len(new.letters) > _MATRIX_BITS:
        return _similarity_of_huge(old.letters, new.letters)
    fewest_common_words = int(at_least * min(len(old.letters), len(new.letters)))
    common = LCSseq.similarity(old.letters, new.letters, score_cutoff=fewest_common_words)
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
    """Estimates how similar two very long texts are, from the runs of six words that both texts have.

    If each word stays unchanged with probability p, a run of six words stays unchanged with probability p^6. So the
    sixth root of the share of common runs estimates p.
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
    """Returns the pairs of clauses that share rare words or rare pairs of words, as positions (old, new).

    pairs_of_words: whether to use pairs of words only. Among very many clauses, no single word is rare.
    """
    new_positions: defaultdict[str, list[int]] = defaultdict(list)
    old_frequency: Counter[str] = Counter()
    # The features of a text are found twice, because all features of all texts would need too much memory.
    for text in old.values():
        old_frequency.update(_features(text, pairs_of_words))
    rare_in_old = {feature for feature, frequency in old_frequency.items() if frequency <= _RARE}
    for position, text in new.items():
        for feature in _features(text, pairs_of_words) & rare_in_old:
            new_positions[feature].append(position)
    scores_of_new: defaultdict[int, list[int]] = defaultdict(list)
    pairs: set[tuple[int, int]] = set()
    # The score is a whole number. A sum of floating-point numbers would depend on the order of addition, and the order
    # of a set differs from run to run.
    worths = {
        feature: 1_000_000_000 // (len(positions) + old_frequency[feature])
        for feature, positions in new_positions.items()
        if len(positions) <= _RARE
    }
    rare = set(worths)
    for position, text in old.items():
        score: defaultdict[int, int] = defaultdict(int)
        for feature in _features(text, pairs_of_words) & rare:
            worth = worths[feature]
            for new_position in new_positions[feature]:
                score[new_position] -= worth
        # A lower score is better. The score and the position are packed into one number, because thousands of tuples
        # would slow down the garbage collector.
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
    """Returns the words and the pairs of words by which possible counterparts are found.

    A long text has rare words enough, so it needs no pairs.
    """
    letters = text.letters
    if not pairs_of_words and len(letters) > _NEEDS_PAIRS:
        return set(letters)
    pairs = {letters[start : start + 2] for start in range(len(letters) - 1)}
    return pairs if pairs_of_words else pairs | set(letters)
