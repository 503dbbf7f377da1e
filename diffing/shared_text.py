"""Decides whether two documents share text: whether one may be a later or an earlier text of the same policy.

The measure is the share of the smaller document's word sequences that the other document has, too ("containment" in
Broder, On the resemblance and containment of documents, 1997). It needs no word lists, so it works in every language.
"""

from collections.abc import Callable, Iterator, Sequence

from core.clauses import Document
from diffing.normalization import fold
from diffing.tokenization import words

#: A document as the set of its word sequences, each a hash value of Python. They differ from process to process.
Sequences = frozenset[int]
#: Answers whether two versions share text. The arguments are the ids of the versions.
SharesText = Callable[[str, str], bool]

_SEQUENCE_WORDS = 5
# Neighbouring versions of 44 real policies, complete rewrites among them, share .12 of their sequences or more. Two
# documents of one vendor, and policies of different vendors, share .09 or less, mostly the wording of laws.
_LEAST_SHARE = 0.1
_MOST_SHARE = 0.5
_FEWEST_SEQUENCES = 20


def sequences(document: Document) -> Sequences:
    """Returns the sequences of five words in a document's clauses.

    Shorter clauses are left out, because the headings of a site's pages are alike, whatever stands below them. If the
    document has only shorter clauses, each of them is one sequence.
    """
    clauses = [words(fold(clause.text)) for clause in document.clauses]
    long_clauses = [clause for clause in clauses if len(clause) >= _SEQUENCE_WORDS]
    return frozenset(value for clause in long_clauses or clauses for value in _hashes(clause))


def share_text(first: Sequences, second: Sequences) -> bool:
    """Returns whether two documents have enough text in common to be texts of the same policy."""
    return _containment(first, second) >= _LEAST_SHARE


def shares_most(text: Sequences, other: Sequences) -> bool:
    """Returns whether at least half of a document's text is in the other document, too.

    False for a text of one or two sentences: it says too little.
    """
    return len(text) >= _FEWEST_SEQUENCES and len(text & other) >= _MOST_SHARE * len(text)


def _hashes(clause: Sequence[str]) -> Iterator[int]:
    if len(clause) < _SEQUENCE_WORDS:
        return iter([hash(tuple(clause))])
    # Without a loop in Python: every history whose periods are short needs the sequences of all its versions.
    return map(hash, zip(*(clause[start:] for start in range(_SEQUENCE_WORDS)), strict=False))


def _containment(first: Sequences, second: Sequences) -> float:
    return len(first & second) / max(1, min(len(first), len(second)))
