"""Prepares changes for all report formats: names them, and says where their clauses are.

Nothing in this module depends on a format. All text from a vendor is made printable.
"""

import re
from dataclasses import dataclass
from typing import Final

from core.changes import Change, ChangeKind, Comparison, Redline, RedlineOperation, Significance
from diffing.contents_lists import contents_items
from reports.change_notes import moved_pairs, notes_on
from reports.excerpts import CONTEXT, ELLIPSIS, excerpt_of, shortened
from reports.places import NO_HEADING, PATH_SEPARATOR, Places, cited, kind_word, label_of, numbered
from reports.redline_cuts import cut_redline
from reports.vendor_text import printable
from views.change_lines import side_by_side

KIND_WORDS: Final[dict[ChangeKind, str]] = {
    "added": "added",
    "removed": "removed",
    "modified": "modified",
    "moved": "moved",
    "moved_modified": "moved and modified",
    "renumbered": "renumbered",
    "split": "split",
    "merged": "merged",
    "cosmetic": "cosmetic",
    "factual": "detail",  # the significance is called factual, too
}
SIGNIFICANCE_MEANINGS: Final[dict[Significance, str]] = {
    "substantive": "what the policy says differs: words, numbers, signs, links, or the words above a clause",
    "factual": "only contact details, or the document's own dates and version stamps differ",
    "editorial": "only typography, numbering, order or punctuation differ, and no reader could object",
    "volatile": "only counters, relative times and the like differ, which change without an edit",
}
_EQUAL: Final[RedlineOperation] = "equal"
_DELETE: Final[RedlineOperation] = "delete"
_INSERT: Final[RedlineOperation] = "insert"
# The pilcrow marks the end of a paragraph, as in proof-reading and in Word. The pilcrow is shown at each place where
# only one of the two texts has a paragraph end.
PARAGRAPH_END: Final = "¶"

# The number of characters that are shown of what a number is about. Of the words before a number, at most _WORDS_BEFORE
# are shown.
_TOPIC = 50
_WORDS_BEFORE = 6


