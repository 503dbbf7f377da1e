"""Matches the clauses of two documents: first equal clauses, then similar clauses, then what is left over.

A key is a normalized form of a clause's text. Two clauses are equal if their keys are equal. There are five
kinds of keys. The strictest key is the result of `diffing.sameness.same_text`, which hardly differs from the clause's
text. Less strict is the text with all numbers, dates and contact details masked. The last key is common to all texts
that are wholly volatile.

A match has *moved* if its clauses are in another order than the clauses of the other matches (`diffing.order`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import LCSseq

from core.clauses import Clause
from diffing.classification import unnumbered
from diffing.confidence import with_confidence
from diffing.contents_lists import contents_items
from diffing.copies import second_copy
from diffing.equal_clauses import Pairing, pair_equal
from diffing.leftovers import Leftovers, Side
from diffing.neighbours import corrected
from diffing.normalization import fold, has_words, mask_facts, strip_typography
from diffing.order import Pair, heaviest_chain
from diffing.sameness import same_text
from diffing.similar_clauses import Hypotheses, Match, Sides, is_extended
from diffing.similarity import EncodedText, Vocabulary
from diffing.tokenization import words

# A moved match is accepted if its similarity, from 0 to 1, is at least _MOVED. For a match whose old or new text has
# fewer than _SHORT words, the similarity must be at least _MOVED_SHORT. The thresholds are high because the clauses are
# in different places, so the similarity is the only evidence for the match.
_MOVED, _MOVED_SHORT, _SHORT = 0.4, 0.6, 12
# The similarity that is recorded for the match of the two documents' titles. The titles are matched even if they have
# no word in common.
_TITLE_SIMILARITY = 0.15
# Similar clauses are matched in at most this many passes. After each pass, moved matches that are not similar enough
# are banned from the next passes.
_PASSES = 4

# A repeated line has fewer than this many words. Longer texts that are repeated move like other clauses.
_LINE = 20
# A clause that was reworded in its place is preferred to an equal clause in another place if the two texts have at
# least this share of words in common.
_REWORDED = 0.6

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
    old_repeats, new_repeats: the positions of the clauses that repeat what the old or the new document says elsewhere:
        the items of contents lists, and the clauses of a second copy of the policy.
    """

    matches: tuple[Match, ...]
    moved: frozenset[int]
    coarse: tuple[str, ...]
    old_repeats: frozenset[int]
    new_repeats: frozenset[int]

    def mirrored(self) -> "Alignment":
        """Returns the alignment with old and new exchanged."""
        matches = tuple(Match(match.new, match.old, match.similarity, match.confidence) for match in self.matches)
        return Alignment(matches, self.moved, self.coarse, self.new_repeats, self.old_repeats)


def align(old: Sequence[Clause], new: Sequence[Clause]) -> Alignment:
    """Matches the clauses of two documents.

    The result for (new, old) is the mirror image of the result for (old, new).
    """
    if _sort_key(new) < _sort_key(old):
        return _align_first_copies(new, old).mirrored()
    return _align_first_copies(old, new)


def _sort_key(clauses: Sequence[Clause]) -> list[tuple[str, str]]:
    return [(clause.text, clause.kind) for clause in clauses]


def _align_first_copies(old: Sequence[Clause], new: Sequence[Clause]) -> Alignment:
    """Matches the clauses of two documents. If one of them shows the policy twice, its second copy is left out."""
    copies = second_copy(old), second_copy(new)
    if bool(copies[0].positions) == bool(copies[1].positions):
        return _align(old, new)
    kept = [
        [position for position in range(len(clauses)) if position not in copy.positions]
        for clauses, copy in zip((old, new), copies, strict=True)
    ]
    alignment = _align(*([clauses[n] for n in side] for clauses, side in zip((old, new), kept, strict=True)))
    matches = [
        replace(match, old=tuple(kept[0][n] for n in match.old), new=tuple(kept[1][n] for n in match.new))
        for match in alignment.matches
    ]
    repeats = [
        copy.repeats.union(side[n] for n in positions)
        for copy, side, positions in zip(copies, kept, (alignment.old_repeats, alignment.new_repeats), strict=True)
    ]
    return Alignment(tuple(matches), alignment.moved, alignment.coarse, *repeats)


