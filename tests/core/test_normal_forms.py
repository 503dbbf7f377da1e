"""Texts in Unicode normal forms, with as many combining marks in a row as anybody may write."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from core.normal_forms import normal_form

_JOINER = "\u034f"


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        longest = max(longest, run)
    return longest


def test_a_long_run_of_combining_marks_is_divided() -> None:
    text = "e" + "\u0323\u0301" * 1_000 + "x"
    result = normal_form("NFC", text)
    assert _longest_run(result) <= 30
    assert result.replace(_JOINER, "").count("\u0301") == 1_000
    assert normal_form("NFC", result) == result


@given(st.text(st.sampled_from("aé\u0301\u0323\u05b0我"), max_size=800))
def test_texts_without_long_runs_have_their_usual_normal_form(text: str) -> None:
    if _longest_run(text) <= 30:
        assert normal_form("NFC", text) == unicodedata.normalize("NFC", text)
