"""Matches the clauses of two documents: first equal clauses, then similar clauses.

A key is a normalized form of a clause's text. Two clauses are equal if their keys are equal. There are four kinds of
keys. The strictest key is the result of `diffing.sameness.same_text`, which hardly differs from the clause's text. The
least strict key is the text with all numbers, dates and contact details masked.

A match has *moved* if its clauses are in another order than the clauses of the other matches (`diffing.order`).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.clauses import Clause
from diffing.classification import unnumbered
from diffing.equal_clauses import Pairing, pair_equal
from diffing.normalization import fold, has_words, mask_facts, strip_typography
from diffing.order import heaviest_chain
from diffing.sameness import same_text
from diffing.similar_clauses import Hypotheses, Match, Sides
from diffing.similarity import EncodedText, Vocabulary
from diffing.tokenization import words

# A moved match is accepted if its similarity, from 0 to 1, is at least _MOVED. For a match whose old or new text has
# fewer than _SHORT words, the similarity must be at least _MOVED_SHORT. The thresholds are high because the clauses are
# in different places, so the similarity is the only evidence for the match.
_MOVED, _MOVED_SHORT, _SHORT = 0.4, 0.6, 12
# The similarity that is recorded for the match of the two documents' titles. The titles are matched even if they have
# no word in common.
_TITLE_SIMILARITY = 0.3
# Similar clauses are matched in at most this many passes. After each pass, moved matches that are not similar enough
# are banned from the next passes.
_PASSES = 4

_MANY_REPEATED = "some clauses repeat very often, so the texts were cut into stretches to match them"
_MANY_CHANGED = (
    "very many clauses changed, so two clauses were compared only if they share a pair of words that is rare"
)


@dataclass(frozen=True, slots=True)
class Alignment:
    """The matches between the clauses of two documents.

    matches: the matches; no clause is in two matches.
    moved: the indices in `matches` of the matches that have moved.
    coarse: notes for the user. Each note names a step that was less exact than usual because the documents are large.
    """

    matches: tuple[Match, ...]
    moved: frozenset[int]
    coarse: tuple[str, ...]

    def mirrored(self) -> "Alignment":
        """Returns the alignment with old and new exchanged."""
        matches = tuple(Match(match.new, match.old, match.similarity) for match in self.matches)
        return Alignment(matches, self.moved, self.coarse)


def align(old: Sequence[Clause], new: Sequence[Clause]) -> Alignment:
    """Matches the clauses of two documents.

    The result for (new, old) is the mirror image of the result for (old, new).
    """
    if _sort_key(new) < _sort_key(old):
        return _align(new, old).mirrored()
    return _align(old, new)


def _sort_key(clauses: Sequence[Clause]) -> list[tuple[str, str]]:
    return [(clause.text, clause.kind) for clause in clauses]


def _align(old: Sequence[Clause], new: Sequence[Clause]) -> Alignment:
    pairing = Pairing([_weight(clause.text) for clause in old], [_weight(clause.text) for clause in new])
    _pair_by_keys(pairing, old, new)
    equal = [Match((i,), (j,), 1.0) for i, j in sorted(pairing.new_of.items())]
    coarse = (_MANY_REPEATED,) * pairing.coarse
    unpaired_old, unpaired_new = pairing.unpaired_old, pairing.unpaired_new
    if not (unpaired_old and unpaired_new):
        return Alignment(tuple(equal), _moved(equal, pairing), coarse)

    old_words = {i: words(fold(old[i].text)) for i in unpaired_old}
    new_words = {j: words(fold(new[j].text)) for j in unpaired_new}
    counts: Counter[str] = Counter()
    for clause in (*old, *new):
        # For most clauses, the lower-case text has the same words as the result of `fold`, and takes a fraction of
        # the time.
        counts.update(words(clause.text.casefold().replace("’", "'")))
    vocabulary = Vocabulary(counts)
    old_texts = {i: vocabulary.encode(clause_words) for i, clause_words in old_words.items() if clause_words}
    new_texts = {j: vocabulary.encode(clause_words) for j, clause_words in new_words.items() if clause_words}
    hypotheses = Hypotheses(pairing, old_texts, new_texts, (_headings(old), _headings(new)))
    banned: set[Sides] = set()
    for _ in range(_PASSES):
        matches = equal + hypotheses.best(banned)
        moved = _moved(matches, pairing)
        weak = {index for index in moved if _is_weak(matches[index], old_texts, new_texts)}
        if not weak:
            break
        banned.update((matches[index].old, matches[index].new) for index in weak)
    else:
        matches = [match for index, match in enumerate(matches) if index not in weak]
    title = _title_match(old, new, matches)
    if title:
        matches = [*matches, title]
    return Alignment(tuple(matches), _moved(matches, pairing), coarse + (_MANY_CHANGED,) * hypotheses.coarse)


def _pair_by_keys(pairing: Pairing, old: Sequence[Clause], new: Sequence[Clause]) -> None:
    """Pairs clauses whose keys are equal. The four keys are used one after the other, the strictest first."""
    # Each item consists of a function that makes the key of a text, and a function that decides whether a key is
    # distinctive. Clauses that did not keep their order may be paired only if their key is distinctive.
    keys: list[tuple[Callable[[str], str], Callable[[str], bool]]] = [
        (_same_text_key, _has_letters),
        (lambda text: strip_typography(fold(text)), _has_letters),
        (unnumbered, _has_letters),
        (lambda text: mask_facts(fold(text)), has_words),
    ]
    for key_of, is_distinctive in keys:
        unpaired_old, unpaired_new = set(pairing.unpaired_old), set(pairing.unpaired_new)
        if not (unpaired_old and unpaired_new):
            return
        old_keys = [(key_of(clause.text) or None) if i in unpaired_old else None for i, clause in enumerate(old)]
        new_keys = [(key_of(clause.text) or None) if j in unpaired_new else None for j, clause in enumerate(new)]
        shared = {key for key in old_keys if key} & {key for key in new_keys if key}
        pair_equal(pairing, old_keys, new_keys, frozenset(key for key in shared if is_distinctive(key)))
        if key_of is _same_text_key:
            # Suppose that a clause occurs twice, and only its first occurrence gets new quotation marks. The strictest
            # key may then pair the first old occurrence with the second new occurrence, as if the clause had moved. So
            # pairs that did not keep their order are taken apart. The next key ignores the shape of quotation marks,
            # and pairs the occurrences correctly.
            pairing.release_moved()


def _same_text_key(text: str) -> str:
    """Returns the result of `same_text` for a text, or a space if the result is empty.

    The space is the common key of all texts that are wholly volatile. Clauses with an empty key would not be paired.
    """
    return same_text(text) or " "


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _weight(text: str) -> int:
    """Returns the weight of a clause in `heaviest_chain`: roughly the number of words."""
    spaced_words = text.count(" ") + 1
    # Text in a script written without spaces has about one word for two characters.
    return spaced_words if text.isascii() or len(text) < 12 * spaced_words else len(text) // 2


def _moved(matches: Sequence[Match], pairing: Pairing) -> frozenset[int]:
    """Returns the indices of the matches that have moved."""
    chain = heaviest_chain(
        [(match.old[0], match.new[0]) for match in matches],
        [
            sum(pairing.old_weights[i] for i in match.old) + sum(pairing.new_weights[j] for j in match.new)
            for match in matches
        ],
    )
    return frozenset(range(len(matches))) - chain


def _headings(clauses: Sequence[Clause]) -> set[int]:
    return {position for position, clause in enumerate(clauses) if clause.kind == "heading"}


def _is_weak(match: Match, old: dict[int, EncodedText], new: dict[int, EncodedText]) -> bool:
    """Returns whether a moved match is not similar enough to be accepted (see `_MOVED`).

    old, new: the texts of the clauses that have no equal counterpart, by position.
    """
    if match.similarity == 1.0 or match.old[0] not in old or match.new[0] not in new:
        return False
    short = min(sum(len(old[i].letters) for i in match.old), sum(len(new[j].letters) for j in match.new)) < _SHORT
    return match.similarity < (_MOVED_SHORT if short else _MOVED)


def _title_match(old: Sequence[Clause], new: Sequence[Clause], matches: Sequence[Match]) -> Match | None:
    """Returns a match of the first headings of the two documents, even if the headings have no word in common.

    None if a document has no heading, or if no clauses were matched. Also None if one of the two headings, or a clause
    before it, is matched already.
    """
    first_old = next((i for i, clause in enumerate(old) if clause.kind == "heading"), None)
    first_new = next((j for j, clause in enumerate(new) if clause.kind == "heading"), None)
    if first_old is None or first_new is None or not matches:
        return None
    if any(first_old >= match.old[0] or first_new >= match.new[0] for match in matches):
        return None
    return Match((first_old,), (first_new,), _TITLE_SIMILARITY)