def _align(old: Sequence[Clause], new: Sequence[Clause]) -> Alignment:
    contents = contents_items(old), contents_items(new)
    kinds = clause_kinds(old, contents[0]), clause_kinds(new, contents[1])
    pairing = Pairing(
        [_weight(clause.text) for clause in old],
        [_weight(clause.text) for clause in new],
        _repeated_lines(old, kinds[0]),
        _repeated_lines(new, kinds[1]),
    )
    _pair_by_keys(pairing, old, new, kinds)
    reworded = _pair_reworded_in_place(pairing, old, new, kinds)
    equal = [Match((i,), (j,), reworded.get((i, j), 1.0)) for i, j in sorted(pairing.new_of.items())]
    coarse = (_MANY_REPEATED,) * pairing.coarse
    unpaired_old, unpaired_new = pairing.unpaired_old, pairing.unpaired_new
    if not (unpaired_old and unpaired_new):
        moved = _moved(equal, pairing)
        return Alignment(with_confidence(equal, moved, len(old), len(new)), moved, coarse, *contents)

    old_words = {i: _compared_words(old[i].text) for i in unpaired_old}
    new_words = {j: _compared_words(new[j].text) for j in unpaired_new}
    vocabulary = Vocabulary(_word_counts(old, pairing, (*old_words.values(), *new_words.values())))
    old_texts = {i: vocabulary.encode(clause_words) for i, clause_words in old_words.items() if clause_words}
    new_texts = {j: vocabulary.encode(clause_words) for j, clause_words in new_words.items() if clause_words}
    # A word that stands in many headings hardly tells one heading from another.
    in_headings = _words_in_headings(old) | _words_in_headings(new)
    old_headings, new_headings = (
        {
            position: vocabulary.encode(clause_words, in_headings)
            for position, clause_words in words_of.items()
            if clause_words and kinds_of[position] == "heading"
        }
        for words_of, kinds_of in ((old_words, kinds[0]), (new_words, kinds[1]))
    )
    hypotheses = Hypotheses(pairing, old_texts, new_texts, (old_headings, new_headings), kinds)
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
    matches = corrected(old, new, old_texts, new_texts, matches)
    title = _title_match(old, new, matches)
    if title:
        matches = [*matches, title]
    leftovers = Leftovers(
        Side(old, kinds[0], old_texts), Side(new, kinds[1], new_texts), vocabulary, matches, _moved(matches, pairing)
    )
    matches = leftovers.matched()
    coarse += (_MANY_CHANGED,) * hypotheses.coarse
    moved = _moved(matches, pairing)
    return Alignment(with_confidence(matches, moved, len(old), len(new)), moved, coarse, *contents)


def clause_kinds(clauses: Sequence[Clause], contents: frozenset[int]) -> list[str]:
    """Returns what each clause is to the alignment: "heading", "table_row", "prose", or "contents".

    Clauses of different kinds are seldom matched. "prose" is a paragraph or a list item: a redesign often makes one of
    the other. "contents" is an item of a contents list (`diffing.contents_lists`).

    contents: the positions of these items.
    """
    return [
        "contents" if position in contents else clause.kind if clause.kind in ("heading", "table_row") else "prose"
        for position, clause in enumerate(clauses)
    ]


def _repeated_lines(clauses: Sequence[Clause], kinds: Sequence[str]) -> frozenset[int]:
    """Returns the positions of short clauses whose text and links occur in several clauses of one kind."""
    lines = [
        (clause.text.casefold(), clause.links, kind) if clause.text.count(" ") < _LINE else None
        for clause, kind in zip(clauses, kinds, strict=True)
    ]
    counts = Counter(lines)
    return frozenset(position for position, line in enumerate(lines) if line and counts[line] > 1)


