"""Says in words since when a clause reads as it does, and what happened to a clause. For all front ends."""

from collections.abc import Sequence
from typing import Final

from core.clauses import Clause
from core.dates import iso
from core.lineage import EventKind
from reports.excerpts import shortened
from reports.places import NO_HEADING, PATH_SEPARATOR, cited, label_of
from reports.vendor_text import printable
from views.change_lines import side_by_side
from views.clause_history import ClauseSince, MissingFrom, Trace, TracedEvent

_EVENT_WORDS: Final[dict[EventKind, str]] = {
    "appeared": "Appeared",
    "unknown": "Found",
    "modified": "Modified",
    "moved": "Moved",
    "renumbered": "Renumbered",
    "split": "Split",
    "merged": "Merged",
    "removed": "Removed",
    "returned": "Returned",
}
# The number of characters that are shown of a heading.
_HEADING = 60


def since_words(since: ClauseSince) -> str:
    """Returns the day since when a clause reads as it does, in at most 11 characters: `2016-10-18`, `≤2010-11-25`.

    The sign says that the clause may have read so earlier: nothing earlier is known.
    """
    return f"{'≤' if since.change is None else ''}{since.first.captured_at:%Y-%m-%d}"


def missing_words(versions: Sequence[MissingFrom]) -> str:
    """Returns from which versions a clause was missing briefly: `missing from version 13, shown once on 2025-04-17`.

    Returns '' if there are none.
    """
    parts = []
    for version in versions:
        first, last = f"{version.first.captured_at:%Y-%m-%d}", f"{version.last.captured_at:%Y-%m-%d}"
        if version.first.capture_id == version.last.capture_id:
            shown = f"shown once on {first}"
        else:
            shown = f"shown on {first}" if first == last else f"shown from {first} to {last}"
        parts.append(f"version {version.version.number}, {shown}")
    return f"missing from {'; and from '.join(parts)}" if parts else ""


def event_title(event: TracedEvent) -> str:
    """Returns what happened, in a few words: `Modified in version 4 (substantive)`."""
    change, number = event.change, event.new.number
    if event.kind == "unknown":
        return f"Found in version {number}, which could not be compared with the version before"
    if event.kind == "appeared" and event.name is None:
        return f"In the oldest version, {number}"
    if event.kind == "split":
        what = f"Split into {len(change.new)} clauses in version {number}"
    elif event.kind == "merged":
        what = f"Merged: {len(change.old)} clauses became one in version {number}"
    elif event.kind == "modified" and change.kind == "moved_modified":
        what = f"Moved and modified in version {number}"
    elif event.kind == "modified" and change.kind == "cosmetic":
        what = f"Typography or links changed in version {number}"
    elif event.kind == "modified" and change.kind == "factual":
        what = f"{'Number' if change.numbers else 'Contact details or dates'} changed in version {number}"
    elif event.kind in ("removed", "returned", "appeared"):
        return f"{_EVENT_WORDS[event.kind]} in version {number}"
    else:
        what = f"{_EVENT_WORDS[event.kind]} in version {number}"
    return f"{what} ({change.significance})"


def event_time(event: TracedEvent) -> str:
    """Returns a sentence that says between which captures it happened."""
    first = iso(event.first.captured_at)
    if event.before is None:
        return f"First captured {first}."
    if event.name is None:
        return f"First captured {first}; the version before was last captured {iso(event.before.captured_at)}."
    versions = f"from version {event.name.old.number} to {event.name.new.number}"
    return f"Between {iso(event.before.captured_at)} and {first}; change {event.name.number} {versions}."


def event_notes(event: TracedEvent) -> tuple[str, ...]:
    """Returns sentences on what a redline doesn't show: places, labels and numbers."""
    old, new = event.change.old, event.change.new
    notes = [f"{printable(side_by_side(before, after))}." for before, after in event.change.numbers]
    if event.change.kind in ("moved", "moved_modified") and old and new:
        before, after = place_of(old[0]), place_of(new[0])
        notes.append(f"Moved within {after}." if before == after else f"Moved from {before} to {after}.")
    labels = _labels(old), _labels(new)
    if old and new and labels[0] != labels[1]:
        before, after = (f"the number {label}" if label else "no number" for label in labels)
        notes.append(f"It had {before} before, and has {after} since.")
    return tuple(notes)


def place_of(clause: Clause, innermost: bool = False) -> str:
    """Returns the headings above a clause: `“Privacy policy › Cookies”`, or `no heading`.

    innermost: whether only the innermost heading is named.
    """
    path = [shortened(printable(heading), _HEADING) for heading in clause.heading_path[-1 if innermost else 0 :]]
    return f"“{PATH_SEPARATOR.join(path)}”" if path else NO_HEADING


def outcome(trace: Trace) -> str:
    """Returns a sentence that says where the clause is now, or when it went."""
    newest = f"{trace.newest.number}, last captured {trace.last.captured_at:%Y-%m-%d}"
    if not trace.now:
        last = trace.events[-1]
        between = f"between {iso(last.before.captured_at)} and " if last.before else "before "
        return (
            f"Gone: the newest version, {newest}, has no such clause. It went {between}{iso(last.first.captured_at)}."
        )
    if len(trace.now) > 1:
        return f"In the newest version, {newest}, it is in {len(trace.now)} clauses."
    changes = [event for event in trace.events if event.name is not None]
    if not changes:
        return f"It has not changed up to the newest version, {newest}."
    return f"It is in the newest version, {newest}, under {place_of(trace.now[0])}."


def _labels(clauses: Sequence[Clause]) -> str:
    return ", ".join(cited(label_of(clause)) for clause in clauses if clause.label)
