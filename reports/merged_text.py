"""Merges the old and the new text of a policy into one text. The merged text shows every change at its place."""

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
    """A row of the merged text.

    The old clauses of all rows, in order, are the old text. The new clauses of all rows are the new text.

    role: how the row is shown. Only a row with the role `changed` or `unchanged` has clauses of both sides. A moved
        clause has two rows: `moved_from` at the old place and `moved_to` at the new place.
    old, new: the clauses of the old text and of the new text that the row shows.
    change: the change that the row belongs to; None if the clause is unchanged.
    """

    role: Role
    old: tuple[Clause, ...]
    new: tuple[Clause, ...]
    change: RenderedChange | None = None

    @property
    def redline(self) -> Redline:
        """The redline that the row shows.

        A moved clause is shown with its old text at the old place, and with its new text at the new place.
        """
        if self.role == "moved_from":
            return self._redline_without("insert", ("delete", printable(self.old[0].text)))
        if self.role == "moved_to":
            return self._redline_without("delete", ("insert", printable(self.new[0].text)))
        return self.change.redline if self.change else (("equal", printable(self.new[0].text)),)

    def _redline_without(self, left_out: RedlineOperation, whole_clause: tuple[RedlineOperation, str]) -> Redline:
        if self.change and len(self.change.change.old) == len(self.change.change.new) == 1:
            return tuple(part for part in self.change.redline if part[0] != left_out)
        return (whole_clause,)


def merged_rows(comparison: Comparison, old: Document, new: Document) -> tuple[MergedRow, ...]:
    """Returns the rows of the merged text.

    A removed clause stands after its predecessor in the old text. Clauses that were added at the same place follow the
    removed clause.
    """
    both_sides = [MergedRow("unchanged", (old.clauses[i],), (new.clauses[j],)) for i, j in comparison.unchanged]
    # The rows with clauses of only one side. `old_rows` has the rows with an old clause, by the clause's position in
    # the old text. `new_rows` has the rows with a new clause, by the clause's position in the new text.
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
    old_position = new_position = 0
    for anchor in anchors:
        rows += [old_rows[position] for position in range(old_position, anchor.old[0].position)]
        rows += [new_rows[position] for position in range(new_position, anchor.new[0].position)]
        rows.append(anchor)
        old_position, new_position = anchor.old[-1].position + 1, anchor.new[-1].position + 1
    rows += [old_rows[position] for position in range(old_position, len(old.clauses))]
    rows += [new_rows[position] for position in range(new_position, len(new.clauses))]
    return tuple(rows)


def _can_stand_in_one_place(row: MergedRow) -> bool:
    """Returns whether the row's old and new clauses can be shown at one place of the merged text.

    True if the clauses did not move, and the clauses of each side follow each other without a gap.
    """
    return (row.change is None or not row.change.change.kind.startswith("moved")) and all(
        after.position == before.position + 1 for side in (row.old, row.new) for before, after in pairwise(side)
    )


def _longest_in_order(rows: list[MergedRow]) -> list[MergedRow]:
    """Returns the longest list of rows that are in order on both sides: a longest increasing subsequence.

    In a consistent comparison, all clauses that are out of order are marked as moved, so the result contains all rows.
    The algorithm is patience sorting (Fredman 1975).

    rows: rows in the order of the old text.
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
    row_index = piles[-1] if piles else None
    while row_index is not None:
        chosen.append(rows[row_index])
        row_index = previous[row_index]
    return chosen[::-1]
