"""Compares two documents: matches their clauses, classifies each match, and sorts the changes into reading order."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace

from core.changes import Change, Comparison
from core.clauses import Document
from diffing.alignment import Alignment, align
from diffing.classification import change_of, one_sided_change
from diffing.crossings import rests_of_crossings
from diffing.governing import with_governed
from diffing.heading_numbers import numbered_headings
from diffing.surroundings import surroundings

_COARSE_REDLINE = (
    "some redlines show a very long passage as replaced, although only a few of its words may have changed"
)


def compare_documents(old: Document, new: Document) -> Comparison:
    """Returns the differences between two documents; see `diffing.compare`."""
    alignment = align(old.clauses, new.clauses)
    # Each change with its sort key: the position in the new document, a rank, and the position in the old document. The
    # rank 2 of a removed clause puts the clause after the change of rank 1 at the same new position. Only removed
    # clauses need the old position; for all other changes, 0 takes its place.
    placed: list[tuple[tuple[int, int, int], Change]] = []
    unchanged: list[tuple[int, int]] = []
    coarse_redline = False
    stated = _stated_date(old), _stated_date(new)
    old_around, new_around = surroundings(old.clauses), surroundings(new.clauses)
    old_repeats = alignment.old_repeats | old_around.positions
    new_repeats = alignment.new_repeats | new_around.positions
    old_numbered, new_numbered = numbered_headings(old.clauses), numbered_headings(new.clauses)
    rests = rests_of_crossings(alignment.matches, old.clauses, new.clauses)
    for index, match in enumerate(alignment.matches):
        before = [old.clauses[i] for i in match.old]
        after = [new.clauses[j] for j in match.new]
        moved, rest = index in alignment.moved, rests.get(match)
        numbered = old_numbered.issuperset(match.old) and new_numbered.issuperset(match.new)
        change, coarse = change_of(before, after, round(match.confidence, 3), moved, stated, rest, numbered)
        coarse_redline = coarse_redline or coarse
        if change and old_around.positions.issuperset(match.old) and new_around.positions.issuperset(match.new):
            is_ticker = old_around.tickers.issuperset(match.old) and new_around.tickers.issuperset(match.new)
            change = _aside(change, is_ticker) if is_ticker or change.kind != "factual" else change
        elif change and alignment.old_repeats.issuperset(match.old) and alignment.new_repeats.issuperset(match.new):
            change = _aside(change)
        if change is None:
            unchanged.append((match.old[0], match.new[0]))
        else:
            placed.append(((match.new[0], 1, 0), change))

    matched_old = {i for match in alignment.matches for i in match.old}
    matched_new = {j for match in alignment.matches for j in match.new}
    for j, clause in enumerate(new.clauses):
        if j not in matched_new:
            change = one_sided_change(clause, "added", new.clauses[j - 1] if j else None)
            placed.append(((j, 1, 0), _aside(change) if j in new_repeats else change))
    new_position = _new_position_of_removed(alignment)
    for i, clause in enumerate(old.clauses):
        if i not in matched_old:
            change = one_sided_change(clause, "removed", old.clauses[i - 1] if i else None)
            placed.append(((new_position(i), 2, i), _aside(change) if i in old_repeats else change))
    placed.sort(key=lambda item: item[0])
    unchanged.sort()
    matches = [(match.old, match.new) for match in alignment.matches]
    changes = with_governed(old, new, matches, [change for _, change in placed], unchanged)
    notes = alignment.coarse + (_COARSE_REDLINE,) * coarse_redline
    return Comparison(old, new, tuple(changes), tuple(unchanged), notes)


def _stated_date(document: Document) -> str | None:
    """Returns the date that a document states for itself, in ISO 8601, perhaps without the day; None without a date."""
    return document.stated_date or (document.effective_date.isoformat() if document.effective_date else None)


def _aside(change: Change, is_ticker: bool = False) -> Change:
    """Returns a change of clauses that repeat what the document says elsewhere, or of the page around the policy.

    It is editorial at most. A price in a ticker is volatile. Any other number or date keeps its significance.

    is_ticker: whether the clauses belong to a ticker on the page around the policy.
    """
    if change.significance == "volatile":
        return change
    return replace(
        change, significance="volatile" if is_ticker and change.kind == "factual" else "editorial", numbers=()
    )


def _new_position_of_removed(alignment: Alignment) -> Callable[[int], int]:
    """Returns a function that decides after which new clause a removed clause is listed.

    The function takes the position of the removed clause in the old document. Among the old clauses before the removed
    clause, it looks for the last clause that was matched and did not move. The result is the position of the matching
    new clause, or -1 if no such clause exists.
    """
    in_order = sorted(
        (match.old[-1], match.new[-1]) for index, match in enumerate(alignment.matches) if index not in alignment.moved
    )
    old_positions = [old for old, _ in in_order]

    def new_position(old_position: int) -> int:
        before = bisect_left(old_positions, old_position)
        return in_order[before - 1][1] if before else -1

    return new_position
