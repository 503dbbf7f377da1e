"""Decides where everything in the drawing of a policy's timeline is. Pure functions; lengths are in pixels."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from math import log1p, sqrt

from core.changes import Significance
from core.dates import iso
from core.plurals import plural
from views.timeline_data import PolicyTimeline, TimelineChange, stated_moment

#: The width of the drawing, and the place where the time axis begins and ends.
WIDTH, LEFT, RIGHT = 1000.0, 96.0, 984.0
#: The height of a line of text, and the places of the rows, from top to bottom.
LINE = 16.0
LABEL_ROWS = (22.0, 4.0)  # the row next to the bars first
BARS_TOP, BASE = 44.0, 160.0
TICKS = 166.0
SPANS = 196.0
STATED_TOP, STATED_END = 226.0, 248.0
DENSITY_TOP, DENSITY_END = 258.0, 286.0
QUARANTINED_TOP, QUARANTINED_END = 294.0, 310.0
LEGEND = 322.0
HEIGHT = 344.0

# A bar, and the distance from which two bars are drawn as two.
_BAR, _APART = 7.0, 9.0
_BUCKET = 6.0
_SMALLEST_PART = 2.0
# The width of a character at the drawing's font size (12 px). The widest digit of common sans-serif fonts takes 7 px.
_CHARACTER = 7.2
_GAP = 5.0
# A time axis is at least this long: one capture has no extent.
_SHORTEST = timedelta(hours=1)
_MARGIN = 0.01


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle. x, y: the corner at the top left."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: "Box") -> bool:
        """Returns whether two rectangles share more than an edge."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True, slots=True)
class Label:
    """A text, with the space that it takes at most."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: the changes of some significances. y: its upper edge."""

    name: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One or more changes, drawn as one bar.

    changes: the changes, oldest first; at least one. x: the left edge. parts: from the bottom to the top; empty for a
        version that is compared with no other. title: what happened, in words. top: the upper edge.
    """

    changes: tuple[TimelineChange, ...]
    x: float
    parts: tuple[Part, ...]
    title: str
    top: float


@dataclass(frozen=True, slots=True)
class Block:
    """A time, or several short ones, in which captures show a text. label: its number; None if there is no space."""

    x: float
    width: float
    name: str
    title: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Stated:
    """A stated date, and when its version was first captured.

    outside: -1 or 1 if the date is before or after the axis; both places are then that of the capture.
    """

    stated_x: float
    observed_x: float
    outside: int
    title: str


@dataclass(frozen=True, slots=True)
class Column:
    """The captures of a short time. height: from 0 to 1."""

    x: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything in the drawing, with its place."""

    bars: tuple[Bar, ...]
    bar_labels: tuple[tuple[Label, Bar], ...]
    ticks: tuple[tuple[float, Label | None], ...]
    blocks: tuple[Block, ...]
    stated: tuple[Stated, ...]
    captures: tuple[Column, ...]
    quarantined: tuple[Column, ...]

    def labels(self) -> Iterator[Label]:
        """Yields all texts whose place depends on the data."""
        yield from (label for label, _ in self.bar_labels)
        yield from (label for _, label in self.ticks if label)
        yield from (block.label for block in self.blocks if block.label)


#: The parts of a bar, from the bottom to the top: the name, and the significances that it shows.
PARTS: tuple[tuple[str, tuple[Significance, ...]], ...] = (
    ("substantive", ("substantive",)),
    ("factual", ("factual",)),
    ("minor", ("editorial", "volatile")),
)


def layout_of(timeline: PolicyTimeline) -> Layout | None:
    """Returns where everything of a timeline is drawn; None if the policy has no capture."""
    extent = timeline.extent
    if extent is None:
        return None
    begin, end = _padded(*extent)
    seconds = (end - begin).total_seconds()

    def place(moment: datetime) -> float:
        share = (moment - begin).total_seconds() / seconds
        return LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, share))

    bars = _bars(timeline.changes, place)
    return Layout(
        bars,
        tuple(_bar_labels(bars)),
        tuple(_ticks(begin, end, place)),
        tuple(_blocks(timeline, place)),
        tuple(_stated(timeline, begin, end, place)),
        tuple(_columns(timeline.captures, place)),
        tuple(_columns(timeline.quarantined, place)),
    )


def text_width(text: str) -> float:
    """Returns the width that a text takes at most."""
    return len(text) * _CHARACTER


