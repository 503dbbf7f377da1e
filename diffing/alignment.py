"""Which clauses of two documents are one another's: equal ones by four keys, then like ones, then what moved."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.clauses import Clause
from diffing.classification import unnumbered
from diffing.exact import Pairing, pair_equal
from diffing.keys import facts_masked, has_words, plain, without_typography
from diffing.likeness import Text, Vocabulary
from diffing.order import heaviest_chain
from diffing.sameness import same_text
from diffing.similar import Hypotheses, Match, Sides
from diffing.words import words

# Off the chain a pair has only its words to speak for it.
_MOVED, _MOVED_SHORT, _SHORT = 0.4, 0.6, 12
_TITLE_CONFIDENCE = 0.3
# How often what was not to be believed is banned and the rest thought over.
_PASSES = 4

_MANY_REPEATED = "clauses that repeat very often were matched in stretches, not over the whole text"
_MANY_CHANGED = (
    "so many clauses changed that only those with a rare pair of words in common were held against each other"
)


@dataclass(frozen=True, slots=True)
class Alignment:
    """The matches, which of them moved (places in `matches`), and what was done more coarsely than usual, in words."""

    matches: tuple[Match, ...]
    moved: frozenset[int]
    coarse: tuple[str, ...]

    def mirrored(self) -> "Alignment":
        """The alignment seen from the other side."""
        matches = tuple(Match(match.new, match.old, match.likeness) for match in self.matches)
        return Alignment(matches, self.moved, self.coarse)


def align(old: Sequence[Clause], new: Sequence[Clause]) -> Alignment:
    """Match the clauses of two documents; the result for (new, old) is the mirror of that for (old, new)."""
    if _sort_key(new) < _sort_key(old):
        return _align(new, old).mirrored()
    return _align(old, new)


def _sort_key(clauses: Sequence[Clause]) -> list[tuple[str, str]]:
    return [(clause.text, clause.kind) for clause in clauses]


def _align(old: Sequence[Clause], new: Sequence[Clause]) -> Alignment:
    pairing = Pairing([_weight(clause.text) for clause in old], [_weight(clause.text) for clause in new])
    _pair_by_keys(pairing, old, new)
    exact = [Match((i,), (j,), 1.0) for i, j in sorted(pairing.new_of.items())]
    coarse = (_MANY_REPEATED,) * pairing.coarse
    free_old, free_new = pairing.free_old, pairing.free_new
    if not (free_old and free_new):
        return Alignment(tuple(exact), _moved(exact, pairing), coarse)

    old_words = {i: words(plain(old[i].text)) for i in free_old}
    new_words = {j: words(plain(new[j].text)) for j in free_new}
    counts: Counter[str] = Counter()
    for clause in (*old, *new):
        # Quotes aside this is what `plain` gives, in a fraction of the time.
        counts.update(words(clause.text.casefold().replace("’", "'")))
    vocabulary = Vocabulary(counts)
    old_texts = {i: vocabulary.text(found) for i, found in old_words.items() if found}
    new_texts = {j: vocabulary.text(found) for j, found in new_words.items() if found}
    hypotheses = Hypotheses(pairing, old_texts, new_texts, (_headings(old), _headings(new)))
    banned: set[Sides] = set()
    for _ in range(_PASSES):
        matches = exact + hypotheses.best(banned)
        moved = _moved(matches, pairing)
        weak = {at for at in moved if _is_weak(matches[at], old_texts, new_texts)}
        if not weak:
            break
        banned.update((matches[at].old, matches[at].new) for at in weak)
    else:
        matches = [match for at, match in enumerate(matches) if at not in weak]
    title = _title(old, new, matches)
    if title:
        matches = [*matches, title]
    return Alignment(tuple(matches), _moved(matches, pairing), coarse + (_MANY_CHANGED,) * hypotheses.coarse)


def _pair_by_keys(pairing: Pairing, old: Sequence[Clause], new: Sequence[Clause]) -> None:
    keys: list[tuple[Callable[[str], str], Callable[[str], bool]]] = [
        (_same_text, _has_letters),
        (lambda text: without_typography(plain(text)), _has_letters),
        (unnumbered, _has_letters),
        (lambda text: facts_masked(plain(text)), has_words),
    ]
    for key_of, tells in keys:
        free_old, free_new = set(pairing.free_old), set(pairing.free_new)
        if not (free_old and free_new):
            return
        old_keys = [(key_of(clause.text) or None) if at in free_old else None for at, clause in enumerate(old)]
        new_keys = [(key_of(clause.text) or None) if at in free_new else None for at, clause in enumerate(new)]
        shared = {key for key in old_keys if key} & {key for key in new_keys if key}
        pair_equal(pairing, old_keys, new_keys, frozenset(key for key in shared if tells(key)))
        if key_of is _same_text:
            # A clause whose quotes changed where it stood, and which is said again elsewhere with the old ones, has
            # not moved there: what left its order is thought over without typography.
            pairing.release_moved()


def _same_text(text: str) -> str:
    """What is equal of equal texts: all that show nothing are."""
    return same_text(text) or " "


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _weight(text: str) -> int:
    """How heavy a clause is in the order of the whole: about as many words as it has."""
    spaces = text.count(" ") + 1
    # Scripts written without spaces have about a word every second character.
    return spaces if text.isascii() or len(text) < 12 * spaces else len(text) // 2


def _moved(matches: Sequence[Match], pairing: Pairing) -> frozenset[int]:
    """The places of the matches that did not keep their order."""
    chain = heaviest_chain(
        [(match.old[0], match.new[0]) for match in matches],
        [
            sum(pairing.old_weights[i] for i in match.old) + sum(pairing.new_weights[j] for j in match.new)
            for match in matches
        ],
    )
    return frozenset(range(len(matches))) - chain


def _headings(clauses: Sequence[Clause]) -> set[int]:
    return {at for at, clause in enumerate(clauses) if clause.kind == "heading"}


def _is_weak(match: Match, old: dict[int, Text], new: dict[int, Text]) -> bool:
    """Whether a moved match is too little alike, or too short, to be believed."""
    if match.likeness == 1.0 or match.old[0] not in old or match.new[0] not in new:
        return False
    short = min(sum(len(old[i].letters) for i in match.old), sum(len(new[j].letters) for j in match.new)) < _SHORT
    return match.likeness < (_MOVED_SHORT if short else _MOVED)


def _title(old: Sequence[Clause], new: Sequence[Clause], matches: Sequence[Match]) -> Match | None:
    """The first headings of the two documents are one another's even when reworded, if both stand free and first."""
    first_old = next((at for at, clause in enumerate(old) if clause.kind == "heading"), None)
    first_new = next((at for at, clause in enumerate(new) if clause.kind == "heading"), None)
    if first_old is None or first_new is None or not matches:
        return None
    if any(first_old >= match.old[0] or first_new >= match.new[0] for match in matches):
        return None
    return Match((first_old,), (first_new,), _TITLE_CONFIDENCE)
