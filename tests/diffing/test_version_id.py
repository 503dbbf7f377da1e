import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from core.clauses import Clause, Document
from diffing.sameness import version_id


def document(*texts: str, **details: object) -> Document:
    given_details: dict[str, object] = {"kind": "paragraph", "label": None, "heading_path": (), "links": ()} | details
    return Document(None, None, None, tuple(Clause(at, text=text, **given_details) for at, text in enumerate(texts)))


def test_the_id_is_twelve_hexadecimal_digits_even_of_an_empty_document():
    for made in (document(), document("We keep your data.")):
        assert len(version_id(made)) == 12
        assert set(version_id(made)) <= set("0123456789abcdef")


def test_the_id_stays_the_same_from_release_to_release():
    # What this pins is stored in databases and quoted in reports; a new digest would rename every version.
    assert version_id(document("We keep your data.", "We sell nothing.")) == "5c4a2b05e989"


def test_white_space_composition_and_characters_without_width_make_no_difference():
    plain = version_id(document("Nous gérons vos données, toujours."))
    for text in (
        "Nous  gérons\u00a0vos\n données, toujours. ",
        unicodedata.normalize("NFD", "Nous gérons vos données, toujours."),
        "\ufeffNous gé\u200brons vos don\u00adnées, tou\u2060jours.",
    ):
        assert version_id(document(text)) == plain


def test_the_shape_of_quotes_and_dashes_and_spaces_beside_punctuation_make_no_difference():
    plain = version_id(document('We say "no" - it isn\'t sold (ever).', "Tokyo, Japan"))
    assert version_id(document("We say “no” – it isn’t sold ( ever ).", "Tokyo,Japan")) == plain
    assert version_id(document('We say "no", it isn\'t sold (ever).', "Tokyo, Japan")) != plain


def test_a_line_wrapped_between_chinese_characters_makes_no_difference():
    assert version_id(document("我们收集 您的数据。\n仅此而已。")) == version_id(
        document("我们收集您的数据。仅此而已。")
    )


def test_labels_kinds_paths_and_web_links_make_no_difference():
    plain = version_id(document("Cookies", "Read more."))
    assert version_id(document("Cookies", "Read more.", label="2.1", kind="heading", heading_path=("Top",))) == plain
    assert version_id(document("Cookies", "Read more.", links=("https://example.com/a",))) == plain


def test_punctuation_case_order_and_clause_borders_make_one():
    plain = version_id(document("We share data", "and sell none"))
    for texts in (
        ("We share data.", "and sell none"),
        ("we share data", "and sell none"),
        ("and sell none", "We share data"),
        ("We share data and sell none",),
        ("We share", "data and sell none"),
    ):
        assert version_id(document(*texts)) != plain


def test_mail_and_telephone_targets_make_one():
    without = version_id(document("Write to us."))
    first = version_id(document("Write to us.", links=("mailto:privacy@example.com",)))
    assert first != without
    assert version_id(document("Write to us.", links=("mailto:dpo@example.com",))) != first
    assert version_id(document("Write to us.", links=("tel:+15550100",))) not in (first, without)


def test_how_a_mail_or_telephone_target_is_spelled_makes_none():
    one = version_id(document("Write to us.", links=("mailto:privacy@example.com", "tel:+1-555-0100")))
    other = version_id(
        document("Write to us.", links=("MAILTO:Privacy%40example.com?subject=Hello", "tel:+1(555)0100"))
    )
    assert one == other


@given(st.lists(st.text()))
def test_every_text_has_an_id_and_always_the_same(texts: list[str]):
    made = document(*texts)
    assert version_id(made) == version_id(document(*texts))


@given(st.lists(st.text(st.characters(categories=["L", "N", "P", "Zs", "Cc"]))), st.text(min_size=1))
def test_a_clause_more_is_another_version(texts: list[str], further: str):
    assert version_id(document(*texts)) != version_id(document(*texts, further))
