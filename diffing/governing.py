"""Finds the words that say what holds for a clause: its heading, and its lead-in or table header.

"Your e-mail address" says one thing below "We share:", and another below "We never share:". A lead-in is the nearest
clause above that ends in a colon or introduces the clause's list. For the rows of a table, it is the table's first row,
or the paragraph above the table if the first row is no header.

If these words change above a clause that doesn't, the change is told once, on itself. If a clause moves from under such
words to under others, the move is told with both.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from core.changes import Change, ChangeKind
from core.clauses import Clause, Document
from diffing.facts import is_stamp
from diffing.normalization import fold, strip_typography

_COLONS = (":", "：")
_ENTRY_ENDS = (";", ",", ";and", "; and", "; or", ", and", ", or", "；", "、")


@dataclass(frozen=True, slots=True)
class Governors:
    """The clauses that say what holds for a clause, by their positions; None if there is no such clause.

    heading: the innermost heading above the clause.
    lead_in: the lead-in of the clause's list, or the header of its table, or the paragraph above a table without one.
    """

    heading: int | None
    lead_in: int | None


def governors(clauses: Sequence[Clause]) -> list[Governors]:
    """Returns the governors of each clause of a document."""
    result = []
    headings: dict[str, int] = {}
    lead_in: int | None = None
    previous: Clause | None = None
    for position, clause in enumerate(clauses):
        if clause.kind == "heading":
            governor = lead_in = None
            headings[clause.text] = position
        elif clause.kind == "list_item":
            if lead_in is None and previous and previous.kind == "paragraph":
                lead_in = position - 1
            governor = lead_in
        elif clause.kind == "table_row":
            governor = lead_in
            if previous is None or previous.kind != "table_row":
                below_paragraph = position - 1 if previous and previous.kind == "paragraph" else None
                lead_in = position if _is_header(clauses, position) else below_paragraph
        else:
            if lead_in is not None and not _is_entry(clause.text):
                lead_in = None
            governor = lead_in
        if clause.text.endswith(_COLONS) and clause.kind in ("paragraph", "list_item"):
            lead_in = position
        heading = headings.get(clause.heading_path[-1]) if clause.heading_path else None
        result.append(Governors(None if heading == position else heading, governor))
        previous = clause
    return result


def _is_header(clauses: Sequence[Clause], first: int) -> bool:
    """Returns whether the first row of a table says what the cells below it mean.

    False if its first cell begins another row, too: then each row has a name and a value ("Name | _id").
    """
    name = clauses[first].text.partition("|")[0]
    for clause in clauses[first + 1 :]:
        if clause.kind != "table_row":
            break
        if clause.text.partition("|")[0] == name:
            return False
    return True


def _is_entry(text: str) -> bool:
    """Returns whether a paragraph looks like an entry of a list whose items are paragraphs."""
    return text[0].islower() or text.endswith(_ENTRY_ENDS)


# Changes of these kinds change what words above a clause say. If other words are above it now, changes of the kinds in
# _OF_PLACE may be the reason.
_OF_WORDS: Collection[ChangeKind] = ("added", "removed", "modified", "moved_modified", "factual", "split", "merged")
_OF_PLACE: Collection[ChangeKind] = ("added", "removed", "moved", "moved_modified", "split", "merged")


def with_governed(
    old: Document,
    new: Document,
    matches: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
    changes: Sequence[Change],
    unchanged: Sequence[tuple[int, int]],
) -> list[Change]:
    """Returns the changes with what they mean for other clauses, and with the words that moved clauses moved under.

    matches: the positions of the matched clauses, in the old and in the new document.
    unchanged: the positions of the unchanged clauses.
    """
    if not changes:
        return []
    above = _Above(old, new, matches)
    old_changes = {above.old_index(clause): index for index, change in enumerate(changes) for clause in change.old}
    new_changes = {above.new_index(clause): index for index, change in enumerate(changes) for clause in change.new}
    governed: defaultdict[int, dict[int, Clause]] = defaultdict(dict)
    telling: set[int] = set()
    for i, j in unchanged:
        for before, after, same in above.pairs(i, j):
            owners = [
                owner
                for owner in (new_changes.get(after, -1), old_changes.get(before, -1))
                if owner >= 0 and _explains(changes[owner], same)
            ]
            if owners:
                governed[owners[0]][j] = new.clauses[j]
            if not same:
                telling.update(owners)
    result = []
    for index, change in enumerate(changes):
        under = above.moved_under(change) if change.kind in ("moved", "moved_modified") else None
        if under or (index in telling and change.kind == "moved"):
            change = replace(change, significance="substantive", under=under)
        if governed[index]:
            change = replace(change, governed=tuple(governed[index].values()))
        result.append(change)
    return result


def _explains(change: Change, same: bool) -> bool:
    """Returns whether a change of a heading, a lead-in or a table header changes what holds for a clause below.

    same: whether the words above the clause are the same or their successor.
    """
    if same:
        return change.kind in _OF_WORDS and change.significance == "substantive"
    return change.kind in _OF_PLACE


class _Above:
    """What stands above the clauses of two documents, compared.

    matches: the positions of the matched clauses, in the old and in the new document.
    """

    def __init__(
        self, old: Document, new: Document, matches: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
    ) -> None:
        self._old, self._new = old.clauses, new.clauses
        self._old_indices, self._new_indices = (
            {id(clause): index for index, clause in enumerate(clauses)} for clauses in (old.clauses, new.clauses)
        )
        self._old_governors, self._new_governors = governors(old.clauses), governors(new.clauses)
        self._matched = {
            (i, j) for old_positions, new_positions in matches for i in old_positions for j in new_positions
        }
        self._titles = tuple(
            next((index for index, clause in enumerate(clauses) if clause.kind == "heading"), None)
            for clauses in (old.clauses, new.clauses)
        )

    def old_index(self, clause: Clause) -> int:
        """Returns the index of a clause of the old document."""
        return self._old_indices[id(clause)]

    def new_index(self, clause: Clause) -> int:
        """Returns the index of a clause of the new document."""
        return self._new_indices[id(clause)]

    def pairs(self, i: int, j: int) -> list[tuple[int, int, bool]]:
        """Returns the headings and the lead-ins above two matched clauses, and whether they say the same.

        Each item has the positions of the old and of the new words, or -1 if there are no such words. The title of a
        document says nothing about a clause, so it counts as no heading.
        """
        before, after = self._old_governors[i], self._new_governors[j]
        heading = self._position(before.heading, self._titles[0]), self._position(after.heading, self._titles[1])
        lead_in = self._position(before.lead_in), self._position(after.lead_in)
        return [(*pair, self._is_same(*pair)) for pair in (heading, lead_in) if pair != (-1, -1)]

    @staticmethod
    def _position(governor: int | None, title: int | None = None) -> int:
        return -1 if governor is None or governor == title else governor

    def moved_under(self, change: Change) -> tuple[str, str] | None:
        """Returns the words that a moved clause moved from and moved to; None if they say the same."""
        old = change.old[0]
        for before, after, same in reversed(self.pairs(self.old_index(old), self.new_index(change.new[0]))):
            if not same and not is_stamp(old.text):
                return self._old[before].text if before >= 0 else "", self._new[after].text if after >= 0 else ""
        return None

    def _is_same(self, before: int, after: int) -> bool:
        if before < 0 or after < 0:
            return False
        if (before, after) in self._matched:
            return True
        old_text, new_text = self._old[before].text, self._new[after].text
        return old_text == new_text or strip_typography(fold(old_text)) == strip_typography(fold(new_text))
