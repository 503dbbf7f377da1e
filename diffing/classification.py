"""Decides whether matched clauses changed, and gives the change a kind and a significance."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from core.changes import Change, ChangeKind, Redline, Significance
from core.clauses import Clause
from diffing.normalization import fold, mask_facts, number_in_front, strip_typography
from diffing.redline import redline
from diffing.sameness import contact_targets, is_volatile, same_text
from diffing.tokenization import tokens, words

# Parts of the Unicode names of pictograms that are answers. Other pictograms, such as flags, decorate a text.
_ANSWER = re.compile("CHECK|BALLOT|CROSS|CIRCLE|SQUARE|TRIANGLE|THUMBS|NO ENTRY|PROHIBITED")
# An arrow or a geometric shape in front of a text, which is a bullet. Blank braille patterns indent such a text.
_BULLET = re.compile("[\u2800 ]*[\u2190-\u21ff\u25a0-\u25ff\u2794-\u27bf\u2800]+ *(?=[^ |])")

Difference = Literal["none", "volatile", "cosmetic", "number", "factual", "words"]


def one_sided_change(clause: Clause, kind: Literal["added", "removed"]) -> Change:
    """Returns the change for a clause that was added or removed."""
    old, new = ((clause,), ()) if kind == "removed" else ((), (clause,))
    return Change(kind, "volatile" if is_volatile(clause) else "substantive", 1.0, old, new)


def change_of(
    old: Sequence[Clause], new: Sequence[Clause], confidence: float, moved: bool
) -> tuple[Change | None, bool]:
    """Returns the change between matched clauses, and whether the redline is coarse (see `diffing.redline.redline`).

    The change is None if the clauses are the same.

    old, new: the matched clauses: one clause on each side, or several clauses on one side for a split or a merge.
    confidence: how certain it is that the clauses belong together, from 0 to 1.
    moved: whether the matched clauses moved.
    """
    if len(old) == len(new) == 1:
        difference = difference_of(old[0], new[0])
        kind = _kind(difference, moved)
    else:
        difference = _difference_of_texts(" ".join(c.text for c in old), " ".join(c.text for c in new))
        kind = "split" if len(old) == 1 else "merged"
    if kind is None:
        return None, False
    parts: Redline = ()
    coarse = False
    if kind not in ("moved", "renumbered"):
        parts, coarse = redline(" ".join(clause.text for clause in old), " ".join(clause.text for clause in new))
    significance = _significance(kind, difference, old, new)
    return Change(kind, significance, confidence, tuple(old), tuple(new), parts), coarse


def difference_of(old: Clause, new: Clause) -> Difference:
    """Returns the most important difference between two matched clauses."""
    same_typography = _has_same_typography(old, new)
    if old.text == new.text and old.label == new.label and old.links == new.links and same_typography:
        return "none"
    difference = _difference_of_texts(old.text, new.text)
    if difference in ("factual", "words"):
        return difference
    if old.links != new.links and _unspelled_contacts(old) != _unspelled_contacts(new):
        return "factual"
    if _is_renumbered(old, new):
        return "number"
    if difference == "none" and (old.links != new.links or not same_typography):
        return "cosmetic"
    return "cosmetic" if difference == "number" else difference


def _has_same_typography(old: Clause, new: Clause) -> bool:
    """Returns whether two clauses have the same typography. True if the typography of a clause is not known."""
    if old.typography is None or new.typography is None:
        return True
    return (old.typography or old.text) == (new.typography or new.text)


def _difference_of_texts(old: str, new: str) -> Difference:
    if old == new:
        return "none"
    old_folded, new_folded = fold(old), fold(new)
    if strip_typography(old_folded) == strip_typography(new_folded):
        return "cosmetic"
    if same_text(old) == same_text(new):
        return "volatile"
    if unnumbered(old) == unnumbered(new):
        return "number"
    masked = mask_facts(old_folded)
    return "factual" if masked and masked == mask_facts(new_folded) else "words"


def unnumbered(text: str) -> str:
    """Returns the folded text without typography and without the clause number at the beginning."""
    return strip_typography(fold(text[len(number_in_front(text)) :]))


def _kind(difference: Difference, moved: bool) -> ChangeKind | None:
    if moved:
        return "moved_modified" if difference in ("volatile", "factual", "words") else "moved"
    kinds: dict[Difference, ChangeKind | None] = {
        "none": None,
        "volatile": "factual",
        "cosmetic": "cosmetic",
        "number": "renumbered",
        "factual": "factual",
        "words": "modified",
    }
    return kinds[difference]


def _significance(
    kind: ChangeKind, difference: Difference, old: Sequence[Clause], new: Sequence[Clause]
) -> Significance:
    if difference == "factual":
        return "factual"
    if difference == "volatile" and kind == "factual":
        return "volatile"
    if difference != "words":
        return "editorial"
    before, after = ([fold(_without_bullet(clause.text)) for clause in side] for side in (old, new))
    # If the words are equal, only punctuation changed, which is editorial. If the texts have no words at all, for
    # example rows of symbols, the change is substantive.
    words_before = words(" ".join(before))
    is_editorial = words_before and words_before == words(" ".join(after)) and _signs(before) == _signs(after)
    return "editorial" if is_editorial else "substantive"


def _without_bullet(text: str) -> str:
    bullet = _BULLET.match(text)
    return text[bullet.end() :] if bullet else text


def _signs(folded_texts: Sequence[str]) -> list[tuple[int, str]]:
    """Returns the signs that are an answer or part of a quantity, such as ✓, ≤ and €.

    Each sign is returned with the number of words before it.
    """
    signs: list[tuple[int, str]] = []
    count = 0
    for token in tokens(" ".join(folded_texts)):
        category = unicodedata.category(token[0])
        if category in ("Sm", "Sc") or (category == "So" and _ANSWER.search(unicodedata.name(token[0], ""))):
            signs.append((count, token))
        count += token[0].isalnum()
    return signs


def _is_renumbered(old: Clause, new: Clause) -> bool:
    """Returns whether both clauses have a number and the numbers differ.

    False if only one clause has a number. Then only the design of a list changed, for example from letters to bullets,
    and lawyers do not count a new design as a change.
    """
    before, after = (_number(clause) for clause in (old, new))
    return bool(before and after and before != after)


def _number(clause: Clause) -> str:
    return (clause.label or number_in_front(clause.text)).strip(" .:()[]").casefold()


def _unspelled_contacts(clause: Clause) -> frozenset[str]:
    """Returns the e-mail addresses and telephone numbers that a clause links to but does not show in its text.

    An address that the text shows is left out: if such an address becomes a link, no contact is new.
    """
    text = "".join(clause.text.casefold().split())
    digits = "".join(character for character in text if character.isdigit() or character == "+")
    return frozenset(
        target
        for target in contact_targets(clause)
        if target.partition(":")[2] not in (digits if target.startswith("tel:") else text)
    )
