"""Follows clauses through the versions of a policy: steps between neighbours, lines, and the dates of readings."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.changes import Change, ChangeKind, Comparison, Redline
from core.clauses import Document
from core.history import Observation, Period, SettledHistory
from core.lineage import ChainEntry, Event, EventKind, Gap, Line, Link, Since, Step
from diffing import compare
from diffing.sameness import text_key
from diffing.timeline import alternations

#: A clause that was missing for no longer than this, and came back with the same text, was rather missed by a capture,
#: or by a page that was put up wrong and mended, than removed and taken up again.
BRIEF = timedelta(days=1)

# A position in a version of a chain: the index of the version, and the position of the clause.
_Node = tuple[int, int]

_EVENT_KINDS: dict[ChangeKind, EventKind] = {
    "added": "appeared",
    "removed": "removed",
    "modified": "modified",
    "moved_modified": "modified",
    "cosmetic": "modified",
    "factual": "modified",
    "moved": "moved",
    "renumbered": "renumbered",
    "split": "split",
    "merged": "merged",
}
# The kinds of changes after which a clause still has the same words.
_SAME_WORDS = frozenset(["moved", "renumbered", "cosmetic"])
# The significances of changes after which a clause reads otherwise.
_COUNTS = frozenset(["substantive", "factual"])


def first_step(document: Document) -> Step:
    """Returns the step to a version that is compared with no earlier version."""
    links = tuple(
        Link("added", "substantive", (), (position,), (text_key(clause.text),))
        for position, clause in enumerate(document.clauses)
    )
    return Step((), links, opens=True)


def step_between(old: Document, new: Document) -> Step:
    """Compares two neighbouring versions, and returns the step from the old to the new one."""
    return step_of(compare(old, new))


def step_of(comparison: Comparison) -> Step:
    """Returns the step that a comparison shows."""
    return Step(_runs(comparison.unchanged), tuple(map(_link, comparison.changes)))


def _link(change: Change) -> Link:
    return Link(
        change.kind,
        change.significance,
        tuple(clause.position for clause in change.old),
        tuple(clause.position for clause in change.new),
        tuple(text_key(clause.text) for clause in change.new or change.old),
        change.numbers,
    )


def _runs(unchanged: Iterable[tuple[int, int]]) -> tuple[tuple[int, int, int], ...]:
    runs: list[tuple[int, int, int]] = []
    for old, new in unchanged:
        if runs and (old, new) == (runs[-1][0] + runs[-1][2], runs[-1][1] + runs[-1][2]):
            runs[-1] = (*runs[-1][:2], runs[-1][2] + 1)
        else:
            runs.append((old, new, 1))
    return tuple(runs)


def redlines(pairs: Sequence[tuple[str, str]]) -> tuple[Redline, ...]:
    """Returns the redline of each pair of an old and a new text."""
    # Loaded only here, as in `diffing.compare`.
    from diffing.redline import redline

    return tuple(redline(old, new)[0] for old, new in pairs)


def chain(settled: SettledHistory) -> tuple[ChainEntry, ...]:
    """Returns the versions of a policy that count for the lines of its clauses, oldest first.

    Only periods that stand count. Of an alternation, the first period of each text and the last period count: a page
    that goes back and forth doesn't change its clauses each time. The newest text is the last entry, even if it is
    not confirmed yet. Neighbouring entries have different versions; a version that returns has several entries.
    """
    periods = settled.history.periods
    numbers = {version.id: version.number for version in settled.history.versions}
    entries: list[ChainEntry] = []
    texts: dict[str, Observation] = {}

    def append(period: Period, before: Observation | None, pending: bool = False) -> None:
        version_id, first = period.version_id, period.first
        if not entries or entries[-1].version_id != version_id:
            text = texts.setdefault(version_id, first)
            entries.append(ChainEntry(version_id, numbers[version_id], first, before, text, pending))

    repeats = _repeats(settled)
    before: Observation | None = None
    for period in periods:
        if id(period) not in repeats:
            append(period, before)
        before = period.last
    if settled.pending:
        if len(settled.pending) > 1:
            before = settled.pending[-2].last
        append(settled.pending[-1], before, pending=True)
    return tuple(entries)


def _repeats(settled: SettledHistory) -> set[int]:
    """Returns the identities of the periods within alternations that only repeat a text of the alternation."""
    repeats: set[int] = set()
    for alternation in alternations(settled.history):
        seen: set[str] = set()
        for period in alternation.periods[:-1]:
            if period.version_id in seen:
                repeats.add(id(period))
            seen.add(period.version_id)
    return repeats


def reads_so_since(steps: Sequence[Step], begins: Sequence[datetime] = ()) -> tuple[Since, ...]:
    """Returns for each clause of the last version since when it reads as it does.

    Changes of a clause's place, number or typography, volatile and editorial changes keep the date. A clause that was
    removed and has returned reads so since its return, unless it was missing only briefly (BRIEF). If clauses without
    such a change are merged, the latest date of them counts.

    steps: the steps to each version of a chain, from the first version on.
    begins: the time of each version's first capture in the chain; empty if no absence is to count as brief.
    """
    returned = _returns(steps)
    all_since: list[list[Since]] = []
    for index, step in enumerate(steps):
        since = [Since(index, None)] * step.clauses
        all_since.append(since)
        if step.opens:
            continue
        earlier = all_since[index - 1]
        for old, new, length in step.kept:
            since[new : new + length] = earlier[old : old + length]
        for number, link in enumerate(step.links, start=1):
            keeps = link.old and (link.kind in _SAME_WORDS or link.significance not in _COUNTS)
            latest = max((earlier[old] for old in link.old), key=_index) if keeps else Since(index, number)
            for new in link.new:
                gap = _brief_gap(returned.get((index, new)), index, begins)
                if gap is not None:
                    (last, position) = returned[index, new]
                    before = all_since[last][position]
                    since[new] = replace(before, gaps=(*before.gaps, gap))
                else:
                    since[new] = latest
    return tuple(all_since[-1]) if all_since else ()


def _brief_gap(gone: _Node | None, back: int, begins: Sequence[datetime]) -> Gap | None:
    """Returns the time for which a clause was missing if it is brief. gone: where the clause was last. back: where it
    returned."""
    if gone is None or not begins or begins[back] - begins[gone[0] + 1] > BRIEF:
        return None
    return Gap(gone[0] + 1, back)


def _index(since: Since) -> int:
    return since.index


def line_of(steps: Sequence[Step], index: int, position: int, begins: Sequence[datetime] = ()) -> Line:
    """Returns the line of a clause.

    steps: the steps to each version of a chain, from the first version on.
    index: the index of the version in which the clause is. position: the clause's position in that version.
    begins: as for `reads_so_since`.

    IndexError if the version has no such clause.
    """
    if not 0 <= position < steps[index].clauses:
        raise IndexError(position)
    returned = _returns(steps)
    returns = {gone: back for back, gone in returned.items()}
    places: list[set[int]] = [set() for _ in steps]
    places[index].add(position)
    events: dict[tuple[int, int], Event] = {}
    gaps: set[Gap] = set()

    def note(at: int, number: int, gone: _Node | None = None) -> None:
        events.setdefault((at, number), _event(steps[at], at, number, gone))

    for at in range(index, -1, -1):
        sides = _Sides(steps[at])
        for here in tuple(places[at]):
            number, olds = sides.before(here)
            gone = returned.get((at, here))
            if gone is not None:
                places[gone[0]].add(gone[1])
                if gap := _brief_gap(gone, at, begins):
                    gaps.add(gap)
                    continue
                removal, _ = _Sides(steps[gone[0] + 1]).after(gone[1])
                assert removal is not None  # noqa: S101 - the clause was removed
                note(gone[0] + 1, removal)
            elif at:
                places[at - 1].update(olds)
            if number is not None:
                note(at, number, gone)
    onward: list[set[int]] = [set() for _ in steps]
    onward[index].add(position)
    for at in range(index + 1, len(steps)):
        sides = _Sides(steps[at])
        for here in onward[at]:  # they returned here
            if gap := _brief_gap(returned[at, here], at, begins):
                gaps.add(gap)
                continue
            number, _ = sides.before(here)
            assert number is not None  # noqa: S101 - a returned clause was added
            note(at, number, returned[at, here])
        for there in onward[at - 1]:
            number, news = sides.after(there)
            onward[at].update(news)
            back = None if news else returns.get((at - 1, there))
            if back is not None:
                onward[back[0]].add(back[1])
                if _brief_gap((at - 1, there), back[0], begins):
                    continue
            if number is not None:
                note(at, number)
    return Line(
        tuple(events[key] for key in sorted(events)),
        tuple(tuple(sorted(before | after)) for before, after in zip(places, onward, strict=True)),
        tuple(sorted(gaps, key=lambda gap: (gap.begin, gap.end))),
    )


def clauses_after(step: Step, position: int) -> tuple[int, ...]:
    """Returns the positions of the clauses of a step's new version that descend from a clause of its old version.

    IndexError if the old version has no clause at that position.
    """
    return _Sides(step).after(position)[1]


def _event(step: Step, index: int, number: int, gone: _Node | None) -> Event:
    """Returns what a link means for its clauses. number: the link's number. gone: where a returned clause was last."""
    link = step.links[number - 1]
    kind = _EVENT_KINDS[link.kind]
    if step.opens:
        kind, known = ("unknown" if index else "appeared"), None
    else:
        known = number
    if gone is not None:
        return Event(index, "returned", link.kind, link.significance, known, (gone[1],), link.new, gone[0])
    old_index = index - 1 if link.old else None
    return Event(index, kind, link.kind, link.significance, known, link.old, link.new, old_index, link.numbers)


