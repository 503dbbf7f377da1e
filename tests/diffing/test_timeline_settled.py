"""Settled histories: a second capture confirms a new text of a live page, or shows that the new text did not last."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history import Observation
from diffing.timeline import HOLD, hold_is_possible, settled, timeline
from tests.diffing.timelines import (
    ELSEWHERE,
    Look,
    looks,
    observations_of,
    observed,
    settled_of,
    shares_text,
    texts_of,
)

MINUTES = 1 / 60
BEFORE = observed(0, "A")


def fates(*later: Observation) -> tuple[str, str, str]:
    """Returns three lists: the texts of the standing periods, of the transient periods, and of the pending periods."""
    history = settled_of([BEFORE, *later])
    return texts_of(history.history.periods), texts_of(history.transient), texts_of(history.pending)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ((), ("A", "", "")),
        ((observed(12, "B"),), ("A", "", "B")),
        ((observed(12, "B"), observed(12 + 5 * MINUTES, "B")), ("AB", "", "")),
        # Two captures within five seconds don't confirm one another.
        ((observed(12, "B"), observed(12 + MINUTES / 60, "B")), ("A", "", "B")),
        # There is no second capture within an hour. The text stands, whether or not the next crawl sees the text again.
        ((observed(12, "B"), observed(24, "B")), ("AB", "", "")),
        ((observed(12, "B"), observed(24, "A"), observed(24.1, "A")), ("ABA", "", "")),
        # The text did not last. The return to the earlier text is then no change.
        ((observed(12, "B"), observed(12 + 5 * MINUTES, "A")), ("A", "B", "")),
        ((observed(12, "B"), observed(12 + 5 * MINUTES, "A"), observed(24, "A")), ("A", "B", "")),
        # The second capture shows yet another text. The text of the first capture did not last, and the other text is
        # pending.
        ((observed(12, "B"), observed(12 + 5 * MINUTES, "C")), ("A", "B", "C")),
        ((observed(12, "B"), observed(12 + 5 * MINUTES, "C"), observed(24, "C")), ("AC", "B", "")),
        # A capture from an archive, a file or a WARC record confirms the text.
        ((observed(12, "B", source="wayback"),), ("AB", "", "")),
        ((observed(12, "B"), observed(13, "B", source="file")), ("AB", "", "")),
        ((observed(12, "B", source="warc"), observed(12 + 5 * MINUTES, "A")), ("AB", "", "A")),
    ],
)
def test_a_second_capture_decides_whether_a_text_stands(
    later: tuple[Observation, ...], expected: tuple[str, str, str]
) -> None:
    assert fates(*later) == expected


def test_a_capture_of_another_address_neither_confirms_nor_refutes() -> None:
    # Two addresses of one policy may show different texts, so a capture of one address is no evidence about the other.
    assert fates(observed(0.01, "D", ELSEWHERE), observed(12, "B"), observed(12.001, "D", ELSEWHERE)) == (
        "AD",
        "",
        "BD",
    )
    assert fates(observed(12, "B"), observed(12.001, "A", ELSEWHERE), observed(12.1, "B")) == ("AB", "", "AB")
    assert fates(observed(12, "B"), observed(12.001, "B", ELSEWHERE), observed(12.1, "A")) == ("A", "B", "")


def test_until_is_the_last_capture_before_the_pending_periods() -> None:
    history = settled_of([BEFORE, observed(12, "B"), observed(12.1, "A"), observed(24, "C")])
    assert (history.until, texts_of(history.pending)) == (observed(12.1, "A").captured_at, "C")
    assert settled_of([]).until is None


def test_periods_before_and_after_a_transient_text_become_one() -> None:
    history = settled_of([BEFORE, observed(12, "B"), observed(12.1, "A"), observed(24, "A")])
    assert [len(period.observations) for period in history.history.periods] == [3]


def test_a_settled_history_keeps_the_version_numbers() -> None:
    history = settled_of([BEFORE, observed(12, "B"), observed(12.1, "A"), observed(24, "C"), observed(24.1, "C")])
    assert [(version.number, version.id) for version in history.history.versions] == [(1, "A"), (2, "B"), (3, "C")]


@given(looks)
def test_every_capture_is_in_exactly_one_period(drawn: list[Look]) -> None:
    captures = observations_of(drawn)
    history = settled_of(captures)
    groups = (history.history.periods, history.transient, history.held, history.pending)
    placed = [observation for group in groups for period in group for observation in period.observations]
    assert len(placed) == len(captures)
    assert set(placed) == set(captures)
    assert all(before.version_id != after.version_id for before, after in pairwise(history.history.periods))


@given(looks)
def test_later_captures_never_change_what_is_settled(drawn: list[Look]) -> None:
    captures = observations_of(drawn)
    whole = settled_of(captures)
    for number in range(len(captures)):
        part = settled_of(captures[:number])
        settled_before = {
            observation: period.version_id for period in part.history.periods for observation in period.observations
        }
        settled_at_end = {
            observation: period.version_id for period in whole.history.periods for observation in period.observations
        }
        assert settled_before.items() <= settled_at_end.items()
        assert set(part.transient) <= set(whole.transient)
        firsts = [period.first for period in part.history.periods]
        assert firsts == [period.first for period in whole.history.periods][: len(firsts)]


@given(looks, st.sampled_from([timedelta(), timedelta(minutes=20), timedelta(hours=13), HOLD]))
def test_there_is_no_hold_where_none_is_possible(drawn: list[Look], hold: timedelta) -> None:
    history = timeline(observations_of(drawn))
    if history.periods and not hold_is_possible(
        history.periods[-1].last.captured_at - history.periods[-1].first.captured_at, hold
    ):
        assert settled(history, shares_text, hold).held_now is None


DAY = 24


def archived(*looks: tuple[float, str]) -> list[Observation]:
    """Returns captures from an archive. Each look is a number of days and a text."""
    return [observed(days * DAY, text, source="wayback") for days, text in looks]


@pytest.mark.parametrize(
    ("looks", "standing", "transient", "held"),
    [
        # The text shares nothing with the text before. It is held until a capture three days later shows it again.
        ([(0, "A"), (1, "X")], "A", "", "X"),
        ([(0, "A"), (1, "X"), (3.9, "X")], "A", "", "X"),
        ([(0, "A"), (1, "X"), (4, "X")], "AX", "", ""),
        # Archives have captures months apart. A later capture that shares text with the held text confirms it.
        ([(0, "A"), (30, "X"), (60, "X")], "AX", "", ""),
        ([(0, "A"), (30, "X"), (60, "Y")], "AXY", "", ""),
        # A text that shares text with the held text, but within the three days, confirms nothing yet.
        ([(0, "A"), (1, "X"), (2, "Y")], "A", "", "XY"),
        ([(0, "A"), (1, "X"), (2, "Y"), (4, "Y")], "AXY", "", ""),
        # The text before returns, or a later text of the same document: the held text never was the policy.
        ([(0, "A"), (1, "X"), (2, "A")], "A", "X", ""),
        ([(0, "A"), (1, "X"), (2, "B")], "AB", "X", ""),
        ([(0, "A"), (1, "X"), (90, "A")], "A", "X", ""),
        # A text that shares text with both documents decides at once: the policy was rewritten in steps.
        ([(0, "A"), (1, "X"), (2, "M")], "AXM", "", ""),
        # A text that stood before is no other document when it returns.
        ([(0, "A"), (1, "X"), (5, "X"), (6, "A"), (7, "X")], "AXAX", "", ""),
        # A first text, and a text that shares text with the text before, are never held.
        ([(0, "X")], "X", "", ""),
        ([(0, "A"), (1, "B")], "AB", "", ""),
    ],
)
def test_a_text_that_shares_nothing_with_the_text_before_is_held(
    looks: list[tuple[float, str]], standing: str, transient: str, held: str
) -> None:
    history = settled_of(archived(*looks))
    assert texts_of(history.history.periods) == standing
    assert texts_of(history.transient) == transient
    assert texts_of(history.held) == held


def test_a_third_unrelated_text_leaves_the_held_text_held() -> None:
    captures = archived((0, "A"), (30, "X"), (60, "3"), (90, "3"))

    def shares_text(first: str, second: str) -> bool:
        return first == second

    history = settled(timeline(captures), shares_text)
    assert (texts_of(history.history.periods), texts_of(history.held)) == ("A3", "X")
    assert history.held_now is None


def test_an_accepted_capture_ends_the_hold() -> None:
    before, held = archived((0, "A"), (1, "X"))
    history = settled_of([before, replace(held, reviewed=True)])
    assert (texts_of(history.history.periods), history.held) == ("AX", ())


def test_an_accepted_successor_ends_the_hold_of_the_text_before() -> None:
    before, held, successor = archived((0, "A"), (1, "X"), (2, "Y"))
    assert texts_of(settled_of([before, held, replace(successor, reviewed=True)]).history.periods) == "AXY"


@given(looks)
def test_no_period_begins_to_stand_before_an_earlier_until(drawn: list[Look]) -> None:
    # Digests report the periods that begin after `until`, so such a period would never be reported.
    captures = observations_of(drawn)
    for number in range(1, len(captures)):
        part, longer = settled_of(captures[:number]), settled_of(captures[: number + 1])
        stood = {observation for period in part.history.periods for observation in period.observations}
        for period in longer.history.periods:
            if part.until is not None and period.first.captured_at <= part.until:
                assert stood.intersection(period.observations)


def test_the_hold_can_be_set() -> None:
    captures = archived((0, "A"), (1, "X"), (2, "X"))
    assert settled(timeline(captures), shares_text, timedelta(days=1)).held == ()


def test_until_stops_before_a_held_text_that_may_still_stand() -> None:
    history = settled_of(archived((0, "A"), (1, "X")))
    assert history.until == archived((0, "A"))[0].captured_at
    assert history.held_now is not None
    assert history.held_now.version_id == "X"
