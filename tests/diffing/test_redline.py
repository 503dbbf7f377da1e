"""Redlines: the deleted words and the inserted words of a change."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.changes import Redline
from diffing.redline import redline

WORDS = st.sampled_from(
    [
        "we",
        "may",
        "share",
        "sell",
        "your",
        "data",
        "with",
        "partners",
        "and",
        "never",
        "without",
        "consent",
        ".",
        ",",
        ";",
        "30",
        "days",
    ]
)
TEXTS = st.lists(WORDS, max_size=40).map(" ".join) | st.text(max_size=80)


def old_side(parts: Redline) -> str:
    return "".join(text for operation, text in parts if operation != "insert")


def new_side(parts: Redline) -> str:
    return "".join(text for operation, text in parts if operation != "delete")


def shown(parts: Redline) -> str:
    marks = {"equal": "{}", "delete": "[-{}-]", "insert": "{{+{}+}}"}
    return "".join(marks[operation].format(text) for operation, text in parts)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_rebuilt_from_a_redline(old: str, new: str) -> None:
    parts, coarse = redline(old, new)
    assert old_side(parts).split() == old.split()
    assert new_side(parts).split() == new.split()
    assert not coarse


@given(TEXTS, TEXTS)
def test_the_redline_of_new_and_old_is_the_mirror_image(old: str, new: str) -> None:
    forwards, _ = redline(old, new)
    backwards, _ = redline(new, old)
    assert [part for part in forwards if part[0] == "equal"] == [part for part in backwards if part[0] == "equal"]
    assert [text for operation, text in forwards if operation == "delete"] == [
        text for operation, text in backwards if operation == "insert"
    ]


@given(TEXTS)
def test_the_redline_of_equal_texts_is_one_equal_part(text: str) -> None:
    parts, _ = redline(text, text)
    assert [operation for operation, _ in parts] == ["equal"] * bool(text.split())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "We may share your data with partners.",
            "We will share your data with partners.",
            "We [-may-]{+will+} share your data with partners.",
        ),
        ("We keep it for 30 days.", "We keep it for 60 days.", "We keep it for [-30-]{+60+} days."),
        (
            "Write to privacy@example.com today.",
            "Write to privacy@example.org today.",
            "Write to [-privacy@example.com-]{+privacy@example.org+} today.",
        ),
        ("It matters. We sell nothing.", "We sell nothing.", "[-It matters. -]We sell nothing."),
        ("我们收集您的数据", "我们出售您的数据", "我们[-收集-]{+出售+}您的数据"),
        ("हम जानकारी बेचते", "हम जानकारी रखते", "हम जानकारी [-बेचते-]{+रखते+}"),
    ],
)
def test_a_redline_marks_whole_words_numbers_and_addresses(old: str, new: str, expected: str) -> None:
    assert shown(redline(old, new)[0]) == expected


def test_an_inserted_sentence_is_one_part() -> None:
    old = "We collect your name. We delete it when you leave."
    new = "We collect your name. We may also collect your name from our partners. We delete it when you leave."
    parts, _ = redline(old, new)
    assert [(operation, text.strip()) for operation, text in parts if operation != "equal"] == [
        ("insert", "We may also collect your name from our partners.")
    ]


def test_edits_with_a_single_equal_word_between_them_are_joined() -> None:
    parts, _ = redline(
        "Partners in advertising read the list of pages.", "Nobody outside us sees the history you leave."
    )
    assert [operation for operation, _ in parts] == ["delete", "insert", "equal"]


def test_texts_of_a_megabyte_give_a_coarse_redline_in_8_seconds() -> None:
    old = "a b c d e " * 60_000
    new = "b a c e d " * 60_000
    start = time.process_time()
    parts, coarse = redline(old, new)
    assert time.process_time() - start < 8
    assert coarse
    assert old_side(parts).split() == old.split()
    assert new_side(parts).split() == new.split()


def test_more_different_words_than_letters_give_a_coarse_redline() -> None:
    old = " ".join(map(str, range(1_000_000, 1_110_000)))
    new = " ".join(map(str, range(2_000_000, 2_110_000)))
    parts, coarse = redline(old, new)
    assert coarse
    assert (old_side(parts).split(), new_side(parts).split()) == (old.split(), new.split())
