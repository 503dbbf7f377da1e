"""Which differences between two texts make another version id."""

import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.clauses import Clause, Document
from diffing.sameness import version_id


def document(*texts: str, **details: Any) -> Document:
    fields: dict[str, Any] = {"kind": "paragraph", "label": None, "heading_path": (), "links": ()} | details
    clauses = (Clause(position, text=text, **fields) for position, text in enumerate(texts))
    return Document(None, None, None, tuple(clauses))


def test_an_id_is_twelve_hexadecimal_digits_even_for_no_clauses() -> None:
    for example in (document(), document("We keep your data.")):
        assert len(version_id(example)) == 12
        assert set(version_id(example)) <= set("0123456789abcdef")


def test_an_id_stays_the_same_from_release_to_release() -> None:
    # Ids are stored in databases and quoted in reports; another checksum would rename every version.
    assert version_id(document("We keep your data.", "We sell nothing.")) == "5c4a2b05e989"


def test_spaces_composition_and_zero_width_characters_do_not_count() -> None:
    plain = version_id(document("Nous gérons vos données, toujours."))
    for text in (
        "Nous  gérons\u00a0vos\n données, toujours. ",
        unicodedata.normalize("NFD", "Nous gérons vos données, toujours."),
        "\ufeffNous gé\u200brons vos don\u00adnées, tou\u2060jours.",
    ):
        assert version_id(document(text)) == plain


def test_quote_and_dash_shapes_and_spaces_at_punctuation_do_not_count() -> None:
    plain = version_id(document('We say "no" - it isn\'t sold (ever).', "Tokyo, Japan"))
    assert version_id(document("We say “no” – it isn’t sold ( ever ).", "Tokyo,Japan")) == plain
    assert version_id(document('We say "no", it isn\'t sold (ever).', "Tokyo, Japan")) != plain


def test_a_line_wrapped_between_chinese_characters_does_not_count() -> None:
    assert version_id(document("我们收集 您的数据。\n仅此而已。")) == version_id(
        document("我们收集您的数据。仅此而已。")
    )


def test_labels_kinds_paths_and_web_links_do_not_count() -> None:
    plain = version_id(document("Cookies", "Read more."))
    assert version_id(document("Cookies", "Read more.", label="2.1", kind="heading", heading_path=("Top",))) == plain
    assert version_id(document("Cookies", "Read more.", links=("https://example.com/a",))) == plain


def test_punctuation_case_order_and_clause_borders_count() -> None:
    plain = version_id(document("We share data", "and sell none"))
    for texts in (
        ("We share data.", "and sell none"),
        ("we share data", "and sell none"),
        ("and sell none", "We share data"),
        ("We share data and sell none",),
        ("We share", "data and sell none"),
    ):
        assert version_id(document(*texts)) != plain


def test_mail_and_telephone_targets_count() -> None:
    without = version_id(document("Write to us."))
    first = version_id(document("Write to us.", links=("mailto:privacy@example.com",)))
    assert first != without
    assert version_id(document("Write to us.", links=("mailto:dpo@example.com",))) != first
    assert version_id(document("Write to us.", links=("tel:+15550100",))) not in (first, without)


def test_the_spelling_of_a_mail_or_telephone_target_does_not_count() -> None:
    one = version_id(document("Write to us.", links=("mailto:privacy@example.com", "tel:+1-555-0100")))
    other = version_id(
        document("Write to us.", links=("MAILTO:Privacy%40example.com?subject=Hello", "tel:+1(555)0100"))
    )
    assert one == other


@given(st.lists(st.text()))
def test_every_text_always_has_the_same_id(texts: list[str]) -> None:
    assert version_id(document(*texts)) == version_id(document(*texts))


@given(st.lists(st.text(st.characters(categories=["L", "N", "P", "Zs", "Cc"]))), st.text(min_size=1))
def test_one_more_clause_is_another_version(texts: list[str], further: str) -> None:
    assert version_id(document(*texts)) != version_id(document(*texts, further))
