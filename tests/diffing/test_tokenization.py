"""Words, tokens and sentences, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffing.tokenization import sentences, tokens, words


@given(st.text())
def test_joining_the_tokens_gives_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@given(st.text())
def test_joining_the_sentences_gives_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We don't sell data.", ["We", "don't", "sell", "data"]),
        ("We don’t, ever", ["We", "don’t", "ever"]),
        ("हम आपकी जानकारी", ["हम", "आपकी", "जानकारी"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),
        ("我们收集 data", ["我", "们", "收", "集", "data"]),
        ("ข้อมูล", ["ข้", "อ", "มู", "ล"]),
        ("نحن نجمع البيانات", ["نحن", "نجمع", "البيانات"]),
        ("𞤀𞤣𞤢\U0001e944 𠀀𠀁", ["𞤀𞤣𞤢\U0001e944", "𠀀", "𠀁"]),
    ],
)
def test_words_are_found_in_every_script(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_an_address_or_a_number_is_one_token() -> None:
    text = "Mail a.b@example.com by 01.02.2024, see https://example.com/x, or pay 1,000.50."
    pieces = tokens(text)
    for token in ("a.b@example.com", "01.02.2024", "https://example.com/x", "1,000.50"):
        assert token in pieces


def test_a_letter_and_the_combining_marks_are_one_token() -> None:
    assert tokens("e\u0301a\u0300")[0].startswith("e\u0301")
    assert all(not token.startswith("\u0e49") for token in tokens("ข้อมูล"))


def test_sentences_end_at_full_stops_quotes_and_ideographic_stops() -> None:
    assert sentences("We sell (no) data. “Never.” Ask us! 我们收集。仅此。") == [
        "We sell (no) data. ",
        "“Never.” ",
        "Ask us! ",
        "我们收集。",
        "仅此。",
    ]