def _padded(begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    margin = max((end - begin) * _MARGIN, (_SHORTEST - (end - begin)) / 2)
    return begin - margin, end + margin


def _bars(changes: Sequence[TimelineChange], place: Callable[[datetime], float]) -> tuple[Bar, ...]:
    groups: list[tuple[float, list[TimelineChange]]] = []
    for change in changes:
        x = min(place(change.at), RIGHT - _BAR)
        if groups and x - groups[-1][0] < _APART:
            groups[-1][1].append(change)
        else:
            groups.append((x, [change]))
    counted = [[_clauses(group, significances) for _, significances in PARTS] for _, group in groups]
    most = max(map(sum, counted), default=0)
    bars = []
    for (x, group), counts in zip(groups, counted, strict=True):
        parts = tuple(_parts(counts, most))
        bars.append(Bar(tuple(group), x, parts, _title(group), parts[-1].y if parts else BASE - 12))
    return tuple(bars)


def _clauses(changes: Iterable[TimelineChange], significances: Iterable[Significance]) -> int:
    return sum(change.size.significances.get(name, 0) for change in changes if change.size for name in significances)


def _parts(counts: Sequence[int], most: int) -> Iterator[Part]:
    """Yields the parts of a bar, whose height grows with the square root of the number of clauses."""
    total = sum(counts)
    if not total:
        return
    room = BASE - BARS_TOP
    shown = [(name, count) for (name, _), count in zip(PARTS, counts, strict=True) if count]
    height = max(room * sqrt(total / most), _SMALLEST_PART * len(shown))
    extra = height - _SMALLEST_PART * len(shown)
    y = BASE
    for name, count in shown:
        part = _SMALLEST_PART + extra * count / total
        y -= part
        yield Part(name, max(y, BARS_TOP), part)


def _title(changes: Sequence[TimelineChange]) -> str:
    if len(changes) == 1:
        return change_title(changes[0])
    days = f"{changes[0].at:%Y-%m-%d} to {changes[-1].at:%Y-%m-%d}"
    total = sum(sum(change.size.changes.values()) for change in changes if change.size)
    name = f"Versions {_numbers(changes)}, {days}"
    if any(change.old is not None and change.size is None for change in changes):
        return f"{name}: {len(changes)} new texts, not all compared yet"
    return f"{name}: {len(changes)} new texts, {plural(total, 'change')} in all"


def change_title(change: TimelineChange) -> str:
    """Returns what happened at a place on the timeline: `Version 2, 2016-10-18: 17 changes, 14 of them substantive`."""
    name = f"Version {change.version}, {change.at:%Y-%m-%d}"
    if change.old is None:
        return f"{name}: the first text captured"
    if change.size is None:
        return f"{name}: {'could not be compared' if change.fault else 'not compared yet'}"
    total, substantive = sum(change.size.changes.values()), change.size.changes.get("substantive", 0)
    return f"{name}: {plural(total, 'change')}, {substantive} of them substantive"


def _numbers(changes: Sequence[TimelineChange]) -> str:
    numbers = [change.version for change in changes]
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low}–{high}"


def _bar_labels(bars: Sequence[Bar]) -> Iterator[tuple[Label, Bar]]:
    """Yields a label for each bar that has space for one. The last, the first and the highest bars come first."""
    turns = sorted(range(len(bars)), key=lambda at: (at != len(bars) - 1, at != 0, bars[at].top, at))
    taken: list[Box] = []
    for at in turns:
        bar = bars[at]
        text = _numbers(bar.changes)
        width = text_width(text)
        middle = bar.x + _BAR / 2
        x = min(max(middle - width / 2, LEFT), WIDTH - width)
        for row in LABEL_ROWS:
            box = Box(x, row, width, LINE)
            # The line from the label down to the bar must not cross another label.
            line = Box(middle - 1, row + LINE, 2, LABEL_ROWS[0] - row)
            spaced = Box(x - _GAP, row, width + 2 * _GAP, LINE)
            if not any(spaced.overlaps(other) or line.overlaps(other) for other in taken):
                taken += [box, line]
                yield Label(text, box), bar
                break


