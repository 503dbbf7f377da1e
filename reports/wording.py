"""What all formats share: the words, the order, the grouping, and what of a text is left out.

Nothing here knows a format; a vendor's words go through `printable` before they leave.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Final

from core.changes import SIGNIFICANCES, Change, ChangeKind, Comparison, Redline, RedlineOperation, Significance
from core.clauses import Clause
from core.dates import iso
from core.history import Alternation
from core.plurals import plural
from reports.cuts import cut
from reports.report import Between, FileSide, Report, Side, periods_of
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
    "substantive": "the words of the policy differ",
    "factual": "only contact details, dates or numbers differ",
    "editorial": "only typography, numbering, order or link targets differ",
    "volatile": "counters and the like, which differ with every look",
}
_EQUAL: Final[RedlineOperation] = "equal"
_DELETE: Final[RedlineOperation] = "delete"
_INSERT: Final[RedlineOperation] = "insert"
_CLAUSE_WORDS: Final = {
    "heading": "heading",
    "paragraph": "paragraph",
    "list_item": "list item",
    "table_row": "table row",
}
MARKS: Final[dict[RedlineOperation, tuple[str, str]]] = {
    "delete": ("[-", "-]"),
    "insert": ("{+", "+}"),
    "equal": ("", ""),
}
PATH_SEPARATOR: Final = " › "
ELLIPSIS: Final = "…"
# Where a paragraph ends that the other text has no end at, as proof-readers and Word mark it.
PARAGRAPH_END: Final = "¶"
TOP_LEVEL: Final = "top level"

# Below this a reader should look for themselves whether the two sides belong together.
_UNCERTAIN = 0.5
# Characters of unchanged text kept on either side of a difference, and of a clause that is only named.
_CONTEXT = 90
_EXCERPT = 200
# A sentence that says where the changes are is of use from so many changes on, and names at most so many headings.
_MANY_CHANGES = 6
_HEADINGS_NAMED = 8
_HEADING_LENGTH = 60
# A text of so many clauses of which less than this share stays is better read as a whole than change by change.
_MANY_CLAUSES = 20
_REWRITTEN = 0.1


@dataclass(frozen=True, slots=True)
class Told:
    """A change as all formats tell it.

    number: its place in reading order, from 1. path: the headings it stands under, outermost first, then its label.
    clause: what kind of clause it is, in words; '' for a paragraph, which goes without saying.
    redline: its text, vendor's words made printable. notes: sentences that belong to it.
    """

    number: int
    change: Change
    path: tuple[str, ...]
    clause: str
    redline: Redline
    notes: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The kind of change, in words."""
        return KIND_WORDS[self.change.kind]

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return PATH_SEPARATOR.join(self.path) or TOP_LEVEL

    @property
    def heading(self) -> str:
        """The innermost heading it stands under, printable; of a heading its own words."""
        clause = (self.change.new or self.change.old)[0]
        if clause.kind == "heading":
            return printable(clause.text)
        return printable(clause.heading_path[-1]) if clause.heading_path else TOP_LEVEL

    @property
    def shown(self) -> Redline:
        """The redline with a ¶ inserted where one clause was parted, deleted where several were joined."""
        old, new = self.change.old, self.change.new
        if not old or not new or len(old) == len(new):
            return self.redline
        several, operation, other = (new, _INSERT, _DELETE) if len(new) > 1 else (old, _DELETE, _INSERT)
        first, *others = cut(self.redline, other, [printable(clause.text) for clause in several])
        result = list(first)
        for piece in others:
            result += [(_EQUAL, " "), (operation, PARAGRAPH_END), *piece]
        return tuple(result)

    @property
    def beginning(self) -> str:
        """The first words of the clause, for naming it."""
        return _head(printable((self.change.new or self.change.old)[0].text), _CONTEXT)

    @property
    def excerpt(self) -> Redline:
        """`shown` with its long unchanged stretches cut to what is next to a difference."""
        return elided(self.shown)


