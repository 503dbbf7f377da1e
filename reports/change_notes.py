"""Writes the notes on a change: sentences on what its redline doesn't show.

All text from a vendor is made printable.
"""

from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from core.changes import Change, ChangeKind
from core.clauses import Clause
from core.plurals import plural
from reports.excerpts import CONTEXT, shortened
from reports.places import Places, label_of, numbered
from reports.vendor_text import printable
from views.change_lines import side_by_side

#: If the confidence of a change is below this value, reports warn that the two sides may be unrelated. At this value,
#: the warning reaches every pairing that the reader of `bench.diff.calibration` rejected, and a tenth of all pairings.
DOUBTFUL: Final = 0.9
# A note names at most this many clauses for which a changed heading, lead-in or table header says what holds.
_GOVERNED_NAMED = 12
# The number of characters that are shown of a heading or a lead-in.
_LEAD_IN = 120
_MOVES: Final[tuple[ChangeKind, ...]] = ("moved", "moved_modified")
# The note on the clause before says where.
_MOVED_ALONG = "Moved together with the clause before it."


#: The old and the new clause of each moved clause, by their ids.
MovedPairs = frozenset[tuple[int, int]]


def moved_pairs(changes: Iterable[Change]) -> MovedPairs:
    """Returns the old and the new clause of each moved clause."""
    return frozenset((id(change.old[0]), id(change.new[0])) for change in changes if change.kind in _MOVES)


def notes_on(change: Change, old_places: Places, new_places: Places, moved: MovedPairs) -> tuple[str, ...]:
    """Returns the notes on a change: numbers side by side, places, labels, links, governed clauses, a low confidence.

    old_places, new_places: the places of the clauses of the old and of the new document.
    moved: the moved clauses of both documents.
    """
    old, new = change.old, change.new
    if not (old and new):
        return _governed_note(change)
    notes = []
    if change.numbers:
        notes.append(f"Old and new: {', '.join(printable(side_by_side(*pair)) for pair in change.numbers)}.")
    is_move = change.kind in _MOVES
    if is_move:
        before = old_places.before(old[0]), new_places.before(new[0])
        moved_along = (id(before[0]), id(before[1])) in moved and label_of(old[0]) == label_of(new[0])
        notes.append(_MOVED_ALONG if moved_along else _move_note(old[0], new[0], old_places, new_places))
    headings = tuple(clause.heading_path[-1] if clause.heading_path else "" for clause in (old[0], new[0]))
    if change.under and change.under != headings:  # the note on the move names the headings
        notes.append(_under_note(*change.under))
    notes += [_crossed_note(sentence, old[0]) for sentence in change.crossed]
    notes += _governed_note(change)
    labels = [" ".join(clause.label for clause in side if clause.label) for side in (old, new)]
    if labels[0] != labels[1] and not is_move and change.kind not in ("split", "merged"):
        old_label, new_label = map(printable, labels)
        notes.append(as_sentence(_difference_note("Number", old_label, new_label)))
    if change.kind == "split":
        notes.append(f"One clause became {len(new)}.")
    if change.kind == "merged":
        notes.append(f"{len(old)} clauses became one.")
    links = [[link for clause in side for link in clause.links] for side in (old, new)]
    old_links, new_links = map(frozenset, links)
    removed = [link for link in links[0] if link not in new_links]
    added = [link for link in links[1] if link not in old_links]
    if removed or added:
        old_targets, new_targets = (", ".join(map(printable, side)) for side in (removed, added))
        notes.append(f"{_difference_note('Link', old_targets, new_targets)}.")
    elif change.kind == "cosmetic" and old[0].text == new[0].text and old[0].label == new[0].label:
        notes.append("Only spacing, emphasis or invisible characters differ.")
    if is_doubtful(change):
        notes.append(
            "It is not certain that the old and the new text belong together "
            f"(the program estimates {change.confidence:.0%})."
        )
    return tuple(notes)


def is_doubtful(change: Change) -> bool:
    """Returns whether the two sides of a change may be unrelated, so that reports warn."""
    return change.confidence < DOUBTFUL


def as_sentence(text: str) -> str:
    """Returns the text with a capital letter at the beginning and a full stop at the end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _under_note(old: str, new: str) -> str:
    """Returns a sentence that names the words that a clause moved from and moved to; '' is no such words."""
    before, after = (f"“{shortened(printable(text), _LEAD_IN)}”" for text in (old, new))
    if old and new:
        return f"It was introduced by {before}; now it is introduced by {after}."
    if new:
        return f"It is now introduced by {after}; before, no such words introduced it."
    return f"It was introduced by {before}; now no such words introduce it."


def _crossed_note(sentence: str, old: Clause) -> str:
    quoted = f"“{shortened(printable(sentence), CONTEXT)}”"
    if sentence in old.text:
        return f"{quoted} stands in the clause beside it now."
    return f"{quoted} stood in the clause beside it."


def _governed_note(change: Change) -> tuple[str, ...]:
    """Returns a note that names the clauses for which a changed heading, lead-in or table header says what holds."""
    if not change.governed:
        return ()
    named = [f"“{shortened(numbered(clause), CONTEXT)}”" for clause in change.governed[:_GOVERNED_NAMED]]
    more = len(change.governed) - len(named)
    stand = "stand" if change.new else "stood"
    clauses = plural(len(change.governed), "unchanged clause")
    return (f"These words {stand} above {clauses}: {', '.join(named)}{f', and {more} more' if more else ''}.",)


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
    origin, target = old_places.in_words(old, left_out), new_places.in_words(new, left_out)
    return f"Moved from {origin}{',' if 'after “' in origin else ''} to {target}."
