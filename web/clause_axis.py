"""Draws when something happened to a clause, as a small vertical time axis in SVG."""

from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree

from markupsafe import Markup

from reports.vendor_text import printable

#: The distance between two labels, the place of the line, and where labels begin. In pixels.
ROW, LINE_X, LABEL_X = 18.0, 12.0, 28.0
WIDTH = 130.0
_TOP = 12.0
_LONGEST = 420.0
# More events than this are named by the list alone; the axis shows only their marks.
_MOST_LABELS = 40


def axis_places(moments: Sequence[datetime]) -> tuple[tuple[float, float], ...]:
    """Returns where the mark and the label of each event are, from the top.

    moments: when the events happened, oldest first. Marks are placed by time, and labels are moved down if they would
    overlap.
    """
    if not moments:
        return ()
    length = min(_LONGEST, ROW * 3 * max(len(moments) - 1, 1))
    seconds = (moments[-1] - moments[0]).total_seconds()
    places: list[tuple[float, float]] = []
    label = _TOP - ROW
    for moment in moments:
        mark = _TOP + (length * (moment - moments[0]).total_seconds() / seconds if seconds else 0)
        label = max(mark, label + ROW)
        places.append((mark, label))
    return tuple(places)


def axis_svg(events: Sequence[tuple[str, str, datetime]]) -> Markup:
    """Returns the drawing as an `svg` element; '' if nothing but one thing happened.

    events: the id of the event's element on the page, its title, and when it was captured first; oldest first.
    """
    if len(events) < 2 or len(events) > _MOST_LABELS:
        return Markup()
    places = axis_places([moment for _, _, moment in events])
    height = max(label for _, label in places) + _TOP
    svg = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "axis",
            "viewBox": f"0 0 {WIDTH:g} {height:.1f}",
            "width": f"{WIDTH:g}",
            "height": f"{height:.1f}",
            "role": "group",
            "aria-labelledby": "axis-title axis-desc",
        },
    )
    ElementTree.SubElement(svg, "title", {"id": "axis-title"}).text = "When it happened"
    ElementTree.SubElement(
        svg, "desc", {"id": "axis-desc"}
    ).text = "A mark for each event, from the oldest at the top to the newest. The list beside it has the same dates."
    ends = {"x1": f"{LINE_X:g}", "x2": f"{LINE_X:g}", "y1": f"{places[0][0]:.1f}", "y2": f"{places[-1][0]:.1f}"}
    ElementTree.SubElement(svg, "line", {"class": "line", **ends})
    for (name, title, moment), (mark, label) in zip(events, places, strict=True):
        anchor = ElementTree.SubElement(svg, "a", {"href": f"#{name}"})
        ElementTree.SubElement(anchor, "title").text = printable(title)
        leader = {"x1": f"{LINE_X:g}", "y1": f"{mark:.1f}", "x2": f"{LABEL_X - 4:g}", "y2": f"{label:.1f}"}
        ElementTree.SubElement(anchor, "line", {"class": "leader", **leader})
        ElementTree.SubElement(anchor, "circle", {"cx": f"{LINE_X:g}", "cy": f"{mark:.1f}", "r": "4"})
        text = ElementTree.SubElement(anchor, "text", {"x": f"{LABEL_X:g}", "y": f"{label + 4:.1f}"})
        text.text = f"{moment:%Y-%m-%d}"
    # Escaped by ElementTree.
    return Markup(ElementTree.tostring(svg, encoding="unicode"))  # noqa: S704
