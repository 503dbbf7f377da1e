"""What kind of change a match is, and what it is worth telling."""

from collections.abc import Sequence
from typing import Literal

from core.changes import Change, ChangeKind, Redline, Significance
from core.clauses import Clause
from diffing.keys import facts_masked, number_in_front, plain, without_typography
from diffing.redline import redline
from diffing.sameness import contact_targets, is_volatile, same_text
from diffing.words import words

Difference = Literal["none", "volatile", "cosmetic", "number", "factual", "words"]


def one_sided(clause: Clause, kind: Literal["added", "removed"]) -> Change:
    """A clause without another side."""
    old, new = ((clause,), ()) if kind == "removed" else ((), (clause,))
    return Change(kind, "volatile" if is_volatile(clause) else "substantive", 1.0, old, new)


def change_of(
    old: Sequence[Clause], new: Sequence[Clause], confidence: float, moved: bool
) -> tuple[Change | None, bool]:
    """The change that a match is, None where nothing changed, and whether its redline is coarser than usual."""
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
    worth = _significance(kind, difference, old, new)
    return Change(kind, worth, confidence, tuple(old), tuple(new), parts), coarse


def difference_of(old: Clause, new: Clause) -> Difference:
    """How two matched clauses differ: the heaviest of their differences."""
    alike_set = _set_alike(old, new)
    if old.text == new.text and old.label == new.label and old.links == new.links and alike_set:
        return "none"
    difference = _difference_of_texts(old.text, new.text)
    if difference in ("factual", "words"):
        return difference
    if old.links != new.links and _unspelled_contacts(old) != _unspelled_contacts(new):
        return "factual"
    if _renumbered(old, new):
        return "number"
    if difference == "none" and (old.links != new.links or not alike_set):
        return "cosmetic"
    return "cosmetic" if difference == "number" else difference


def _set_alike(old: Clause, new: Clause) -> bool:
    """Whether nothing is known to differ in how the texts are set."""
    if old.typography is None or new.typography is None:
        return True
    return (old.typography or old.text) == (new.typography or new.text)


def _difference_of_texts(old: str, new: str) -> Difference:
    if old == new:
        return "none"
    old_plain, new_plain = plain(old), plain(new)
    if without_typography(old_plain) == without_typography(new_plain):
        return "cosmetic"
    if same_text(old) == same_text(new):
        return "volatile"
    if unnumbered(old) == unnumbered(new):
        return "number"
    masked = facts_masked(old_plain)
    return "factual" if masked and masked == facts_masked(new_plain) else "words"


def unnumbered(text: str) -> str:
    """The text without typography and without the number in front of it."""
    return without_typography(plain(text[len(number_in_front(text)) :]))


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
    before, after = (words(plain(" ".join(clause.text for clause in side))) for side in (old, new))
    # Without a word on either side (a price of signs, a row of symbols) the signs are what changed.
    return "editorial" if before == after and before else "substantive"


def _renumbered(old: Clause, new: Clause) -> bool:
    """Whether both sides give a number and not the same.

    A number given or dropped altogether is a redesign of the page's lists (bullets for letters): no lawyer cites it
    as a change.
    """
    before, after = (_number(clause) for clause in (old, new))
    return bool(before and after and before != after)


def _number(clause: Clause) -> str:
    return (clause.label or number_in_front(clause.text)).strip(" .:()[]").casefold()


def _unspelled_contacts(clause: Clause) -> frozenset[str]:
    """E-mail and telephone targets beyond those that the text spells out: making an address a link adds nothing."""
    text = "".join(clause.text.casefold().split())
    digits = "".join(character for character in text if character.isdigit() or character == "+")
    return frozenset(
        target
        for target in contact_targets(clause)
        if target.partition(":")[2] not in (digits if target.startswith("tel:") else text)
    )