def _word_counts(old: Sequence[Clause], pairing: Pairing, unpaired: Iterable[Sequence[str]]) -> Counter[str]:
    """Returns how often each word occurs in two documents.

    unpaired: the words of each unpaired clause.
    """
    in_pairs: Counter[str] = Counter()
    for i in pairing.new_of:
        # For most clauses, the lower-case text has the same words as the result of `fold`, and takes a fraction of
        # the time.
        in_pairs.update(words(old[i].text.casefold().replace("’", "'")))
    # Both clauses of a pair have nearly the same words, so the words of one clause are counted twice.
    counts = Counter({word: 2 * count for word, count in in_pairs.items()})
    for clause_words in unpaired:
        counts.update(clause_words)
    return counts


def _compared_words(text: str) -> list[str]:
    """Returns the words of a text. "E-mail" has one spelling: many lists are respelled word by word."""
    return words(fold(text).replace("e-mail", "email"))


def _words_in_headings(clauses: Sequence[Clause]) -> Counter[str]:
    """Returns in how many headings each word occurs."""
    return Counter(word for clause in clauses if clause.kind == "heading" for word in set(words(fold(clause.text))))


def _pair_by_keys(
    pairing: Pairing, old: Sequence[Clause], new: Sequence[Clause], kinds: tuple[Sequence[str], Sequence[str]]
) -> None:
    """Pairs clauses whose keys are equal. The keys are used one after the other, the strictest first.

    With each key, clauses of the same kind are paired first (`_views`).
    """
    # Each item consists of a function that makes the key of a text, and a function that decides whether a key is
    # distinctive. Clauses that did not keep their order may be paired only if their key is distinctive.
    keys: list[tuple[Callable[[str], str], Callable[[str], bool]]] = [
        (same_text, _has_letters),
        (lambda text: strip_typography(fold(text)), _has_letters),
        (unnumbered, _has_letters),
        (lambda text: mask_facts(fold(text)), has_words),
        (_volatile_key, _has_letters),
    ]
    views = list(zip(_views(old, kinds[0]), _views(new, kinds[1]), strict=True))
    if len({*kinds[0], *kinds[1]}) == 1:
        del views[1:]
    elif "contents" not in {*kinds[0], *kinds[1]}:
        del views[1]
    for key_of, is_distinctive in keys:
        unpaired_old, unpaired_new = set(pairing.unpaired_old), set(pairing.unpaired_new)
        if not (unpaired_old and unpaired_new):
            return
        old_texts = {i: clause.text for i, clause in enumerate(old) if i in unpaired_old}
        new_texts = {j: clause.text for j, clause in enumerate(new) if j in unpaired_new}
        key_of_text = {text: key_of(text) for text in {*old_texts.values(), *new_texts.values()}}
        old_keys = [key_of_text[old_texts[i]] if i in old_texts else "" for i in range(len(old))]
        new_keys = [key_of_text[new_texts[j]] if j in new_texts else "" for j in range(len(new))]
        shared = {key for key in old_keys if key} & {key for key in new_keys if key}
        distinctive = frozenset(key for key in shared if is_distinctive(key))
        for old_kinds, new_kinds in views:
            old_keyed, new_keyed = (
                [(key, kind) if key in shared else None for key, kind in zip(side_keys, side_kinds, strict=True)]
                for side_keys, side_kinds in ((old_keys, old_kinds), (new_keys, new_kinds))
            )
            pair_equal(pairing, old_keyed, new_keyed, distinctive)
        if key_of is same_text:
            # Suppose that a clause occurs twice, and only its first occurrence gets new quotation marks. The strictest
            # key may then pair the first old occurrence with the second new occurrence, as if the clause had moved. So
            # pairs that did not keep their order are taken apart. The next key ignores the shape of quotation marks,
            # and pairs the occurrences correctly.
            pairing.release_moved()


