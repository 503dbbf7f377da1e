"""Draws the timeline of a policy as SVG. It needs no script and no style of its own; `policy.css` colours it."""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Final
from xml.etree import ElementTree

from markupsafe import Markup

from core.plurals import plural
from reports.vendor_text import printable
from views.timeline_data import PolicyTimeline, TimelineChange
from web.timeline_layout import (
    BARS_TOP,
    BASE,
    DENSITY_END,
    DENSITY_TOP,
    HEIGHT,
    LEFT,
    LEGEND,
    LINE,
    QUARANTINED_END,
    QUARANTINED_TOP,
    RIGHT,
    SPANS,
    STATED_END,
    STATED_TOP,
    WIDTH,
    Bar,
    Column,
    Label,
    Layout,
    layout_of,
)

_BAR_WIDTH = 7
_COLUMN_WIDTH = 5
_BASELINE = 12  # of a line of text, from its upper edge
#: The explanation below the drawing: the fill, and what it means.
LEGEND_TEXTS: Final = (
    ("substantive", "substantive changes"),
    ("factual", "contact details, dates"),
    ("minor", "editorial, counters"),
    ("first", "first text"),
    ("alternates", "goes back and forth"),
)
_LEGEND_WIDTH = 176


def timeline_svg(timeline: PolicyTimeline, name: str, link: Callable[[tuple[TimelineChange, ...]], str]) -> Markup:
    """Returns the drawing of a timeline as an `svg` element; '' if the policy has no capture.

    name: what the drawing shows, such as `HESK, privacy`. link: returns the address to which a bar leads.
    """
    layout = layout_of(timeline)
    if layout is None:
        return Markup()
    svg = _element(
        None,
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "timeline",
            "viewBox": f"0 0 {_number(WIDTH)} {_number(HEIGHT)}",
            "width": _number(WIDTH),
            "height": _number(HEIGHT),
            "role": "group",
            "aria-labelledby": "timeline-title timeline-desc",
        },
    )
    _element(svg, "title", {"id": "timeline-title"}, f"Timeline of {name}")
    _element(svg, "desc", {"id": "timeline-desc"}, description(timeline))
    _definitions(svg)
    _frame(svg, layout)
    _bars(svg, layout, link)
    _rows(svg, layout, timeline)
    _legend(svg)
    # Escaped by ElementTree; characters that XML forbids were replaced in _element.
    return Markup(ElementTree.tostring(svg, encoding="unicode"))  # noqa: S704


def description(timeline: PolicyTimeline) -> str:
    """Returns what the drawing shows, in a few sentences, for those who don't see it."""
    extent = timeline.extent
    if extent is None:
        return "No capture."
    when = f"from {extent[0]:%Y-%m-%d} to {extent[1]:%Y-%m-%d}"
    sentences = [
        f"{plural(len(timeline.versions), 'version')} in {plural(len(timeline.captures), 'accepted capture')} {when}."
    ]
    if timeline.quarantined:
        sentences.append(f"{plural(len(timeline.quarantined), 'capture')} quarantined.")
    sized = [change for change in timeline.changes if change.size]
    if sized:
        clauses, largest = max(((change.size.clauses, change) for change in sized if change.size), key=itemgetter(0))
        made = f"version {largest.version} ({largest.at:%Y-%m-%d})"
        sentences.append(f"The largest change, of {plural(clauses, 'clause')}, made {made}.")
    sentences.append("The table below has the same facts.")
    return " ".join(sentences)


def _definitions(svg: ElementTree.Element) -> None:
    definitions = _element(svg, "defs")
    for name, path, size in (
        ("factual", "M-1,1 l2,-2 M0,5 l5,-5 M4,6 l2,-2", 5),
        ("minor", "M1,1 h1.5 v1.5 h-1.5 z", 4),
        ("alternates", "M0,0 v6 M3,0 v6", 6),
        ("quarantined", "M0,0 l6,6 M6,0 l-6,6", 6),
    ):
        pattern = _element(
            definitions,
            "pattern",
            {"id": f"timeline-{name}", "width": f"{size}", "height": f"{size}", "patternUnits": "userSpaceOnUse"},
        )
        _element(pattern, "rect", {"class": "ground", "width": f"{size}", "height": f"{size}"})
        _element(pattern, "path", {"class": name, "d": path})


def _frame(svg: ElementTree.Element, layout: Layout) -> None:
    rows = [("Changes", BASE - LINE), ("Text shown", SPANS), ("Captures", DENSITY_TOP + 6)]
    rows += [("Stated date", STATED_TOP)] if layout.stated else []
    rows += [("Quarantined", QUARANTINED_TOP)] if layout.quarantined else []
    for text, y in rows:
        _element(svg, "text", {"class": "row", "x": "0", "y": _number(y + _BASELINE)}, text)
    bottom = QUARANTINED_END if layout.quarantined else DENSITY_END
    for x, label in layout.ticks:
        for y1, y2 in ((BARS_TOP, BASE + 5), (SPANS - 6, bottom)):
            _line(svg, "tick", x, y1, x, y2)
        if label:
            _text(svg, "when", label)
    _line(svg, "axis", LEFT, BASE, RIGHT, BASE)


