"""Prepares changes for all report formats: names, orders and groups changes, writes notes, shortens unchanged text.

Nothing in this module depends on a format. All text from a vendor is made printable.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Final

from core.changes import SIGNIFICANCES, Change, ChangeKind, Comparison, Redline, RedlineOperation, Significance
from core.clauses import Clause
from core.plurals import plural
from reports.redline_cuts import cut_redline
from reports.vendor_text import printable

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
    "factual": "factual",
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
_CLAUSE_KIND_WORDS: Final = {
    "heading": "heading",
    "paragraph": "paragraph",
    "list_item": "list item",
    "table_row": "table row",
}
_MARKS: Final[dict[RedlineOperation, tuple[str, str]]] = {
    "delete": ("[-", "-]"),
    "insert": ("{+", "+}"),
    "equal": ("", ""),
}
PATH_SEPARATOR: Final = " › "
ELLIPSIS: Final = "…"
# The pilcrow marks the end of a paragraph, as in proof-reading and in Word. The pilcrow is shown at each place where
# only one of the two texts has a paragraph end.
PARAGRAPH_END: Final = "¶"
TOP_LEVEL: Final = "top level"

# If the confidence of a change is below this value, a note warns that the two sides may be unrelated.
_UNCERTAIN = 0.5
# The number of characters of unchanged text that are shown before and after a difference. Lists that name a clause by
# the beginning of the clause's text also show this many characters.
_CONTEXT = 90
# The number of characters that are shown of a clause whose text did not change.
_EXCERPT = 200
# A note names at most this many clauses for which a changed heading, lead-in or table header says what holds.
_GOVERNED_NAMED = 12
# The number of characters that are shown of a heading or a lead-in, and of what a number is about. Of the words before
# a number, at most _WORDS_BEFORE are shown.
_LEAD_IN = 120
_TOPIC = 50
_WORDS_BEFORE = 6


@dataclass(frozen=True, slots=True)
class RenderedChange:
    """A change, prepared for all formats.

    number: the change's number in reading order, from 1.
    change: the change itself.
    path: the headings above the clause, outermost first, and the clause's label.
    clause_kind: the kind of clause, in words; '' for a paragraph, since most clauses are paragraphs.
    redline: the change's redline, made printable. If the change has no redline, `redline` shows the change's clauses.
    notes: sentences on differences that the redline doesn't show.
    """

    number: int
    change: Change
    path: tuple[str, ...]
    clause_kind: str
    redline: Redline
    notes: tuple[str, ...]

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
        if len(clause.heading_path) > 1 or not words:  # the only heading is the title
            return shortened(self.heading, _TOPIC)
        return printable(" ".join((ELLIPSIS, *words[-_WORDS_BEFORE:])))

    @property
    def place(self) -> str:
        """The headings and the label in one line; `top level` if the clause has no heading above it and no label."""
        return PATH_SEPARATOR.join(self.path) or TOP_LEVEL

    @property
    def heading(self) -> str:
        """The innermost heading above the clause, made printable. If the clause is a heading, the clause's own text."""
        clause = (self.change.new or self.change.old)[0]
        if clause.kind == "heading":
            return printable(clause.text)
        return printable(clause.heading_path[-1]) if clause.heading_path else TOP_LEVEL

    @property
    def redline_with_breaks(self) -> Redline:
        """The redline with paragraph marks: an inserted ¶ where a clause was split, a deleted ¶ after a merge."""
        old, new = self.change.old, self.change.new
        if not old or not new or len(old) == len(new):
            return self.redline
        clauses, operation, other = (new, _INSERT, _DELETE) if len(new) > 1 else (old, _DELETE, _INSERT)
        first, *others = cut_redline(self.redline, other, [printable(clause.text) for clause in clauses])
        result = list(first)
        for piece in others:
            result += [(_EQUAL, " "), (operation, PARAGRAPH_END), *piece]
        return tuple(result)

    @property
    def beginning(self) -> str:
        """The first words of the clause. Lists name the clause by these words."""
        return shortened(printable((self.change.new or self.change.old)[0].text), _CONTEXT)

    @property
    def excerpt(self) -> Redline:
        """The redline with paragraph marks (`redline_with_breaks`). Long unchanged text is shortened."""
        return excerpt_of(self.redline_with_breaks)


def rendered_changes(comparison: Comparison) -> tuple[RenderedChange, ...]:
    """Returns all changes of a comparison, prepared for all formats, in reading order."""
    return tuple(
        RenderedChange(
            number,
            change,
            _path((change.new or change.old)[0]),
            _clause_kind(change),
            _printable_redline(change),
            _notes(change),
        )
        for number, change in enumerate(comparison.changes, start=1)
    )


def by_significance(
    changes: Iterable[RenderedChange],
) -> Iterator[tuple[Significance, tuple[RenderedChange, ...]]]:
    """Yields each significance that at least one change has, with the changes of this significance in reading order.

    The substantive changes come first, and among them the changed numbers.
    """
    all_changes = tuple(changes)
    for significance in SIGNIFICANCES:
        group = [change for change in all_changes if change.change.significance == significance]
        if group:
            yield significance, tuple(sorted(group, key=lambda change: not change.numbers))


@dataclass(frozen=True, slots=True)
class ChangeRun:
    """A run of substantive changes under one heading.

    heading: the heading. number: the number of the first change. changes: the number of changes in the run.
    """

    heading: str
    number: int
    changes: int


