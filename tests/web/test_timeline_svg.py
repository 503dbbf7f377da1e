"""Where everything of a timeline is drawn: nothing overlaps or leaves the drawing, whatever the history is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.policies import PolicyKey
from views.timeline_data import ChangeSize, PolicyTimeline, TextSpan, TimelineChange, TimelineVersion
from web.timeline_layout import BARS_TOP, BASE, HEIGHT, LEFT, RIGHT, WIDTH, Layout, layout_of
from web.timeline_svg import timeline_svg

KEY = PolicyKey("marmot", "privacy")
BEGIN = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
MOMENTS = st.datetimes(
    BEGIN.replace(year=1991, tzinfo=None), BEGIN.replace(year=2099, tzinfo=None), timezones=st.just(UTC)
)
SIZES = st.dictionaries(st.sampled_from(["substantive", "factual", "editorial", "volatile"]), st.integers(0, 5000))


def timeline_at(
    moments: Sequence[datetime],
    sizes: Sequence[dict[str, int] | None] = (),
    stated: Sequence[str | None] = (),
    quarantined: Sequence[datetime] = (),
    captures: Sequence[datetime] = (),
) -> PolicyTimeline:
    """A timeline with a new version at each moment."""
    moments = sorted(moments)
    changes, versions, spans = [], [], []
    for index, moment in enumerate(moments):
        size = sizes[index % len(sizes)] if sizes and index else None
        number = index + 1
        change = TimelineChange(
            number,
            f"{number:012x}",
            index or None,
            f"{index:012x}" if index else None,
            moment,
            moments[index - 1] if index else None,
            ChangeSize(size, size) if size is not None else None,  # type: ignore[arg-type]
        )
        last = moments[index + 1] if index + 1 < len(moments) else moment
        text_date = stated[index % len(stated)] if stated else None
        changes.append(change)
        versions.append(TimelineVersion(number, change.version_id, "stands", moment, moment, 1, 9, text_date, change))
        spans.append(TextSpan(number, moment, last, alternates=index % 3 == 2))
    times = tuple(sorted([*moments, *captures]))
    return PolicyTimeline(KEY, tuple(versions), tuple(changes), tuple(spans), times, tuple(sorted(quarantined)))


def check(layout: Layout) -> None:
    """Asserts that labels, bars and blocks lie in the drawing and don't overlap."""
    labels = list(layout.labels())
    for label in labels:
        assert 0 <= label.box.x <= label.box.x + label.box.width <= WIDTH, label
        assert 0 <= label.box.y <= label.box.y + label.box.height <= HEIGHT, label
    for one, other in combinations(labels, 2):
        assert not one.box.overlaps(other.box), (one, other)
    for before, after in pairwise(layout.bars):
        assert before.x + 7 <= after.x
    for bar in layout.bars:
        assert LEFT <= bar.x <= RIGHT
        assert all(BARS_TOP <= part.y <= part.y + part.height <= BASE + 0.01 for part in bar.parts)
    for block, following in pairwise(layout.blocks):
        assert block.x + block.width <= following.x + 0.01
    for column in (*layout.captures, *layout.quarantined):
        assert LEFT <= column.x < RIGHT
        assert 0 < column.height <= 1


@settings(max_examples=40, deadline=None)
@given(
    st.lists(MOMENTS, max_size=60),
    st.lists(st.none() | SIZES, min_size=1, max_size=5),
    st.lists(st.none() | st.dates().map(str) | st.text(max_size=9), max_size=3),
    st.lists(MOMENTS, max_size=5),
)
def test_nothing_overlaps_or_leaves_the_drawing(
    moments: list[datetime],
    sizes: list[dict[str, int] | None],
    stated: list[str | None],
    quarantined: list[datetime],
) -> None:
    timeline = timeline_at(moments, sizes, stated, quarantined)
    layout = layout_of(timeline)
    if layout is None:
        assert not moments
        assert not quarantined
    else:
        check(layout)
        ElementTree.fromstring(timeline_svg(timeline, "Marmot", lambda _: "/"))  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("versions", "length"),
    [
        (1, timedelta(0)),
        (2, timedelta(seconds=1)),
        (20, timedelta(hours=20)),
        (200, timedelta(days=1)),
        (200, timedelta(days=20 * 365)),
        (1500, timedelta(days=365)),
    ],
)
def test_histories_of_every_size_have_dates_and_numbers(versions: int, length: timedelta) -> None:
    step = length / max(versions - 1, 1)
    captures = [BEGIN + step * (index / 4) for index in range(4 * versions)]
    layout = layout_of(
        timeline_at([BEGIN + step * index for index in range(versions)], [{}, {"factual": 3}], [], [], captures)
    )
    assert layout is not None
    check(layout)
    texts = [label.text for label, _ in layout.bar_labels]
    assert any(str(versions) == text or text.endswith(f"–{versions}") for text in texts)
    assert any(text == "1" or text.startswith("1–") for text in texts)
    assert sum(len(bar.changes) for bar in layout.bars) == versions
    assert any(label for _, label in layout.ticks)
    assert len(layout.captures) <= 160


def test_a_larger_change_has_a_higher_bar() -> None:
    moments = [BEGIN + timedelta(days=100 * index) for index in range(3)]
    layout = layout_of(timeline_at(moments, [{}, {"substantive": 2}, {"substantive": 50}]))
    assert layout is not None
    _, small, large = layout.bars
    assert large.top < small.top


def test_a_date_stated_outside_the_captures_is_marked() -> None:
    layout = layout_of(timeline_at([BEGIN, BEGIN + timedelta(days=9)], [{}], ["1999", "2030-01"]))
    assert layout is not None
    assert [stated.outside for stated in layout.stated] == [-1, 1]


def test_a_hostile_name_is_text_in_the_drawing() -> None:
    name = "</title><script>alert(1)</script>\x00\u202e & <b>"
    svg = str(timeline_svg(timeline_at([BEGIN]), name, lambda _: '"><script>'))
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    assert "<script" not in svg
    assert "\u202e" not in svg
    assert "alert(1)" in (root[0].text or "")


def test_a_bar_of_texts_that_are_not_compared_yet_counts_nothing() -> None:
    moments = [BEGIN, BEGIN + timedelta(days=2000), BEGIN + timedelta(days=2001)]
    layout = layout_of(timeline_at(moments))
    assert layout is not None
    bar = layout.bars[-1]
    assert bar.title.endswith("2 new texts, not all compared yet")
