"""Merges both texts into one for reading the whole policy: every clause of either text stands in its place."""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from core.changes import Comparison, Redline, RedlineOperation
from core.clauses import Clause, Document
from reports.rendered_changes import RenderedChange, rendered_changes
from reports.vendor_text import printable

Role = Literal["unchanged", "changed", "removed", "added", "moved_from", "moved_to"]


@dataclass(frozen=True, slots=True)
class MergedRow:
    """A row of the merged text. The old clauses of all rows, in order, are the old text; the new clauses the new text.

    role: rows with the roles `changed` and `unchanged` have clauses of both sides. `moved_from` and `moved_to` are the
        two places of one change, with one clause each.
    change: the change that the row belongs to; None if nothing changed.
    """

    role: Role
    old: tuple[Clause, ...]
    new: tuple[Clause, ...]
    change: RenderedChange | None = None

    @property
    def redline(self) -> Redline:
        """What to show in the row: of a moved clause the old text where it was, and the new text where it is."""
        if self.role == "moved_from":
            return self._one_side("insert", ("delete", printable(self.old[0].text)))
        if self.role == "moved_to":
            return self._one_side("delete", ("insert", printable(self.new[0].text)))
        return self.change.redline if self.change else (("equal", printable(self.new[0].text)),)

    def _one_side(self, without: RedlineOperation, otherwise: tuple[RedlineOperation, str]) -> Redline:
        if self.change and len(self.change.change.old) == len(self.change.change.new) == 1:
            return tuple(part for part in self.change.redline if part[0] != without)
        return (otherwise,)


def merged_rows(comparison: Comparison, old: Document, new: Document) -> tuple[MergedRow, ...]:
    """Returns the rows of the merged text. A removed clause stands after the clause it followed, before added ones."""
    both_sides = [MergedRow("unchanged", (old.clauses[o],), (new.clauses[n],)) for o, n in comparison.unchanged]
    # The rows of clauses that stand alone, by their position in the old or new text.
    old_rows: dict[int, MergedRow] = {}
    new_rows: dict[int, MergedRow] = {}
    for rendered in rendered_changes(comparison):
        change = rendered.change
        if change.old and change.new:
            both_sides.append(MergedRow("changed", change.old, change.new, rendered))
        old_rows |= {clause.position: MergedRow("removed", (clause,), (), rendered) for clause in change.old}
        new_rows |= {clause.position: MergedRow("added", (), (clause,), rendered) for clause in change.new}
    both_sides.sort(key=lambda row: row.old[0].position)
    anchors = _longest_in_order([row for row in both_sides if _can_stand_in_one_place(row)])
    anchor_ids = {id(row) for row in anchors}
    for row in both_sides:
        if id(row) not in anchor_ids:
            old_rows |= {clause.position: MergedRow("moved_from", (clause,), (), row.change) for clause in row.old}
            new_rows |= {clause.position: MergedRow("moved_to", (), (clause,), row.change) for clause in row.new}
    rows: list[MergedRow] = []
    o = n = 0
    for anchor in anchors:
        rows += [old_rows[position] for position in range(o, anchor.old[0].position)]
        rows += [new_rows[position] for position in range(n, anchor.new[0].position)]
        rows.append(anchor)
        o, n = anchor.old[-1].position + 1, anchor.new[-1].position + 1
    rows += [old_rows[position] for position in range(o, len(old.clauses))]
    rows += [new_rows[position] for position in range(n, len(new.clauses))]
    return tuple(rows)


def _can_stand_in_one_place(row: MergedRow) -> bool:
    """Returns whether a row's change is no move, and the clauses of each side are consecutive."""
    return (row.change is None or not row.change.change.kind.startswith("moved")) and all(
        after.position == before.position + 1 for side in (row.old, row.new) for before, after in pairwise(side)
    )


def _longest_in_order(rows: list[MergedRow]) -> list[MergedRow]:
    """Returns as many as possible of the rows, which are in old order, so that they are in new order, too.

    If the comparison is consistent these are all of them, since it calls the rest moved. This is patience sorting
    (Fredman 1975).
    """
    tops: list[int] = []
    piles: list[int] = []
    previous: list[int | None] = []
    for index, row in enumerate(rows):
        pile = bisect_left(tops, row.new[0].position)
        previous.append(piles[pile - 1] if pile else None)
        tops[pile : pile + 1] = [row.new[0].position]
        piles[pile : pile + 1] = [index]
    chosen: list[MergedRow] = []
    at = piles[-1] if piles else None
    while at is not None:
        chosen.append(rows[at])
        at = previous[at]
    return chosen[::-1]
