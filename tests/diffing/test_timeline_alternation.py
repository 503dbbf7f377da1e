"""A page that goes back and forth between texts it has shown before is one alternation."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffing.timeline import alternations
from tests.diffing.timelines import BEGIN, history_of, texts_of

MONTH = 30.5 * 24


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ("", []),
        ("A", []),
        ("AB", []),
        ("ABA", []),
        ("ABABA", ["ABABA"]),
        ("ABAB", ["ABAB"]),
        ("AABBBAAB", ["ABAB"]),
        ("XABAB", ["ABAB"]),
        ("XYABABZ", ["ABAB"]),
        ("ABCABC", ["ABCABC"]),
        ("ABCA", []),
        ("ABCDABCD", ["ABCDABCD"]),
        # A new text ends an alternation, and may begin another one.
        ("ABABCBCB", ["ABAB", "CBCB"]),
        ("ABABCABC", ["ABAB", "CABC"]),
        # One return is a return, before and after an alternation, however often it happens.
        ("ABACADA", []),
        ("XABABX", ["ABAB"]),
        # A text from before that comes and goes joins the others.
        ("XABABXA", ["XABABXA"]),
        ("XYABABXABXXB", ["ABABXABXB"]),
    ],
)
def test_two_returns_in_a_row_make_one(texts: str, found: list[str]) -> None:
    assert [texts_of(one.periods) for one in alternations(history_of(texts))] == found


def test_it_says_between_which_versions_since_when_and_how_often() -> None:
    (one,) = alternations(history_of("XABABAB"))
    assert [(version.number, version.id) for version in one.versions] == [(2, "A"), (3, "B")]
    assert (one.times, one.ongoing) == (5, True)
    assert (one.since - BEGIN, one.until - BEGIN) == (timedelta(hours=24), timedelta(hours=72))


def test_it_is_over_when_another_text_is_shown() -> None:
    assert [one.ongoing for one in alternations(history_of("ABABC"))] == [False]
    assert [one.ongoing for one in alternations(history_of("XABABX"))] == [False]


def test_it_is_over_when_a_text_stands() -> None:
    (one,) = alternations(history_of("ABA" + "B" * 61))
    assert (texts_of(one.periods), one.ongoing) == ("ABAB", False)


def test_to_leave_a_text_that_stood_for_a_month_is_a_change_and_no_turn_of_an_alternation() -> None:
    assert alternations(history_of("A" * 61 + "B" * 61 + "A" * 61 + "B" * 61)) == ()
    assert alternations(history_of("ABA" + "B" * 61 + "A"))[0].times == 3


def test_it_begins_when_the_text_that_stood_is_left() -> None:
    (one,) = alternations(history_of("A" * 61 + "BAB"))
    assert texts_of(one.periods) == "ABAB"
    assert one.since - BEGIN == timedelta(hours=61 * 12)
    # What stood and is not shown again is no part of it.
    assert alternations(history_of("AB" + "X" * 61 + "AB")) == ()
    assert texts_of(alternations(history_of("AB" + "X" * 61 + "ABA"))[0].periods) == "ABA"


def test_an_archive_with_a_capture_a_month_shows_it_too() -> None:
    # Each text was seen once or twice: nothing says that it stood in between.
    (one,) = alternations(history_of("ABAABABB", MONTH))
    assert one.times == 5
    assert alternations(history_of("AAABBBAAABBB", MONTH)) == ()


@given(st.text("ABCD", max_size=30))
def test_they_never_overlap_and_hold_nothing_but_their_versions(texts: str) -> None:
    history = history_of(texts)
    placed = []
    for one in alternations(history):
        begin = history.periods.index(one.periods[0])
        assert one.periods == history.periods[begin : begin + len(one.periods)]
        assert {period.version_id for period in one.periods} == {version.id for version in one.versions}
        assert one.times >= 2
        placed += one.periods  # no text stands here for long, so that one could end and begin another
    assert len(placed) == len(set(placed))


@given(st.text("ABC", max_size=30))
def test_an_earlier_one_stays_when_more_is_seen(texts: str) -> None:
    before, after = alternations(history_of(texts[:-1])), alternations(history_of(texts))
    assert len(after) >= len(before)
    for old, new in zip(before[:-1], after, strict=False):
        assert (texts_of(old.periods), False) == (texts_of(new.periods), new.ongoing)