def _views(clauses: Sequence[Clause], kinds: Sequence[str]) -> tuple[Sequence[str], list[str], list[str]]:
    """Returns the kinds of clauses in three views. In each view, only clauses of the same kind are paired.

    The second view tells only headings from other clauses, because a contents list may be recognized in one document
    only. The third view tells only the items of contents lists, because such a list has the texts of the headings.
    """
    return (
        kinds,
        ["heading" if clause.kind == "heading" else "" for clause in clauses],
        ["contents" if kind == "contents" else "" for kind in kinds],
    )


def _pair_reworded_in_place(
    pairing: Pairing, old: Sequence[Clause], new: Sequence[Clause], kinds: tuple[Sequence[str], Sequence[str]]
) -> dict[Pair, float]:
    """Pairs clauses that were reworded in their place, although an equal clause stands in another place.

    Suppose that an item of one list is reworded, and now has the text of an item of another list, which is removed.
    What a list is about is the substance, so the reworded item belongs to the item in the same list. An equal pair is
    taken apart if its clauses don't lie next to a pair, and a similar clause that lies next to a pair is unpaired.

    Returns the share of common words (`_common_words`) of each pair that was made.
    """
    reworded: dict[Pair, float] = {}
    new_of, old_of = pairing.new_of, pairing.old_of

    def neighbours(i: int, j: int) -> list[int]:
        """Returns the sides, -1 above and 1 below, on which a neighbour can tell where the clauses belong.

        A heading below a clause begins another section, so it does not tell where the clause belongs.
        """
        is_last = kinds[0][i + 1 : i + 2] == ["heading"] or kinds[1][j + 1 : j + 2] == ["heading"]
        return [-1] if is_last and kinds[0][i] != "heading" else [-1, 1]

    for i, j in sorted(new_of.items()):
        sides = neighbours(i, j)
        if any(new_of.get(i + side) == j + side for side in sides):
            continue
        near = [(old_of[j + side] - side, j) for side in sides if j + side in old_of]
        near += [(i, new_of[i + side] - side) for side in sides if i + side in new_of]
        best = max(
            (
                (_common_words(old[a].text, new[b].text), a, b)
                for a, b in near
                if (0 <= a < len(old) and (a == i or a not in new_of))
                and (0 <= b < len(new) and (b == j or b not in old_of))
                and kinds[0][a] == kinds[1][b]
                and (_lie_apart(old, a, i) or _lie_apart(new, b, j))
            ),
            default=(0.0, i, j),
        )
        if best[0] >= _REWORDED:
            pairing.release(i)
            pairing.add(best[1], best[2])
            reworded[best[1], best[2]] = best[0]
    return reworded


def _lie_apart(clauses: Sequence[Clause], first: int, second: int) -> bool:
    """Returns whether two clauses are in different lists, or in different runs of paragraphs."""
    return len({clause.kind for clause in clauses[min(first, second) : max(first, second) + 1]}) > 1


def _common_words(old: str, new: str) -> float:
    """Returns the share of the words of two texts that both texts have in the same order, from 0 to 1."""
    old_words, new_words = words(fold(old)), words(fold(new))
    return 2 * LCSseq.similarity(old_words, new_words) / max(1, len(old_words) + len(new_words))


def _volatile_key(text: str) -> str:
    """Returns the common key of all texts that are wholly volatile, or '' for other texts.

    These texts are paired last, so that counters don't decide how the clauses around them are paired.
    """
    return "" if same_text(text) else " "


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


def _is_weak(match: Match, old: dict[int, EncodedText], new: dict[int, EncodedText]) -> bool:
    """Returns whether a moved match is not similar enough to be accepted (see `_MOVED`).

    old, new: the texts of the clauses that have no equal counterpart, by position.
    """
    if match.similarity == 1.0 or match.old[0] not in old or match.new[0] not in new:
        return False
    if len(match.old) == len(match.new) == 1 and is_extended(old[match.old[0]], new[match.new[0]]):
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
