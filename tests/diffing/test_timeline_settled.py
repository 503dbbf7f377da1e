"""What stands in a history: a second look confirms a text first seen on a live page, or shows that it did not last."""

from itertools import pairwise

import pytest
from hypothesis import given

from core.history import Observation
from diffing.timeline import settled, timeline
from tests.diffing.timelines import ELSEWHERE, Look, looks, observations_of, seen, texts_of

MINUTES = 1 / 60
BEFORE = seen(0, "A")


def fates(*later: Observation) -> tuple[str, str, str]:
    """The texts of the periods that stand, that did not last, and that are pending."""
    history = settled(timeline([BEFORE, *later]))
    return texts_of(history.history.periods), texts_of(history.transient), texts_of(history.pending)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ((), ("A", "", "")),
        ((seen(12, "B"),), ("A", "", "B")),
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "B")), ("AB", "", "")),
        # Two answers at once are one look.
        ((seen(12, "B"), seen(12 + MINUTES / 60, "B")), ("A", "", "B")),
        # The second look failed, and the next crawl sees the text again or another one: within the hour nothing spoke
        # against it.
        ((seen(12, "B"), seen(24, "B")), ("AB", "", "")),
        ((seen(12, "B"), seen(24, "A"), seen(24.1, "A")), ("ABA", "", "")),
        # It did not last, and the return from it is no change.
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "A")), ("A", "B", "")),
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "A"), seen(24, "A")), ("A", "B", "")),
        # A third text: the second did not last, the third is pending.
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "C")), ("A", "B", "C")),
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "C"), seen(24, "C")), ("AC", "B", "")),
        # A capture from an archive, a file or a WARC record confirms it.
        ((seen(12, "B", source="wayback"),), ("AB", "", "")),
        ((seen(12, "B"), seen(13, "B", source="file")), ("AB", "", "")),
        ((seen(12, "B", source="warc"), seen(12 + 5 * MINUTES, "A")), ("AB", "", "A")),
    ],
)
def test_a_second_look_decides_whether_a_text_stands(
    later: tuple[Observation, ...], expected: tuple[str, str, str]
) -> None:
    assert fates(*later) == expected


def test_only_captures_of_the_same_address_confirm_or_refute() -> None:
    # Two addresses of one policy may show different texts, and neither says anything about the other.
    assert fates(seen(0.01, "X", ELSEWHERE), seen(12, "B"), seen(12.001, "X", ELSEWHERE)) == ("AX", "", "BX")
    assert fates(seen(12, "B"), seen(12.001, "A", ELSEWHERE), seen(12.1, "B")) == ("AB", "", "AB")
    assert fates(seen(12, "B"), seen(12.001, "B", ELSEWHERE), seen(12.1, "A")) == ("A", "B", "")


def test_until_is_the_last_capture_before_the_pending_periods() -> None:
    history = settled(timeline([BEFORE, seen(12, "B"), seen(12.1, "A"), seen(24, "C")]))
    assert (history.until, texts_of(history.pending)) == (seen(12.1, "A").captured_at, "C")
    assert settled(timeline([])).until is None


def test_periods_around_a_transient_text_are_one_period() -> None:
    history = settled(timeline([BEFORE, seen(12, "B"), seen(12.1, "A"), seen(24, "A")]))
    assert [len(period.observations) for period in history.history.periods] == [3]


def test_settling_keeps_version_numbers() -> None:
    history = settled(timeline([BEFORE, seen(12, "B"), seen(12.1, "A"), seen(24, "C"), seen(24.1, "C")]))
    assert [(version.number, version.id) for version in history.history.versions] == [(1, "A"), (2, "B"), (3, "C")]


@given(looks)
def test_every_capture_is_standing_transient_or_pending(drawn: list[Look]) -> None:
    captures = observations_of(drawn)
    history = settled(timeline(captures))
    groups = (history.history.periods, history.transient, history.pending)
    placed = [observation for group in groups for period in group for observation in period.observations]
    assert len(placed) == len(captures)
    assert set(placed) == set(captures)
    assert all(before.version_id != after.version_id for before, after in pairwise(history.history.periods))


@given(looks)
def test_later_captures_never_change_what_is_settled(drawn: list[Look]) -> None:
    captures = observations_of(drawn)
    whole = settled(timeline(captures))
    for number in range(len(captures)):
        part = settled(timeline(captures[:number]))
        known = {o: p.version_id for p in part.history.periods for o in p.observations}
        standing = {o: p.version_id for p in whole.history.periods for o in p.observations}
        assert known.items() <= standing.items()
        assert set(part.transient) <= set(whole.transient)
        firsts = [period.first for period in part.history.periods]
        assert firsts == [period.first for period in whole.history.periods][: len(firsts)]
