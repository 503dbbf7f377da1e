"""Both texts as one: every clause of either side where it stood, so that a reader can go through the whole policy."""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from core.changes import Comparison, Redline, RedlineOperation
from core.clauses import Clause, Document
from reports.vendor_text import printable
from reports.wording import Told, told

Role = Literal["unchanged", "changed", "removed", "added", "moved_from", "moved_to"]


@dataclass(frozen=True, slots=True)
class Row:
    """A place in the merged text: the old clauses and the new ones that stand there.

    The old clauses of all rows, in order, are the old text; the new ones the new text.
    role: `changed` and `unchanged` have both sides; `moved_from` and `moved_to` are the two places of one change, with
        one clause each.
    told: the change this belongs to; None where nothing changed.
    """

    role: Role
    old: tuple[Clause, ...]
    new: tuple[Clause, ...]
    told: Told | None = None

    @property
    def redline(self) -> Redline:
        """What to show here; at the place a clause left its old text, at the place it went to the new."""
        if self.role == "moved_from":
            return self._one_side("insert", ("delete", printable(self.old[0].text)))
        if self.role == "moved_to":
            return self._one_side("delete", ("insert", printable(self.new[0].text)))
        return self.told.redline if self.told else (("equal", printable(self.new[0].text)),)

    def _one_side(self, without: RedlineOperation, otherwise: tuple[RedlineOperation, str]) -> Redline:
        if self.told and len(self.told.change.old) == len(self.told.change.new) == 1:
            return tuple(part for part in self.told.redline if part[0] != without)
        return (otherwise,)


def merged(comparison: Comparison, old: Document, new: Document) -> tuple[Row, ...]:
    """The rows of the merged text. What was removed stands after what it followed, before what was put there."""
    both = [Row("unchanged", (old.clauses[o],), (new.clauses[n],)) for o, n in comparison.unchanged]
    left: dict[int, Row] = {}
    came: dict[int, Row] = {}
    for one in told(comparison):
        if one.change.old and one.change.new:
            both.append(Row("changed", one.change.old, one.change.new, one))
        left |= {clause.position: Row("removed", (clause,), (), one) for clause in one.change.old}
        came |= {clause.position: Row("added", (), (clause,), one) for clause in one.change.new}
    both.sort(key=lambda row: row.old[0].position)
    anchors = _longest_in_order([row for row in both if _stays(row)])
    standing = {id(row) for row in anchors}
    for row in both:
        if id(row) not in standing:
            left |= {clause.position: Row("moved_from", (clause,), (), row.told) for clause in row.old}
            came |= {clause.position: Row("moved_to", (), (clause,), row.told) for clause in row.new}
    rows: list[Row] = []
    o = n = 0
    for anchor in anchors:
        rows += [left[position] for position in range(o, anchor.old[0].position)]
        rows += [came[position] for position in range(n, anchor.new[0].position)]
        rows.append(anchor)
        o, n = anchor.old[-1].position + 1, anchor.new[-1].position + 1
    rows += [left[position] for position in range(o, len(old.clauses))]
    rows += [came[position] for position in range(n, len(new.clauses))]
    return tuple(rows)


def _stays(row: Row) -> bool:
    """Whether both sides may stand at one place: not moved, and nothing lies between the pieces of either."""
    return (row.told is None or not row.told.change.kind.startswith("moved")) and all(
        after.position == before.position + 1 for side in (row.old, row.new) for before, after in pairwise(side)
    )


def _longest_in_order(rows: list[Row]) -> list[Row]:
    """The most of these rows, which are in the order of the old text, that are in the order of the new one too.

    A differ that calls all others moved makes this all of them. Patience sorting (Fredman 1975).
    """
    tops: list[int] = []
    piles: list[int] = []
    before: list[int | None] = []
    for index, row in enumerate(rows):
        pile = bisect_left(tops, row.new[0].position)
        before.append(piles[pile - 1] if pile else None)
        tops[pile : pile + 1] = [row.new[0].position]
        piles[pile : pile + 1] = [index]
    chosen: list[Row] = []
    at = piles[-1] if piles else None
    while at is not None:
        chosen.append(rows[at])
        at = before[at]
    return chosen[::-1]