def _returns(steps: Sequence[Step]) -> dict[_Node, _Node]:
    """Returns for each clause that was removed and added again: where it is added, and where it was last.

    A clause returns if it is added with the text of a clause that was removed by an earlier step. Of several, the one
    that was removed last has returned.
    """
    removed: dict[str, list[_Node]] = defaultdict(list)
    returned: dict[_Node, _Node] = {}
    for index, step in enumerate(steps):
        if step.opens:
            continue
        for link in step.links:
            if link.kind == "added" and link.keys[0] and (candidates := removed[link.keys[0]]):
                last = next(at for at, node in enumerate(candidates) if node[0] == candidates[-1][0])
                returned[index, link.new[0]] = candidates.pop(last)
        for link in step.links:
            if link.kind == "removed":
                removed[link.keys[0]].append((index - 1, link.old[0]))
    return returned


class _Sides:
    """Finds the clauses to which a step leads from a clause, in both directions."""

    def __init__(self, step: Step) -> None:
        self._links = step.links
        self._old = {old: number for number, link in enumerate(step.links, start=1) for old in link.old}
        self._new = {new: number for number, link in enumerate(step.links, start=1) for new in link.new}
        self._by_old = sorted(step.kept)
        self._by_new = sorted((new, old, length) for old, new, length in step.kept)

    def before(self, new: int) -> tuple[int | None, tuple[int, ...]]:
        """Returns the number of a new clause's link, and the old clauses. The number is None if the clause is kept."""
        if number := self._new.get(new):
            return number, self._links[number - 1].old
        return None, (_shifted(self._by_new, new),)

    def after(self, old: int) -> tuple[int | None, tuple[int, ...]]:
        """Returns the number of an old clause's link, and the new clauses. The number is None if the clause is kept."""
        if number := self._old.get(old):
            return number, self._links[number - 1].new
        return None, (_shifted(self._by_old, old),)


def _shifted(runs: Sequence[tuple[int, int, int]], position: int) -> int:
    """Returns the position on the other side. runs: the runs of kept clauses, ordered by this side, which is first."""
    here, there, length = runs[bisect_right(runs, (position, 1 << 62, 0)) - 1]
    if not here <= position < here + length:
        raise IndexError(position)
    return there + position - here