def _bars(svg: ElementTree.Element, layout: Layout, link: Callable[[tuple[TimelineChange, ...]], str]) -> None:
    labels = {id(bar): label for label, bar in layout.bar_labels}
    for bar in layout.bars:
        anchor = _element(svg, "a", {"href": link(bar.changes), "aria-label": bar.title})
        _element(anchor, "title", {}, bar.title)
        label = labels.get(id(bar))
        if label:
            _line(anchor, "leader", bar.x + _BAR_WIDTH / 2, label.box.y + LINE, bar.x + _BAR_WIDTH / 2, bar.top)
            _text(anchor, "version", label)
        _bar(anchor, bar)


def _bar(anchor: ElementTree.Element, bar: Bar) -> None:
    for part in bar.parts:
        _rectangle(anchor, part.name, bar.x, part.y, _BAR_WIDTH, part.height)
    if not bar.parts:
        name = "first" if bar.changes[0].old is None else "unknown"
        _element(anchor, "path", {"class": name, "d": _diamond(bar.x + _BAR_WIDTH / 2, BASE - 6)})


def _rows(svg: ElementTree.Element, layout: Layout, timeline: PolicyTimeline) -> None:
    for block in layout.blocks:
        group = _element(svg, "g")
        _element(group, "title", {}, block.title)
        _rectangle(group, block.name, block.x, SPANS, block.width, LINE)
        if block.label:
            _text(group, "in-block", block.label)
    for stated in layout.stated:
        group = _element(svg, "g", {"class": "stated"})
        _element(group, "title", {}, stated.title)
        _line(group, "between", stated.stated_x, STATED_TOP + 4, stated.observed_x, STATED_END)
        if stated.outside:
            tip = stated.stated_x + 4 * stated.outside
            _element(
                group,
                "path",
                {"d": f"M{_number(tip)},{STATED_TOP + 4} l{-7 * stated.outside},-4 v8 z"},
            )
        else:
            _element(group, "circle", {"cx": _number(stated.stated_x), "cy": _number(STATED_TOP + 4), "r": "3.5"})
        _line(group, "observed", stated.observed_x, STATED_END - 5, stated.observed_x, STATED_END + 2)
    _columns(svg, "captures", layout.captures, DENSITY_TOP, DENSITY_END, f"{plural(len(timeline.captures), 'capture')}")
    if layout.quarantined:
        text = f"{plural(len(timeline.quarantined), 'capture')} quarantined"
        _columns(svg, "quarantined", layout.quarantined, QUARANTINED_TOP, QUARANTINED_END, text)


def _columns(svg: ElementTree.Element, name: str, columns: Iterable[Column], top: float, end: float, text: str) -> None:
    group = _element(svg, "g")
    _element(group, "title", {}, text)
    for column in columns:
        height = max((end - top) * column.height, 2)
        _rectangle(group, name, column.x, end - height, _COLUMN_WIDTH, height)
    _line(group, "axis", LEFT, end, RIGHT, end)


def _legend(svg: ElementTree.Element) -> None:
    for at, (name, text) in enumerate(LEGEND_TEXTS):
        x = LEFT + at * _LEGEND_WIDTH
        if name == "first":
            _element(svg, "path", {"class": "first", "d": _diamond(x + 6, LEGEND + 8)})
        else:
            _rectangle(svg, name, x, LEGEND + 2, 12, 12)
        _element(svg, "text", {"class": "legend", "x": _number(x + 18), "y": _number(LEGEND + _BASELINE)}, text)


def _rectangle(parent: ElementTree.Element, name: str, x: float, y: float, width: float, height: float) -> None:
    attributes = {"class": name, "x": _number(x), "y": _number(y), "width": _number(width), "height": _number(height)}
    # A style in a file of its own can't refer to a pattern in the page.
    if name in ("factual", "minor", "alternates", "quarantined"):
        attributes["fill"] = f"url(#timeline-{name})"
    _element(parent, "rect", attributes)


def _diamond(x: float, y: float) -> str:
    return f"M{_number(x)},{_number(y - 6)} l6,6 l-6,6 l-6,-6 z"


def _line(parent: ElementTree.Element, name: str, x1: float, y1: float, x2: float, y2: float) -> None:
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    _element(parent, "line", {"class": name, **{key: _number(value) for key, value in ends.items()}})


def _text(parent: ElementTree.Element, name: str, label: Label) -> None:
    middle = label.box.x + label.box.width / 2
    attributes = {"class": name, "x": _number(middle), "y": _number(label.box.y + _BASELINE), "text-anchor": "middle"}
    _element(parent, "text", attributes, label.text)


def _element(
    parent: ElementTree.Element | None, tag: str, attributes: dict[str, str] | None = None, text: str | None = None
) -> ElementTree.Element:
    safe = {name: printable(value) for name, value in (attributes or {}).items()}
    element = ElementTree.Element(tag, safe) if parent is None else ElementTree.SubElement(parent, tag, safe)
    if text is not None:
        element.text = printable(text)
    return element


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
