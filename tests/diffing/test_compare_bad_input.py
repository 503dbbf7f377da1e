"""Comparisons of hostile, empty or very large texts."""

import time

import pytest

from core.clauses import Clause, Document
from diffing import compare
from diffing.sameness import version_id
from tests.diffing.comparison_laws import accounts_for_all, rebuilds


def document(*texts: str) -> Document:
    return Document(
        None, None, None, tuple(Clause(position, "paragraph", None, (), text) for position, text in enumerate(texts))
    )


EMPTY = document()
ENGLISH = document("We collect your name.", "We keep it for 30 days.", "You may object.")


def test_two_empty_documents_do_not_differ() -> None:
    assert compare(EMPTY, EMPTY).changes == ()


def test_an_empty_document_on_one_side_adds_or_removes_all_clauses() -> None:
    assert compare(EMPTY, ENGLISH).counts["added"] == 3
    assert compare(ENGLISH, EMPTY).counts["removed"] == 3


@pytest.mark.parametrize(
    "other",
    [
        document("Wir erheben Ihren Namen.", "Wir speichern ihn 30 Tage.", "Sie können widersprechen."),
        document("私たちはお名前を収集します。", "30日間保存します。"),
        document("نحن نجمع اسمك.", "نحتفظ به لمدة 30 يومًا."),
        document("\x00\x01\x02", "\x7f" * 50, "PK\x03\x04\x14\x00\x06\x00"),
        document("\ud800", "We collect your \udfff name.", "\udcff\udcfe"),
        document("\u200b", "\u202e\u2066", "\ufeff"),
        document(" ", "\n", "\u00a0"),
        document("—", "***", "…", "|||"),
        document("a" * 100_000),
        document("".join(chr(point) for point in range(0x300, 0x36F)) * 50),
        document("🇨🇭👨‍👩‍👧" * 200),
    ],
)
def test_any_text_can_be_compared_in_both_directions(other: Document) -> None:
    for old, new in ((ENGLISH, other), (other, ENGLISH), (other, other)):
        comparison = compare(old, new)
        assert accounts_for_all(comparison, old, new)
        assert all(rebuilds(change) for change in comparison.changes if change.redline)
    assert len(version_id(other)) == 12


def test_documents_in_two_languages_have_no_modified_clauses() -> None:
    german = document("Wir erheben Ihren Namen.", "Wir speichern ihn lange.", "Sie können widersprechen.")
    assert compare(ENGLISH, german).counts["modified"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a", "a ", "1.", "a@", "(", ". ", "'", "中", "e\u0301", "@a.b ", "thirty "])
def test_a_long_repetitive_clause_takes_bounded_time(unit: str) -> None:
    size = 200_000 // len(unit)
    old, new = document(unit * size + "x"), document(unit * (size - 7) + "y")
    start = time.process_time()
    comparison = compare(old, new)
    assert time.process_time() - start < 4
    assert accounts_for_all(comparison, old, new)


def test_very_many_changed_clauses_give_a_comparison_with_a_note() -> None:
    old = document(*(f"rule{number} of kettle{number} and pot" for number in range(1_200)))
    new = document(*(f"rule{number} of kettle{number} and pan" for number in range(1_200)))
    comparison = compare(old, new)
    assert comparison.counts["modified"] == 1_200
    assert len(comparison.coarse) == 1
    assert "pair of words" in comparison.coarse[0]
    assert compare(ENGLISH, document("We collect your name.")).coarse == ()


@pytest.mark.parametrize("invisible_text", ["\r", "\u200b", "\u2060\u00ad"])
def test_a_clause_without_visible_characters_can_be_unchanged(invisible_text: str) -> None:
    same_document = document("We keep it for 30 days.", invisible_text)
    comparison = compare(same_document, same_document)
    assert comparison.changes == ()
    assert comparison.unchanged == ((0, 0), (1, 1))
