"""Arranges the changes of a report: by significance and place, with what few readers want to read folded away.

All formats show the changes in this arrangement. Only the JSON output lists every change in reading order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from core.changes import SIGNIFICANCES, ChangeKind, Significance
from core.plurals import plural
from diffing.tokenization import words
from reports.places import numbered
from reports.rendered_changes import KIND_WORDS, RenderedChange
from views.change_lines import counted_kind

# An editorial change of one of these kinds says where a clause stands, or which number it has. A reader who cites the
# policy needs that. The other editorial changes set the same words otherwise, or repeat what is said elsewhere.
_OF_PLACE: Final[frozenset[ChangeKind]] = frozenset({"moved", "moved_modified", "renumbered"})
_ONE_SIDED: Final[frozenset[ChangeKind]] = frozenset({"added", "removed"})

# The part of a section in which a change is shown. The changes of each part but `listed` are folded into one line.
_Part = Literal["listed", "contents", "around", "typography"]


@dataclass(frozen=True, slots=True)
class Run:
    """Changes that are shown under one line: a single change, or several added or several removed clauses in a row.

    The clauses of a run stand under the same headings. Headings of the run itself and the clauses below them belong to
    the run, too: a section that was added is one run.
    """

    changes: tuple[RenderedChange, ...]

    @property
    def words(self) -> str:
        """What happened to what: `modified, list item (b)`; `added, 4 list items`."""
        kind = self.changes[0].kind
        return f"{kind}, {self.clauses}" if self.clauses else kind

    @property
    def clauses(self) -> str:
        """The clauses in words: `list item (b)`, `4 list items`; '' for a single paragraph without a label."""
        if len(self.changes) == 1:
            return self.changes[0].clause_words
        kinds = {change.clause_kind for change in self.changes}
        return plural(len(self.changes), kinds.pop() if len(kinds) == 1 else "clause")


@dataclass(frozen=True, slots=True)
class PlaceGroup:
    """Runs in a row under the same headings. The headings are shown once.

    path: the headings, outermost first. place: the headings in one line.
    """

    path: tuple[str, ...]
    place: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Changes that are shown as one line. Formats that can do so show the changes when a reader opens the line.

    line: says what the changes are and how many there are, without a full stop.
    """

    line: str
    changes: tuple[RenderedChange, ...]

    @property
    def of_contents(self) -> bool:
        """Whether the changes are those of a contents list, which says nothing that the headings don't say."""
        return self.changes[0].of_contents

    @property
    def groups(self) -> tuple[PlaceGroup, ...]:
        """The changes, grouped by place."""
        return _grouped(self.changes)


@dataclass(frozen=True, slots=True)
class Section:
    """The changes of one significance.

    changes: all of them. groups: the changes that are listed; of the substantive ones, the changed numbers come first.
    folds: the changes that are shown as one line each.
    """

    significance: Significance
    changes: tuple[RenderedChange, ...]
    groups: tuple[PlaceGroup, ...]
    folds: tuple[Fold, ...]


def sections(changes: Iterable[RenderedChange]) -> tuple[Section, ...]:
    """Returns a section for each significance that at least one change has, the most important one first."""
    all_changes = tuple(changes)
    result = []
    for significance in SIGNIFICANCES:
        group = [change for change in all_changes if change.change.significance == significance]
        if not group:
            continue
        parts: dict[_Part, list[RenderedChange]] = {"listed": [], "contents": [], "around": [], "typography": []}
        for change in group:
            parts[_part(change)].append(change)
        listed = parts.pop("listed")
        folds = [Fold(_line(part, folded), tuple(folded)) for part, folded in parts.items() if folded]
        listed.sort(key=lambda change: not change.numbers)
        result.append(Section(significance, tuple(group), _grouped(listed), tuple(folds)))
    return tuple(result)


@dataclass(frozen=True, slots=True)
class HeadingRun:
    """A run of substantive changes under one heading.

    heading: the heading. number: the number of the first change. changes: the number of changes in the run.
    """

    heading: str
    number: int
    changes: int


def substantive_runs(changes: Iterable[RenderedChange]) -> tuple[HeadingRun, ...]:
    """Returns the substantive changes grouped by heading, in reading order."""
    substantive = (change for change in changes if change.change.significance == "substantive")
    runs = []
    for heading, run in groupby(substantive, key=lambda change: change.heading):
        first, *others = run
        runs.append(HeadingRun(heading, first.number, 1 + len(others)))
    return tuple(runs)


def _part(change: RenderedChange) -> _Part:
    if change.of_contents:
        return "contents"
    if change.change.significance != "editorial" or change.change.kind in _OF_PLACE:
        return "listed"
    if change.change.crossed:
        return "listed"
    if change.change.kind == "cosmetic" or _has_equal_words(change):
        return "typography"
    return "around" if change.change.kind in _ONE_SIDED else "listed"


def _has_equal_words(change: RenderedChange) -> bool:
    """Returns whether a clause was split or clauses were merged, and the words are the same."""
    if change.change.kind not in ("split", "merged"):
        return False
    old, new = (words(" ".join(clause.text for clause in side)) for side in (change.change.old, change.change.new))
    return old == new


def _line(part: _Part, changes: Sequence[RenderedChange]) -> str:
    if part == "typography":
        return f"{plural(len(changes), 'change')} of typography, punctuation or paragraph breaks only"
    kinds = [change.kind for change in changes]
    counts = ", ".join(counted_kind(kinds.count(word), word) for word in KIND_WORDS.values() if word in kinds)
    if part == "contents":
        return f"The contents list differs: {counts}"
    return f"Clauses of the page around the policy, or that repeat other clauses: {counts}"


def _grouped(changes: Iterable[RenderedChange]) -> tuple[PlaceGroup, ...]:
    return tuple(
        PlaceGroup(path, runs[0].changes[0].place, runs)
        for path, runs in (
            (path, tuple(group)) for path, group in groupby(_runs(changes), key=lambda run: run.changes[0].path)
        )
    )


def _runs(changes: Iterable[RenderedChange]) -> list[Run]:
    runs: list[list[RenderedChange]] = []
    paths: set[tuple[str, ...]] = set()  # of the clauses that may continue the last run
    for change in changes:
        last = runs[-1][-1] if runs else None
        if (
            last
            and change.change.kind in _ONE_SIDED
            and change.change.kind == last.change.kind
            and change.number == last.number + 1
            and change.path in paths
        ):
            runs[-1].append(change)
        else:
            runs.append([change])
            paths = {change.path}
        clause = (change.change.new or change.change.old)[0]
        if clause.kind == "heading":
            paths.add((*change.path, numbered(clause)))
    return [Run(tuple(run)) for run in runs]