def _blocks(timeline: PolicyTimeline, place: Callable[[datetime], float]) -> Iterator[Block]:
    """Yields the times in which captures show a text. Those that are shorter than a pixel are drawn together."""
    edge = LEFT
    for span in timeline.spans:
        begin, end = place(span.begin), place(span.end)
        begin = max(begin, edge)
        width = max(end - begin, 2.0)
        if begin + width > RIGHT + 2 or (end < edge and edge > LEFT):
            continue
        text = f"{span.version}"
        fits = text_width(text) + 4 <= width
        label = Box(begin + (width - text_width(text)) / 2, SPANS, text_width(text), LINE)
        title = f"Version {text}: first captured {iso(span.begin)}, last captured {iso(span.end)}"
        name = "alternates" if span.alternates else "odd" if span.version % 2 else "even"
        yield Block(begin, width, name, title, Label(text, label) if fits else None)
        edge = begin + width


def _stated(
    timeline: PolicyTimeline, begin: datetime, end: datetime, place: Callable[[datetime], float]
) -> Iterator[Stated]:
    drawn: set[tuple[int, int]] = set()
    for version in timeline.versions:
        stated = stated_moment(version.stated_date) if version.stated_date else None
        if stated is None:
            continue
        outside = -1 if stated < begin else 1 if stated > end else 0
        observed = place(version.first)
        line = observed if outside else place(stated), observed
        pixels = round(line[0]), round(line[1])
        if pixels not in drawn:
            drawn.add(pixels)
            title = f"Version {version.number} states {version.stated_date}; first captured {version.first:%Y-%m-%d}"
            yield Stated(*line, outside, title)


def _columns(times: Sequence[datetime], place: Callable[[datetime], float]) -> Iterator[Column]:
    counts: dict[int, int] = {}
    last = int((RIGHT - LEFT) // _BUCKET) - 1
    for moment in times:
        bucket = min(int((place(moment) - LEFT) // _BUCKET), last)
        counts[bucket] = counts.get(bucket, 0) + 1
    most = max(counts.values(), default=1)
    for bucket, count in sorted(counts.items()):
        yield Column(LEFT + bucket * _BUCKET, log1p(count) / log1p(most), count)


# The steps of the axis: the unit, the number of units, about the seconds, and an example of the label.
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MONTH, _YEAR = 30.4 * _DAY, 365.25 * _DAY
_STEPS = (
    *(("minute", number, number * _MINUTE, "%Y-%m-%d %H:%MZ") for number in (5, 15, 30)),
    *(("minute", number * 60, number * _HOUR, "%Y-%m-%d %H:%MZ") for number in (1, 3, 6, 12)),
    *(("day", number, number * _DAY, "%Y-%m-%d") for number in (1, 2, 7, 14)),
    *(("month", number, number * _MONTH, "%Y-%m") for number in (1, 3, 6)),
    *(("year", number, number * _YEAR, "%Y") for number in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
)


def _ticks(begin: datetime, end: datetime, place: Callable[[datetime], float]) -> Iterator[tuple[float, Label | None]]:
    """Yields the marks of the time axis, each with its label if there is space for it."""
    pixels = (RIGHT - LEFT) / (end - begin).total_seconds()
    fitting = (step for step in _STEPS if step[2] * pixels >= text_width(begin.strftime(step[3])) + 4 * _GAP)
    unit, number, _, form = next(fitting, _STEPS[-1])
    edge = LEFT - _GAP
    for moment in _moments(begin, end, unit, number):
        x, text = place(moment), moment.strftime(form)
        width = text_width(text)
        box = Box(x - width / 2, TICKS, width, LINE)
        fits = box.x >= edge + _GAP and box.x + width <= WIDTH
        edge = box.x + width if fits else edge
        yield x, Label(text, box) if fits else None


def _moments(begin: datetime, end: datetime, unit: str, number: int) -> Iterator[datetime]:
    """Yields the whole years, months, days or minutes from `begin` to `end` whose number `number` divides."""
    if unit == "year":
        years = range(begin.year - begin.year % number, end.year + 1, number)
        moments: Iterable[datetime] = (datetime(year, 1, 1, tzinfo=UTC) for year in years if year > 0)
    elif unit == "month":
        months = range(begin.year * 12, end.year * 12 + end.month, number)
        moments = (datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in months)
    elif unit == "day":
        first = begin.toordinal() - begin.toordinal() % number
        days = range(max(first, 1), end.toordinal() + 1, number)
        moments = (datetime.fromordinal(day).replace(tzinfo=UTC) for day in days)
    else:
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        minutes = range(0, int((end - midnight).total_seconds() // 60) + 1, number)
        moments = (midnight + timedelta(minutes=minute) for minute in minutes)
    return (moment for moment in chain(moments) if begin <= moment <= end)
