"""How alike two clauses are: the share of their words, rare ones counting more, that stand in both in one order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from math import log
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

# Which words two clauses share is looked up when the matrix of their words has at most so many bits (4 MB).
_MATRIX_BITS = 32_000_000
_RUN = 6
# A word or pair of words in more clauses than this says little about which two belong together.
_RARE = 12
_CANDIDATES = 6
_PLACES = 1 << 32  # more than any document has clauses


class Likeness(NamedTuple):
    """What two texts have in common, all from 0 to 1.

    both: twice what is common over the weight of both.
    of_old, of_new: what is common in runs of words, over the weight of either side.
    """

    both: float
    of_old: float
    of_new: float


class Text:
    """A text as words: one letter a word for the subsequence, and the sums of their weights."""

    __slots__ = ("letters", "sums", "weight")

    def __init__(self, letters: str, weights: Sequence[float]) -> None:
        self.letters = letters
        self.sums = [0.0, *accumulate(weights)]
        self.weight = self.sums[-1]


class Vocabulary:
    """The words of two documents, each with a letter and a weight: a rare word says more than a common one."""

    def __init__(self, counts: Counter[str]) -> None:
        self._total = sum(counts.values()) + 1
        self._counts = counts
        self._letters: dict[str, str] = {}
        self._weights: dict[str, float] = {}

    def text(self, words: Iterable[str]) -> Text:
        """The words as a text to measure."""
        words = list(words)
        for word in words:
            if word not in self._letters:
                at = len(self._letters) % 1_000_000
                self._letters[word] = chr(at + 1 if at < 0xD000 else at + 0x1001)
                self._weights[word] = log(1 + self._total / (self._counts.get(word, 0) or 1)) / log(1 + self._total)
        return Text("".join([self._letters[word] for word in words]), [self._weights[word] for word in words])


def joined(texts: Sequence[Text]) -> Text:
    """Several texts as one."""
    weights = [after - before for text in texts for before, after in pairwise(text.sums)]
    return Text("".join(text.letters for text in texts), weights)


NOTHING = Likeness(0.0, 0.0, 0.0)


def likeness(old: Text, new: Text, at_least: float = 0.0) -> Likeness:
    """How alike two texts are; NOTHING where less than `at_least` of the shorter one's words are common."""
    if not old.letters or not new.letters:
        return NOTHING
    if len(old.letters) * len(new.letters) > _MATRIX_BITS:
        return _likeness_of_huge(old.letters, new.letters)
    least = int(at_least * min(len(old.letters), len(new.letters)))
    common = LCSseq.similarity(old.letters, new.letters, score_cutoff=least)
    if not common:
        return NOTHING
    both = in_runs = 0.0
    run = min(2, len(old.letters), len(new.letters))
    sums = old.sums
    for code in LCSseq.opcodes(old.letters, new.letters):
        if code.tag == "equal":
            weight = sums[code.src_end] - sums[code.src_start]
            both += weight
            if code.src_end - code.src_start >= run:
                in_runs += weight
    return Likeness(2 * both / (old.weight + new.weight), in_runs / old.weight, in_runs / new.weight)


def _likeness_of_huge(old: str, new: str) -> Likeness:
    """How alike two very long texts are, from the runs of words they share.

    Where each word is kept with a chance of p, a run of six is kept with p to the sixth; so its sixth root tells p.
    """
    runs = [Counter(text[at : at + _RUN] for at in range(len(text) - _RUN + 1)) for text in (old, new)]
    common = sum((runs[0] & runs[1]).values())
    both, of_old, of_new = (
        (share * common / total) ** (1 / _RUN) if total else 0.0
        for share, total in (
            (2, runs[0].total() + runs[1].total()),
            (1, runs[0].total()),
            (1, runs[1].total()),
        )
    )
    return Likeness(both, of_old, of_new)


def candidates(old: dict[int, Text], new: dict[int, Text], pairs_of_words: bool) -> set[tuple[int, int]]:
    """Pairs of clauses that share rare words (or, when there are very many clauses, rare pairs of words)."""
    where: defaultdict[str, list[int]] = defaultdict(list)
    spread: Counter[str] = Counter()
    features = {position: _features(text, pairs_of_words) for position, text in old.items()}
    for ones in features.values():
        spread.update(ones)
    for position, text in new.items():
        for feature in _features(text, pairs_of_words):
            if 0 < spread[feature] <= _RARE:
                where[feature].append(position)
    best: defaultdict[int, list[int]] = defaultdict(list)
    found: set[tuple[int, int]] = set()
    rare = {feature for feature, there in where.items() if len(there) <= _RARE}
    for position, ones in features.items():
        score: defaultdict[int, int] = defaultdict(int)
        for feature in ones & rare:
            there = where[feature]
            # In whole numbers, since a sum of fractions depends on their order, and a set has none.
            worth = 1_000_000_000 // (len(there) + spread[feature])
            for other in there:
                score[other] -= worth
        # The lowest is the best. Value and place are one number: pairs by the thousand keep the garbage collector busy.
        found.update((position, one % _PLACES) for one in sorted(map(_at, score.values(), score))[:_CANDIDATES])
        for other, value in score.items():
            best[other].append(_at(value, position))
    for other, scored in best.items():
        found.update((one % _PLACES, other) for one in sorted(scored)[:_CANDIDATES])
    return found


def _at(value: int, place: int) -> int:
    return value * _PLACES + place


def _features(text: Text, pairs_of_words: bool) -> set[str]:
    letters = text.letters
    pairs = {letters[at : at + 2] for at in range(len(letters) - 1)}
    return pairs if pairs_of_words else pairs | set(letters)
