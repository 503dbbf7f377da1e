"""Differences between two texts that change the version id, and differences that don't."""

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


def test_an_id_has_12_hexadecimal_digits_even_without_clauses() -> None:
    for example in (document(), document("We keep your data.")):
        assert len(version_id(example)) == 12
        assert set(version_id(example)) <= set("0123456789abcdef")


def test_a_new_release_does_not_change_version_ids() -> None:
    # Version ids are stored in databases and quoted in reports, so the ids must not depend on the release.
    assert version_id(document("We keep your data.", "We sell nothing.")) == "5c4a2b05e989"


def test_white_space_unicode_form_and_zero_width_do_not_count() -> None:
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


def test_a_line_break_between_chinese_characters_does_not_count() -> None:
    assert version_id(document("我们收集 您的数据。\n仅此而已。")) == version_id(
        document("我们收集您的数据。仅此而已。")
    )


def test_labels_kinds_heading_paths_and_web_links_do_not_count() -> None:
    plain = version_id(document("Cookies", "Read more."))
    assert version_id(document("Cookies", "Read more.", label="2.1", kind="heading", heading_path=("Top",))) == plain
    assert version_id(document("Cookies", "Read more.", links=("https://example.com/a",))) == plain


def test_punctuation_case_order_and_clause_borders_change_the_id() -> None:
    plain = version_id(document("We share data", "and sell none"))
    for texts in (
        ("We share data.", "and sell none"),
        ("we share data", "and sell none"),
        ("and sell none", "We share data"),
        ("We share data and sell none",),
        ("We share", "data and sell none"),
    ):
        assert version_id(document(*texts)) != plain


def test_mail_and_telephone_targets_change_the_id() -> None:
    id_without_links = version_id(document("Write to us."))
    id_with_mail = version_id(document("Write to us.", links=("mailto:privacy@example.com",)))
    assert id_with_mail != id_without_links
    assert version_id(document("Write to us.", links=("mailto:dpo@example.com",))) != id_with_mail
    assert version_id(document("Write to us.", links=("tel:+15550100",))) not in (id_with_mail, id_without_links)


def test_the_spelling_of_a_mail_or_telephone_target_does_not_count() -> None:
    plain_id = version_id(document("Write to us.", links=("mailto:privacy@example.com", "tel:+1-555-0100")))
    id_of_other_spelling = version_id(
        document("Write to us.", links=("MAILTO:Privacy%40example.com?subject=Hello", "tel:+1(555)0100"))
    )
    assert plain_id == id_of_other_spelling


@given(st.lists(st.text()))
def test_the_id_of_a_text_is_deterministic(texts: list[str]) -> None:
    assert version_id(document(*texts)) == version_id(document(*texts))


@given(st.lists(st.text(st.characters(categories=["L", "N", "P", "Zs", "Cc"]))), st.text(min_size=1))
def test_a_new_clause_changes_the_id(texts: list[str], new_clause: str) -> None:
    assert version_id(document(*texts)) != version_id(document(*texts, new_clause))
