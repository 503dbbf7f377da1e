"""Two documents in, what differs between them out.

Alignment (which clauses are one another's), then for each match its classification and redline, then reading order.
"""

from bisect import bisect_left
from collections.abc import Callable

from core.changes import Change, Comparison
from core.clauses import Document
from diffing.alignment import Alignment, align
from diffing.classification import change_of, one_sided

_COARSE_REDLINE = "some redlines show very long texts as replaced where fewer words may have changed"


def compare(old: Document, new: Document) -> Comparison:
    """What differs between two documents, clause by clause.

    Every clause of either document is in exactly one change or in `unchanged`. The comparison of (new, old) is the
    mirror of this one. It depends on the two documents alone, never on time or chance.
    """
    alignment = align(old.clauses, new.clauses)
    placed: list[tuple[tuple[int, int, int], Change]] = []
    unchanged: list[tuple[int, int]] = []
    coarse_redline = False
    for at, match in enumerate(alignment.matches):
        before = [old.clauses[i] for i in match.old]
        after = [new.clauses[j] for j in match.new]
        change, coarse = change_of(before, after, round(match.likeness, 3), at in alignment.moved)
        coarse_redline = coarse_redline or coarse
        if change is None:
            unchanged.append((match.old[0], match.new[0]))
        else:
            placed.append(((match.new[0], 1, 0), change))

    matched_old = {i for match in alignment.matches for i in match.old}
    matched_new = {j for match in alignment.matches for j in match.new}
    placed += [((j, 1, 0), one_sided(c, "added")) for j, c in enumerate(new.clauses) if j not in matched_new]
    where_it_stood = _new_place_of_removed(alignment)
    placed += [
        ((where_it_stood(i), 2, i), one_sided(c, "removed")) for i, c in enumerate(old.clauses) if i not in matched_old
    ]
    placed.sort(key=lambda item: item[0])
    notes = alignment.coarse + (_COARSE_REDLINE,) * coarse_redline
    return Comparison(old, new, tuple(change for _, change in placed), tuple(sorted(unchanged)), notes)


def _new_place_of_removed(alignment: Alignment) -> Callable[[int], int]:
    """Where in the new document a removed clause stood: after the clause before it that kept its order."""
    kept = sorted(
        (match.old[-1], match.new[-1]) for at, match in enumerate(alignment.matches) if at not in alignment.moved
    )
    old_places = [old for old, _ in kept]

    def place(position: int) -> int:
        at = bisect_left(old_places, position)
        return kept[at - 1][1] if at else -1

    return place
