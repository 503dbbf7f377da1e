"""What of a history stands: a text first seen on a live page is confirmed by a second look, or did not last."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history import Observation
from diffing.timeline import settled, timeline
from tests.diffing.timelines import HERE, seen, texts_of

MINUTES = 1 / 60
ELSEWHERE = "https://marmot.example/legal"
BEFORE = seen(0, "A")


def fates(*later: Observation) -> tuple[str, str, str]:
    """The texts of the periods that stand, of those that did not last, of those not known."""
    found = settled(timeline([BEFORE, *later]))
    return texts_of(found.history.periods), texts_of(found.transient), texts_of(found.pending)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ((), ("A", "", "")),
        ((seen(12, "B"),), ("A", "", "B")),
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "B")), ("AB", "", "")),
        # Two answers at once are one look.
        ((seen(12, "B"), seen(12 + MINUTES / 60, "B")), ("A", "", "B")),
        # The second look failed, and the next crawl sees it again, or something else; nothing spoke against it.
        ((seen(12, "B"), seen(24, "B")), ("AB", "", "")),
        ((seen(12, "B"), seen(24, "A"), seen(24.1, "A")), ("ABA", "", "")),
        # It did not last, and neither is the return from it one.
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "A")), ("A", "B", "")),
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "A"), seen(24, "A")), ("A", "B", "")),
        # A third text: the second did not last, the third is not known.
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "C")), ("A", "B", "C")),
        ((seen(12, "B"), seen(12 + 5 * MINUTES, "C"), seen(24, "C")), ("AC", "B", "")),
        # An archive's capture, a file, a record: somebody else saw it.
        ((seen(12, "B", source="wayback"),), ("AB", "", "")),
        ((seen(12, "B"), seen(13, "B", source="file")), ("AB", "", "")),
        ((seen(12, "B", source="warc"), seen(12 + 5 * MINUTES, "A")), ("AB", "", "A")),
    ],
)
def test_a_second_look_decides(later: tuple[Observation, ...], expected: tuple[str, str, str]) -> None:
    assert fates(*later) == expected


def test_only_the_same_address_speaks_for_or_against_a_text() -> None:
    # Two addresses of one policy that are not the same: what the one shows says nothing of the other.
    assert fates(seen(0.01, "X", ELSEWHERE), seen(12, "B"), seen(12.001, "X", ELSEWHERE)) == ("AX", "", "BX")
    assert fates(seen(12, "B"), seen(12.001, "A", ELSEWHERE), seen(12.1, "B")) == ("AB", "", "AB")
    assert fates(seen(12, "B"), seen(12.001, "B", ELSEWHERE), seen(12.1, "A")) == ("A", "B", "")


def test_until_is_the_last_capture_before_what_is_pending() -> None:
    found = settled(timeline([BEFORE, seen(12, "B"), seen(12.1, "A"), seen(24, "C")]))
    assert (found.until, texts_of(found.pending)) == (seen(12.1, "A").captured_at, "C")
    assert settled(timeline([])).until is None


def test_the_text_that_stood_around_one_that_did_not_last_is_one_period() -> None:
    found = settled(timeline([BEFORE, seen(12, "B"), seen(12.1, "A"), seen(24, "A")]))
    assert [len(period.observations) for period in found.history.periods] == [3]


def test_versions_keep_their_numbers() -> None:
    found = settled(timeline([BEFORE, seen(12, "B"), seen(12.1, "A"), seen(24, "C"), seen(24.1, "C")]))
    assert [(version.number, version.id) for version in found.history.versions] == [(1, "A"), (2, "B"), (3, "C")]


looks = st.lists(
    st.tuples(
        st.sampled_from([0.0005, 0.01, 0.1, 0.9, 1.1, 12]),
        st.sampled_from("ABC"),
        st.sampled_from([HERE, HERE, HERE, ELSEWHERE]),
        st.sampled_from(["live", "live", "live", "wayback"]),
    ),
    max_size=14,
)


def observations_of(drawn: list) -> list[Observation]:
    found, at = [], 0.0
    for hours, text, url, source in drawn:
        at += hours
        found.append(seen(at, text, url, source))
    return found


@given(looks)
def test_every_capture_is_in_one_of_the_three(drawn: list) -> None:
    captures = observations_of(drawn)
    found = settled(timeline(captures))
    placed = [
        o for group in (found.history.periods, found.transient, found.pending) for p in group for o in p.observations
    ]
    assert len(placed) == len(captures)
    assert set(placed) == set(captures)
    assert all(one.version_id != other.version_id for one, other in pairwise(found.history.periods))


@given(looks)
def test_what_is_known_stays_known_whatever_is_seen_later(drawn: list) -> None:
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