def substantive_runs(changes: Iterable[RenderedChange]) -> tuple[ChangeRun, ...]:
    """Returns the substantive changes grouped by heading, in reading order."""
    substantive = (change for change in changes if change.change.significance == "substantive")
    runs = []
    for heading, run in groupby(substantive, key=lambda change: change.heading):
        first, *others = run
        runs.append(ChangeRun(heading, first.number, 1 + len(others)))
    return tuple(runs)


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


def excerpt_of(redline: Redline) -> Redline:
    """Returns the redline with long unchanged text shortened.

    Of a long unchanged text, only the characters next to a deletion or an insertion are kept.
    """
    if len(redline) == 1 and redline[0][0] == "equal":
        return (("equal", shortened(redline[0][1], _EXCERPT)),)
    last = len(redline) - 1
    result = []
    for index, (operation, text) in enumerate(redline):
        if operation == "equal" and len(text) > 3 * _CONTEXT:
            head = shortened(text, _CONTEXT).removesuffix(ELLIPSIS) if index else ""
            tail = _end_of(text, _CONTEXT).removeprefix(ELLIPSIS) if index < last else ""
            text = f"{head}{ELLIPSIS}{tail}"
        result.append((operation, text))
    return tuple(result)


def redline_as_text(redline: Redline) -> str:
    """Returns the redline as plain text: deletions as [-old-], insertions as {+new+}."""
    return "".join(f"{_MARKS[operation][0]}{text}{_MARKS[operation][1]}" for operation, text in redline)


def shortened(text: str, length: int) -> str:
    """Returns the first `length` characters of a text and an ellipsis. A shorter text is returned unchanged.

    If there is a space within 25 characters before the end, the text is cut at the space.
    """
    if len(text) <= length:
        return text
    space = text.rfind(" ", length - 25, length + 1)
    return f"{text[: space + 1 if space >= 0 else length]}{ELLIPSIS}"


def _end_of(text: str, length: int) -> str:
    start = len(text) - length
    space = text.find(" ", start, start + 25)
    return f"{ELLIPSIS}{text[space if space >= 0 else start :]}"


def _path(clause: Clause) -> tuple[str, ...]:
    label = (clause.label,) if clause.label else ()
    return tuple(printable(part) for part in (*clause.heading_path, *label))


def _clause_kind(change: Change) -> str:
    kinds = dict.fromkeys(clause.kind for clause in change.new or change.old)
    return "" if set(kinds) == {"paragraph"} else " and ".join(_CLAUSE_KIND_WORDS[kind] for kind in kinds)


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


def _notes(change: Change) -> tuple[str, ...]:
    """Returns notes on what the redline doesn't show: numbers side by side, places, labels, links, a low confidence."""
    old, new = change.old, change.new
    if not (old and new):
        return _governed_note(change)
    notes = []
    if change.numbers:
        notes.append(f"Old and new: {', '.join(printable(side_by_side(*pair)) for pair in change.numbers)}.")
    if change.kind in ("moved", "moved_modified"):
        notes.append(_move_note(old[0], new[0]))
    if change.under:
        notes.append("It stood below {}, and stands below {} now.".format(*map(_quoted_lead_in, change.under)))
    for sentence in change.crossed:
        quoted = f"“{shortened(printable(sentence), _CONTEXT)}”"
        if sentence in old[0].text:
            notes.append(f"{quoted} stands in the clause beside it now, and says the same there.")
        else:
            notes.append(f"{quoted} stood in the clause beside it, and says the same here.")
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
    if change.confidence < _UNCERTAIN:
        notes.append(f"The two sides may not belong together (confidence {change.confidence:.0%}).")
    return tuple(notes)


def _quoted_lead_in(text: str) -> str:
    return f"“{shortened(printable(text), _LEAD_IN)}”" if text else "no such words"


def _governed_note(change: Change) -> tuple[str, ...]:
    """Returns a note that names the clauses for which a changed heading, lead-in or table header says what holds."""
    if not change.governed:
        return ()
    named = [f"“{shortened(printable(clause.text), _CONTEXT)}”" for clause in change.governed[:_GOVERNED_NAMED]]
    more = len(change.governed) - len(named)
    clauses = plural(len(change.governed), "clause")
    return (f"Unchanged, and below these words: {clauses}: {', '.join(named)}{f', and {more} more' if more else ''}.",)


def _difference_note(name: str, old: str, new: str) -> str:
    if old and new:
        return f"{name}: {old} → {new}"
    return f"{name} added: {new}" if new else f"{name} removed: {old}"


def _move_note(old: Clause, new: Clause) -> str:
    """Returns a sentence that names the old and the new place of a moved clause.

    If the clause moved to another heading, the sentence also names the old and the new headings.
    """
    origin, target = f"clause {old.position + 1} of the old text", f"clause {new.position + 1} of the new text"
    if old.heading_path != new.heading_path:
        paths = old.heading_path, new.heading_path
        # Outermost headings that both paths have in common are left out, since they don't distinguish the two places.
        # The innermost heading of each path is always shown.
        common = list(takewhile(lambda pair: pair[0] == pair[1], zip(*paths, strict=False)))
        left_out = min(len(common), *(max(len(path) - 1, 0) for path in paths))
        origin, target = (
            f"{_quoted_path(path, left_out)} ({clause})" for path, clause in zip(paths, (origin, target), strict=True)
        )
    return f"From {origin} to {target}."


def _quoted_path(path: tuple[str, ...], left_out: int) -> str:
    if not path:
        return f"the {TOP_LEVEL}"
    ellipsis = [ELLIPSIS] if left_out else []
    return f"“{PATH_SEPARATOR.join([*ellipsis, *map(printable, path[left_out:])])}”"


def as_sentence(text: str) -> str:
    """Returns the text with a capital letter at the beginning and a full stop at the end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