def told(comparison: Comparison) -> tuple[Told, ...]:
    """Every change as it is told, in reading order."""
    return tuple(
        Told(
            number, change, path_of((change.new or change.old)[0]), _clause_word(change), _shown(change), notes(change)
        )
        for number, change in enumerate(comparison.changes, start=1)
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A run of substantive changes under one heading. number: of the first of them."""

    heading: str
    number: int
    changes: int


def places(changes: Iterable[Told]) -> tuple[Place, ...]:
    """Where the substantive changes are, in reading order."""
    substantive = (one for one in changes if one.change.significance == "substantive")
    found = []
    for heading, run in groupby(substantive, key=lambda one: one.heading):
        first, *others = run
        found.append(Place(heading, first.number, 1 + len(others)))
    return tuple(found)


def by_significance(changes: Iterable[Told]) -> Iterator[tuple[Significance, tuple[Told, ...]]]:
    """The changes grouped, the most telling first, each group in reading order; no empty group."""
    everything = tuple(changes)
    for significance in SIGNIFICANCES:
        group = tuple(one for one in everything if one.change.significance == significance)
        if group:
            yield significance, group


# --- sentences about the whole ---


def subject(report: Report) -> str:
    """What is compared, in a line: `HESK privacy: version 1 → version 2`."""
    old, new = report.old, report.new
    if isinstance(old, FileSide) or isinstance(new, FileSide):
        return f"{side_name(old)} → {side_name(new)}"
    return f"{printable(old.vendor_name)} {old.policy}: version {old.number} → version {new.number}"


def side_name(side: Side) -> str:
    """`version 2`, or a file's name."""
    return printable(side.path.name) if isinstance(side, FileSide) else f"version {side.number}"


def summary(report: Report) -> str:
    """What differs, in a sentence or two that lead with what is substantive."""
    if report.same_version:
        return "No difference: both sides are the same version."
    comparison = report.comparison
    if not comparison.changes:
        return "No difference between the two texts."
    counts = {
        significance: [change.kind for change in comparison.changes if change.significance == significance]
        for significance in SIGNIFICANCES
    }
    rest = [f"{len(counts[name])} {name}" for name in SIGNIFICANCES[1:] if counts[name]]
    sentences = []
    if kinds := counts["substantive"]:
        sentences.append(f"{plural(len(kinds), 'substantive change')}: {', '.join(_by_kind(kinds))}.")
        if rest:
            sentences.append(f"Besides, {_enumerated(rest)}.")
    else:
        total = len(comparison.changes)
        sentences.append(f"Nothing substantive changed: {_enumerated(rest)} change{'s' * (total != 1)}.")
    sentences.append(f"{plural(len(comparison.unchanged), 'clause')} unchanged.")
    return " ".join(sentences)


def whereabouts(changes: Sequence[Told]) -> str:
    """The headings with the most substantive changes, in reading order, as a sentence; '' when they are few."""
    counts: Counter[str] = Counter()
    for place in places(changes):
        counts[place.heading] += place.changes
    if sum(counts.values()) < _MANY_CHANGES or len(counts) < 2:
        return ""
    most = {heading for heading, _ in counts.most_common(_HEADINGS_NAMED)}
    named = [
        f"{_quoted(heading)}{f' ({number})' if number > 1 else ''}"
        for heading, number in counts.items()
        if heading in most
    ]
    rest = len(counts) - len(named)
    more = [plural(rest, "more heading")] if rest else []
    return f"Substantive changes are under {_enumerated([*named, *more])}."


def _quoted(heading: str) -> str:
    return f"the {TOP_LEVEL}" if heading == TOP_LEVEL else f"“{_head(heading, _HEADING_LENGTH)}”"


def circumstances(report: Report) -> tuple[str, ...]:
    """Sentences a reader needs beside the changes: when it happened, what was shown between, what to beware of."""
    sentences = []
    if report.interval:
        sentences.append(
            f"The change happened between {iso(report.interval.last_old.captured_at)}, when the old text was last "
            f"captured, and {iso(report.interval.first_new.captured_at)}, when the new one first was."
        )
    if report.same_version:
        steps = "" if report.between else " No capture between them shows another text: no change happened."
        sentences.append(f"Both sides show {side_name(report.old)}.{steps}")
    if report.backwards and not report.same_version:
        sentences.append("Compared backwards: the old side was shown after the new one.")
    alternating = [one for one in report.alternations if sum(_is_of(between, one) for between in report.between) > 1]
    sentences += [f"The page {alternates(one)}." for one in alternating]
    others = [one for one in report.between if not any(_is_of(one, alternation) for alternation in alternating)]
    if others:
        shown = []
        for number, periods in periods_of(others).items():
            times = f", {len(periods)} times" if len(periods) > 1 else ""
            first, last = periods[0].first.captured_at, periods[-1].last.captured_at
            seen = f"on {iso(first)}" if first == last else f"from {iso(first)} to {iso(last)}"
            shown.append(f"version {number} ({seen}{times})")
        meaning = "the text went and came back" if report.same_version else "the change came in steps"
        sentences.append(f"In between, other captures show {_enumerated(shown)}: {meaning}.")
    unchanged, clauses = len(report.comparison.unchanged), len(report.old.document.clauses)
    if clauses >= _MANY_CLAUSES and unchanged < _REWRITTEN * clauses:
        sentences.append(
            f"This is nearly a new text: of the old one's {clauses} clauses {unchanged or 'none'} "
            f"{'are' if unchanged > 1 else 'is'} unchanged."
        )
    sentences += [f"{_sentence(printable(remark))}" for remark in report.comparison.coarse]
    return tuple(sentences)


def _is_of(between: Between, alternation: Alternation) -> bool:
    begin, end = alternation.periods[0].first.captured_at, alternation.periods[-1].last.captured_at
    return between.number in {version.number for version in alternation.versions} and (
        begin <= between.period.first.captured_at <= end
    )


def alternates(alternation: Alternation) -> str:
    """What a page does: `alternates between versions 3 and 4 since 2024-05-01T06:00:00Z (17 times)`."""
    names = versions_named(alternation)
    times = plural(alternation.times, "time")
    if alternation.ongoing:
        return f"alternates between {names} since {iso(alternation.since)} ({times})"
    return f"alternated between {names} from {iso(alternation.since)} to {iso(alternation.until)} ({times})"


def versions_named(alternation: Alternation) -> str:
    """`versions 3 and 4`."""
    return f"versions {_enumerated([str(version.number) for version in alternation.versions])}"


# --- sentences about one change ---


def path_of(clause: Clause) -> tuple[str, ...]:
    """The headings above a clause, outermost first, then its label; made printable, empty at the top of a text."""
    label = (clause.label,) if clause.label else ()
    return tuple(printable(part) for part in (*clause.heading_path, *label))


def notes(change: Change) -> tuple[str, ...]:
    """What the redline does not show: where a clause came from, its old label, link targets, a doubtful match."""
    found = []
    old, new = change.old, change.new
    if old and new:
        if change.kind in ("moved", "moved_modified"):
            found.append(_journey(old[0], new[0]))
        labels = [(" ".join(c.label for c in side if c.label)) for side in (old, new)]
        if labels[0] != labels[1] and change.kind not in ("split", "merged"):
            was, now = map(printable, labels)
            found.append(_sentence(_difference("Number", was, now)))
        if change.kind == "split":
            found.append(f"One clause became {len(new)}.")
        if change.kind == "merged":
            found.append(f"{len(old)} clauses became one.")
        links = [[link for clause in side for link in clause.links] for side in (old, new)]
        gone = [link for link in links[0] if link not in links[1]]
        came = [link for link in links[1] if link not in links[0]]
        if gone or came:
            was, now = (", ".join(map(printable, side)) for side in (gone, came))
            found.append(f"{_difference('Link', was, now)}.")
        elif change.kind == "cosmetic" and old[0].text == new[0].text and old[0].label == new[0].label:
            found.append("Only spacing, emphasis or characters without width differ.")
        if change.confidence < _UNCERTAIN:
            found.append(f"The two sides may not belong together (confidence {change.confidence:.0%}).")
    return tuple(found)


def _difference(name: str, was: str, now: str) -> str:
    if was and now:
        return f"{name}: {was} → {now}"
    return f"{name} added: {now}" if now else f"{name} removed: {was}"


def _journey(old: Clause, new: Clause) -> str:
    """From where to where a clause moved; the headings only where they differ."""
    was, now = f"clause {old.position + 1} of the old text", f"clause {new.position + 1} of the new"
    if old.heading_path != new.heading_path:
        paths = old.heading_path, new.heading_path
        # The headings that both stand under say nothing about the way; the innermost one always stays.
        alike = list(takewhile(lambda pair: pair[0] == pair[1], zip(*paths, strict=False)))
        shared = min(len(alike), *(max(len(path) - 1, 0) for path in paths))
        was, now = (f"{_headings(path, shared)} ({words})" for path, words in zip(paths, (was, now), strict=True))
    return f"From {was} to {now}."


def _headings(path: tuple[str, ...], left_out: int) -> str:
    if not path:
        return f"the {TOP_LEVEL}"
    shown = [ELLIPSIS] if left_out else []
    return f"“{PATH_SEPARATOR.join([*shown, *map(printable, path[left_out:])])}”"


def _clause_word(change: Change) -> str:
    kinds = dict.fromkeys(clause.kind for clause in change.new or change.old)
    return "" if set(kinds) == {"paragraph"} else " and ".join(_CLAUSE_WORDS[kind] for kind in kinds)


# --- the text of a change ---


def _shown(change: Change) -> Redline:
    """What of a change's text to show: its redline, or the clauses themselves where it has none."""
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


def elided(redline: Redline) -> Redline:
    """The redline with its long unchanged stretches cut to what is next to a difference."""
    if len(redline) == 1 and redline[0][0] == "equal":
        return (("equal", _head(redline[0][1], _EXCERPT)),)
    last = len(redline) - 1
    result = []
    for index, (operation, text) in enumerate(redline):
        if operation == "equal" and len(text) > 3 * _CONTEXT:
            head = _head(text, _CONTEXT).removesuffix(ELLIPSIS) if index else ""
            tail = _tail(text, _CONTEXT).removeprefix(ELLIPSIS) if index < last else ""
            text = f"{head}{ELLIPSIS}{tail}"
        result.append((operation, text))
    return tuple(result)


def marked(redline: Redline) -> str:
    """The redline where there is neither colour nor markup: deletions as [-old-], insertions as {+new+}."""
    return "".join(f"{MARKS[operation][0]}{text}{MARKS[operation][1]}" for operation, text in redline)


def _head(text: str, length: int) -> str:
    """The beginning of a text, cut at a space where there is one near, with an ellipsis."""
    if len(text) <= length:
        return text
    space = text.rfind(" ", length - 25, length + 1)
    return f"{text[: space + 1 if space >= 0 else length]}{ELLIPSIS}"


def _tail(text: str, length: int) -> str:
    start = len(text) - length
    space = text.find(" ", start, start + 25)
    return f"{ELLIPSIS}{text[space if space >= 0 else start :]}"


# --- words ---


def _by_kind(kinds: list[ChangeKind]) -> list[str]:
    return [f"{count} {KIND_WORDS[kind]}" for kind, count in Counter(kinds).most_common()]


def _enumerated(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
