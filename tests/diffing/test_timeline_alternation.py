"""A page that goes back and forth between texts it has shown before is one alternation."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history import Period
from diffing.timeline import alternations
from tests.diffing.timelines import BEGIN, history_of, texts_of

MONTH = 30.5 * 24


@pytest.mark.parametrize(
    ("texts", "expected"),
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
        # A single return is no alternation, however often it happens.
        ("ABACADA", []),
        ("XABABX", ["ABAB"]),
        # An earlier text that comes and goes joins the others.
        ("XABABXA", ["XABABXA"]),
        ("XYABABXABXXB", ["ABABXABXB"]),
    ],
)
def test_two_returns_in_a_row_make_an_alternation(texts: str, expected: list[str]) -> None:
    assert [texts_of(alternation.periods) for alternation in alternations(history_of(texts))] == expected


def test_an_alternation_has_versions_times_and_a_count() -> None:
    (alternation,) = alternations(history_of("XABABAB"))
    assert [(version.number, version.id) for version in alternation.versions] == [(2, "A"), (3, "B")]
    assert (alternation.times, alternation.ongoing) == (5, True)
    assert (alternation.since - BEGIN, alternation.until - BEGIN) == (timedelta(hours=24), timedelta(hours=72))


def test_another_text_ends_an_alternation() -> None:
    assert [alternation.ongoing for alternation in alternations(history_of("ABABC"))] == [False]
    assert [alternation.ongoing for alternation in alternations(history_of("XABABX"))] == [False]


def test_a_text_that_stands_ends_an_alternation() -> None:
    (alternation,) = alternations(history_of("ABA" + "B" * 61))
    assert (texts_of(alternation.periods), alternation.ongoing) == ("ABAB", False)


def test_leaving_a_text_that_stood_for_a_month_is_a_change() -> None:
    assert alternations(history_of("A" * 61 + "B" * 61 + "A" * 61 + "B" * 61)) == ()
    assert alternations(history_of("ABA" + "B" * 61 + "A"))[0].times == 3


def test_an_alternation_begins_where_a_standing_text_is_left() -> None:
    (alternation,) = alternations(history_of("A" * 61 + "BAB"))
    assert texts_of(alternation.periods) == "ABAB"
    assert alternation.since - BEGIN == timedelta(hours=61 * 12)
    # A text that stood and is not shown again is not part of it.
    assert alternations(history_of("AB" + "X" * 61 + "AB")) == ()
    assert texts_of(alternations(history_of("AB" + "X" * 61 + "ABA"))[0].periods) == "ABA"


def test_monthly_archive_captures_show_an_alternation_too() -> None:
    # Each text was seen only once or twice in a row, so nothing shows that it stood.
    (alternation,) = alternations(history_of("ABAABABB", MONTH))
    assert alternation.times == 5
    assert alternations(history_of("AAABBBAAABBB", MONTH)) == ()


@given(st.text("ABCD", max_size=30))
def test_alternations_never_overlap_and_show_only_their_versions(texts: str) -> None:
    history = history_of(texts)
    placed: list[Period] = []
    for alternation in alternations(history):
        begin = history.periods.index(alternation.periods[0])
        assert alternation.periods == history.periods[begin : begin + len(alternation.periods)]
        assert {period.version_id for period in alternation.periods} == {version.id for version in alternation.versions}
        assert alternation.times >= 2
        placed += alternation.periods  # no text stands here, so no period ends one and begins another
    assert len(placed) == len(set(placed))


@given(st.text("ABC", max_size=30))
def test_later_captures_leave_earlier_alternations_as_they_are(texts: str) -> None:
    before, after = alternations(history_of(texts[:-1])), alternations(history_of(texts))
    assert len(after) >= len(before)
    for old, new in zip(before[:-1], after, strict=False):
        assert (texts_of(old.periods), False) == (texts_of(new.periods), new.ongoing)
