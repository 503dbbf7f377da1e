"""Finds terms that are capitalised in a new text and were not in the old text, or the other way round."""

from collections import Counter
from collections.abc import Iterable

from core.changes import Change
from diffing.tokenization import sentences, words


def terms_with_other_capitals(changes: Iterable[Change]) -> dict[tuple[str, str], int]:
    """Returns each term whose capitals differ, old and new, with the number of clauses in which they differ.

    Headings and the first words of sentences are left out: their capitals say nothing about a term. So are clauses in
    which most words changed their case, such as a paragraph in capitals.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for change in changes:
        is_pair = len(change.old) == len(change.new) == 1
        if is_pair and change.significance == "editorial" and change.new[0].kind != "heading":
            counts.update(_terms(change.old[0].text, change.new[0].text))
    return dict(counts)


def _terms(old: str, new: str) -> set[tuple[str, str]]:
    before, after = _words(old), _words(new)
    if [word.casefold() for word, _ in before] != [word.casefold() for word, _ in after]:
        return set()
    terms: set[tuple[str, str]] = set()
    run: list[tuple[str, str]] = []
    differing = 0
    for (old_word, is_first), (new_word, _) in [*zip(before, after, strict=True), (("", False), ("", False))]:
        differing += old_word != new_word
        if old_word != new_word and not is_first:
            run.append((old_word, new_word))
        elif run:
            terms.add((" ".join(pair[0] for pair in run), " ".join(pair[1] for pair in run)))
            run = []
    return terms if 2 * differing <= len(before) else set()


def _words(text: str) -> list[tuple[str, bool]]:
    """Returns the words of a text, and whether each is the first word of a sentence."""
    return [(word, place == 0) for sentence in sentences(text) for place, word in enumerate(words(sentence))]
