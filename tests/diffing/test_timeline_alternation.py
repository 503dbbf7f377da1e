"""Alternations: a page goes back and forth between texts. In the test data, each letter is a text."""

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
        # The page returns to one text again and again, but each time from a new text. That is no alternation.
        ("ABACADA", []),
        ("XABABX", ["ABAB"]),
        # The text X stood before the alternation. X returns, and A follows. X becomes a part of the alternation.
        ("XABABXA", ["XABABXA"]),
        ("XYABABXABXXB", ["ABABXABXB"]),
    ],
)
def test_two_returns_in_a_row_make_an_alternation(texts: str, expected: list[str]) -> None:
    assert [texts_of(alternation.periods) for alternation in alternations(history_of(texts))] == expected


def test_an_alternation_has_versions_start_end_and_a_count() -> None:
    (alternation,) = alternations(history_of("XABABAB"))
    assert [(version.number, version.id) for version in alternation.versions] == [(2, "A"), (3, "B")]
    assert (alternation.times, alternation.ongoing) == (5, True)
    assert (alternation.since - BEGIN, alternation.until - BEGIN) == (timedelta(hours=24), timedelta(hours=72))


def test_another_text_ends_an_alternation() -> None:
    assert [alternation.ongoing for alternation in alternations(history_of("ABABC"))] == [False]
    assert [alternation.ongoing for alternation in alternations(history_of("XABABX"))] == [False]


def test_a_text_shown_for_a_month_ends_an_alternation() -> None:
    (alternation,) = alternations(history_of("ABA" + "B" * 61))
    assert (texts_of(alternation.periods), alternation.ongoing) == ("ABAB", False)


def test_the_end_of_a_text_shown_for_a_month_is_a_change() -> None:
    assert alternations(history_of("A" * 61 + "B" * 61 + "A" * 61 + "B" * 61)) == ()
    assert alternations(history_of("ABA" + "B" * 61 + "A"))[0].times == 3


def test_an_alternation_may_begin_with_a_text_shown_for_a_month() -> None:
    (alternation,) = alternations(history_of("A" * 61 + "BAB"))
    assert texts_of(alternation.periods) == "ABAB"
    assert alternation.since - BEGIN == timedelta(hours=61 * 12)
    # A text that was shown for a month, and does not return, is not a part of the alternation.
    assert alternations(history_of("AB" + "X" * 61 + "AB")) == ()
    assert texts_of(alternations(history_of("AB" + "X" * 61 + "ABA"))[0].periods) == "ABA"


def test_an_alternation_is_recognized_from_monthly_captures() -> None:
    # At most two captures in a row show the same text. Two captures do not prove that the text was shown for a month.
    (alternation,) = alternations(history_of("ABAABABB", MONTH))
    assert alternation.times == 5
    assert alternations(history_of("AAABBBAAABBB", MONTH)) == ()


@given(st.text("ABCD", max_size=30))
def test_alternations_do_not_overlap_and_list_all_versions_shown(texts: str) -> None:
    history = history_of(texts)
    placed: list[Period] = []
    for alternation in alternations(history):
        begin = history.periods.index(alternation.periods[0])
        assert alternation.periods == history.periods[begin : begin + len(alternation.periods)]
        assert {period.version_id for period in alternation.periods} == {version.id for version in alternation.versions}
        assert alternation.times >= 2
        placed += alternation.periods  # all texts are shown for less than a month, so no period is in two alternations
    assert len(placed) == len(set(placed))


@given(st.text("ABC", max_size=30))
def test_later_captures_do_not_change_earlier_alternations(texts: str) -> None:
    before, after = alternations(history_of(texts[:-1])), alternations(history_of(texts))
    assert len(after) >= len(before)
    for old, new in zip(before[:-1], after, strict=False):
        assert (texts_of(old.periods), False) == (texts_of(new.periods), new.ongoing)
