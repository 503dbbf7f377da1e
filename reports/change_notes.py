"""Writes the notes on a change: sentences on what its redline doesn't show.

All text from a vendor is made printable.
"""

from itertools import takewhile
from typing import Final

from core.changes import Change
from core.clauses import Clause
from core.plurals import plural
from reports.excerpts import CONTEXT, shortened
from reports.places import Places, numbered
from reports.vendor_text import printable

#: If the confidence of a change is below this value, reports warn that the two sides may be unrelated. At this value,
#: the warning reaches every pairing that the reader of `bench.diff.calibration` rejected, and a tenth of all pairings.
DOUBTFUL: Final = 0.9
# A note names at most this many clauses for which a changed heading, lead-in or table header says what holds.
_GOVERNED_NAMED = 12
# The number of characters that are shown of a heading or a lead-in.
_LEAD_IN = 120


def notes_on(change: Change, old_places: Places, new_places: Places) -> tuple[str, ...]:
    """Returns the notes on a change: numbers side by side, places, labels, links, governed clauses, a low confidence.

    old_places, new_places: the places of the clauses of the old and of the new document.
    """
    old, new = change.old, change.new
    if not (old and new):
        return _governed_note(change)
    notes = []
    if change.numbers:
        notes.append(f"Old and new: {', '.join(printable(side_by_side(*pair)) for pair in change.numbers)}.")
    if change.kind in ("moved", "moved_modified"):
        notes.append(_move_note(old[0], new[0], old_places, new_places))
    if change.under:
        notes.append("It stood below {}, and stands below {} now.".format(*map(_quoted_lead_in, change.under)))
    notes += _governed_note(change)
    labels = [" ".join(clause.label for clause in side if clause.label) for side in (old, new)]
    if labels[0] != labels[1] and change.kind not in ("split", "merged"):
        old_label, new_label = map(printable, labels)
        notes.append(as_sentence(_difference_note("Number", old_label, new_label)))
    if change.kind == "split":
        notes.append(f"One clause became {len(new)}.")
    if change.kind == "merged":
        notes.append(f"{len(old)} clauses became one.")
    links = [[link for clause in side for link in clause.links] for side in (old, new)]
    removed = [link for link in links[0] if link not in links[1]]
    added = [link for link in links[1] if link not in links[0]]
    if removed or added:
        old_links, new_links = (", ".join(map(printable, side)) for side in (removed, added))
        notes.append(f"{_difference_note('Link', old_links, new_links)}.")
    elif change.kind == "cosmetic" and old[0].text == new[0].text and old[0].label == new[0].label:
        notes.append("Only spacing, emphasis or invisible characters differ.")
    if is_doubtful(change):
        notes.append(
            f"It is not certain that the old and the new text belong together (confidence {change.confidence:.0%})."
        )
    return tuple(notes)


def is_doubtful(change: Change) -> bool:
    """Returns whether the two sides of a change may be unrelated, so that reports warn."""
    return change.confidence < DOUBTFUL


def side_by_side(old: str, new: str) -> str:
    """Returns an old and a new number, with the words they share once: `30 → 90 days`, `Article 9 → 6`."""
    before, after = old.split(), new.split()
    shorter = min(len(before), len(after)) - 1
    front = 0
    while front < shorter and before[front] == after[front] and before[front].isalpha():
        front += 1
    back = 0
    while back < shorter - front and before[-1 - back] == after[-1 - back]:
        back += 1
    while back and not before[-back].isalpha():
        back -= 1  # 25 000 → 50 000 euros
    return f"{' '.join(before[: len(before) - back])} → {' '.join(after[front:])}"


def as_sentence(text: str) -> str:
    """Returns the text with a capital letter at the beginning and a full stop at the end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _quoted_lead_in(text: str) -> str:
    return f"“{shortened(printable(text), _LEAD_IN)}”" if text else "no such words"


def _governed_note(change: Change) -> tuple[str, ...]:
    """Returns a note that names the clauses for which a changed heading, lead-in or table header says what holds."""
    if not change.governed:
        return ()
    named = [f"“{shortened(numbered(clause), CONTEXT)}”" for clause in change.governed[:_GOVERNED_NAMED]]
    more = len(change.governed) - len(named)
    clauses = plural(len(change.governed), "clause")
    return (f"Unchanged, and below these words: {clauses}: {', '.join(named)}{f', and {more} more' if more else ''}.",)


def _difference_note(name: str, old: str, new: str) -> str:
    if old and new:
        return f"{name}: {old} → {new}"
    return f"{name} added: {new}" if new else f"{name} removed: {old}"


def _move_note(old: Clause, new: Clause, old_places: Places, new_places: Places) -> str:
    """Returns a sentence that names the old and the new place of a moved clause.

    If the clause moved to another heading, the sentence also names the old and the new headings. Outermost headings
    that both paths have in common are left out, since they don't distinguish the two places. The innermost heading of
    each path is always shown.
    """
    left_out = None
    if old.heading_path != new.heading_path:
        paths = old.heading_path, new.heading_path
        common = list(takewhile(lambda pair: pair[0] == pair[1], zip(*paths, strict=False)))
        left_out = min(len(common), *(max(len(path) - 1, 0) for path in paths))
    return f"Moved from {old_places.in_words(old, left_out)}, to {new_places.in_words(new, left_out)}."