@dataclass(frozen=True, slots=True)
class RenderedChange:
    """A change, prepared for all formats.

    number: the change's number in reading order, from 1.
    change: the change itself.
    path: the headings above the clause, outermost first, each with its number.
    label: the number or letter of the clause, as the page shows it; '' if there is none.
    clause_kind: the kind of clause, in words: `list item`. If the change has clauses of several kinds, all are named.
    redline: the change's redline, made printable. If the change has no redline, `redline` shows the change's clauses.
    notes: sentences on differences that the redline doesn't show.
    of_contents: whether all clauses of the change are items of a contents list.
    """

    number: int
    change: Change
    path: tuple[str, ...]
    label: str
    clause_kind: str
    redline: Redline
    notes: tuple[str, ...]
    of_contents: bool = False

    @property
    def kind(self) -> str:
        """The kind of change, in words. A factual change that counts is called a number."""
        if self.change.kind == "factual" and self.change.numbers:
            return "number"
        if self.change.kind == "cosmetic" and self.change.significance == "substantive":
            return "link"
        return KIND_WORDS[self.change.kind]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers that count, old and new side by side: `30 → 90 days`. Empty if the words differ, too."""
        return tuple(printable(side_by_side(old, new)) for old, new in self.change.numbers)

    @property
    def headline(self) -> str:
        """What the first number is about, and the number: `Retention 30 → 90 days`. '' if there is no number."""
        return f"{self._topic} {self.numbers[0]}" if self.numbers else ""

    @property
    def _topic(self) -> str:
        """What the first number is about: the first cell of its row, the heading, or the words before the number."""
        clause = self.change.new[0]
        if clause.kind == "table_row" and " | " in clause.text:
            return shortened(printable(clause.text.partition(" | ")[0]), _TOPIC)
        before = clause.text.partition(self.change.numbers[0][1])[0]
        words = re.split(r"(?<=[.!?:;])\s", before.rstrip())[-1].split()
        if 0 < len(words) <= _WORDS_BEFORE:
            return printable(" ".join(words))
        if len(clause.heading_path) > 1:  # the only heading is the title
            return shortened(printable(clause.heading_path[-1]), _TOPIC)
        if not words:
            return shortened(self.heading, _TOPIC)
        return printable(" ".join((ELLIPSIS, *words[-_WORDS_BEFORE:])))

    @property
    def clause_words(self) -> str:
        """The kind of clause and its label: `list item (b)`. '' for a paragraph without a label: most are such."""
        if not self.label:
            return "" if self.clause_kind == "paragraph" else self.clause_kind
        return f"{'clause' if self.clause_kind == 'paragraph' else self.clause_kind} {cited(self.label)}"

    @property
    def place(self) -> str:
        """The headings in one line; `(no heading)` if the clause has no heading above it."""
        return PATH_SEPARATOR.join(self.path) or f"({NO_HEADING})"

    @property
    def heading(self) -> str:
        """The innermost heading above the clause, with its number. If the clause is a heading, its own text."""
        clause = (self.change.new or self.change.old)[0]
        if clause.kind == "heading":
            return numbered(clause)
        return self.path[-1] if self.path else f"({NO_HEADING})"

    @property
    def redline_with_breaks(self) -> Redline:
        """The redline with paragraph marks: an inserted ¶ where a clause was split, a deleted ¶ after a merge."""
        return _with_breaks(self.change, self.redline)

    @property
    def beginning(self) -> str:
        """The first words of the clause. Lists name the clause by these words."""
        return shortened(printable((self.change.new or self.change.old)[0].text), CONTEXT)

    @property
    def excerpt(self) -> Redline:
        """The redline with paragraph marks (`redline_with_breaks`). Long unchanged text is shortened."""
        return excerpt_of(self.redline_with_breaks)


def rendered_changes(comparison: Comparison) -> tuple[RenderedChange, ...]:
    """Returns all changes of a comparison, prepared for all formats, in reading order."""
    old_places, new_places = Places(comparison.old), Places(comparison.new)
    moved = moved_pairs(comparison.changes)
    contents = {
        id(document.clauses[index])
        for document in (comparison.old, comparison.new)
        for index in contents_items(document.clauses)
    }
    result = []
    for number, change in enumerate(comparison.changes, start=1):
        places, clauses = (new_places, change.new) if change.new else (old_places, change.old)
        kinds = dict.fromkeys(kind_word(clause) for clause in clauses)
        result.append(
            RenderedChange(
                number,
                change,
                places.path(clauses[0]),
                label_of(clauses[0]),
                " and ".join(kinds),
                _printable_redline(change),
                notes_on(change, old_places, new_places, moved),
                contents.issuperset(map(id, (*change.old, *change.new))),
            )
        )
    return tuple(result)


def redline_with_breaks(change: Change) -> Redline:
    """Returns the redline of a change, made printable, with paragraph marks as in `RenderedChange`."""
    return _with_breaks(change, _printable_redline(change))


def _with_breaks(change: Change, redline: Redline) -> Redline:
    old, new = change.old, change.new
    if not old or not new or len(old) == len(new):
        return redline
    clauses, operation, other = (new, _INSERT, _DELETE) if len(new) > 1 else (old, _DELETE, _INSERT)
    first, *others = cut_redline(redline, other, [printable(clause.text) for clause in clauses])
    result = list(first)
    for piece in others:
        result += [(_EQUAL, " "), (operation, PARAGRAPH_END), *piece]
    return tuple(result)


def _printable_redline(change: Change) -> Redline:
    """Returns the redline of a change, made printable. A change without a redline gets a redline of its clauses."""
    if change.redline:
        return tuple((operation, printable(text)) for operation, text in change.redline)
    old, new = (printable(" ".join(clause.text for clause in side)) for side in (change.old, change.new))
    if not new:
        return (("delete", old),)
    if not old:
        return (("insert", new),)
    if old == new:
        return (("equal", new),)
    return (("delete", old), ("insert", new))
