from datetime import date

import pytest

from extraction import CorpusLine, corpus_line, extract
from tests.extraction.pages import PARAGRAPHS
from tests.shared_material import SHARED, needs_shared


def shown(text, media_type="text/plain"):
    return [(clause.kind, clause.label, clause.text) for clause in extract(text.encode(), media_type).clauses]


def test_paragraphs_parted_by_blank_lines():
    assert [text for _, _, text in shown("\n\n".join(PARAGRAPHS))] == list(PARAGRAPHS)


def test_one_clause_a_line():
    assert [text for _, _, text in shown("\n".join(PARAGRAPHS))] == list(PARAGRAPHS)


def test_hard_wrapped_paragraphs_are_joined():
    import textwrap

    wrapped = "\n\n".join(textwrap.fill(text, 60) for text in PARAGRAPHS)
    assert [text for _, _, text in shown(wrapped)] == list(PARAGRAPHS)


def test_a_line_that_stops_at_a_preposition_goes_on():
    assert shown("We think of the privacy of\nvisitors to the site.\nAnd of yours.") == [
        ("paragraph", None, "We think of the privacy of visitors to the site."),
        ("paragraph", None, "And of yours."),
    ]


def test_headings_bullets_and_numbers_of_plain_text():
    text = f"Your data\n{PARAGRAPHS[0]}\n> In short\n{PARAGRAPHS[1]}\n• one\n- two\n2.1 {PARAGRAPHS[2]}\nname\nstreet\n"
    assert shown(text) == [
        ("heading", None, "Your data"),
        ("paragraph", None, PARAGRAPHS[0]),
        ("heading", None, "In short"),
        ("paragraph", None, PARAGRAPHS[1]),
        ("list_item", None, "one"),
        ("list_item", None, "two"),
        ("paragraph", "2.1", PARAGRAPHS[2]),
        ("paragraph", None, "name"),
        ("paragraph", None, "street"),
    ]


def test_the_corpus_line_is_no_clause():
    line = (
        "The following text is extracted and transformed from the northwind.example privacy policy that was "
        "archived on "
        "2018-11-10. Please check the original."
    )
    assert corpus_line(f"{line}\nOurs.".encode()) == CorpusLine("northwind.example", date(2018, 11, 10))
    assert shown(f"{line}\n{PARAGRAPHS[0]}") == [("paragraph", None, PARAGRAPHS[0])]
    assert corpus_line(PARAGRAPHS[0].encode()) is None
    assert corpus_line(line.replace("2018-11-10", "2018-13-10").encode()) is None


def test_a_first_line_that_is_a_lone_address_is_no_clause():
    assert shown(f"http://northwind.example/privacy.html\n{PARAGRAPHS[0]}") == [("paragraph", None, PARAGRAPHS[0])]


def test_the_words_of_a_menu_above_and_below_a_text_are_no_clauses():
    above = "Northwind\nParcels\nPrices\nToggle navigation\n"
    below = "\nProducts\nParcels\nLetters\nCompany\nJobs\nPress\n© Northwind Ltd."
    assert [text for _, _, text in shown(above + "\n".join(PARAGRAPHS) + below)] == list(PARAGRAPHS)


def test_markdown_makes_the_clauses_its_html_makes():
    text = (
        "# Policy\n\nSee [our *cookies*](https://northwind.example/c?utm_source=x) and **no more**.\n\n"
        "2\\. Two \\* stars\n\n* one\n* two\n    * deeper\n\n1. first\n2. second\n\n"
        "| Data | Use |\n| --- | --- |\n| Name | Post |\n"
    )
    assert shown(text, "text/markdown") == [
        ("heading", None, "Policy"),
        ("paragraph", None, "See our cookies and no more."),
        ("paragraph", "2.", "Two * stars"),
        ("list_item", None, "one"),
        ("list_item", None, "two"),
        ("list_item", None, "deeper"),
        ("list_item", "1.", "first"),
        ("list_item", "2.", "second"),
        ("table_row", None, "Data | Use"),
        ("table_row", None, "Name | Post"),
    ]
    assert extract(text.encode(), "text/markdown").clauses[1].links == ("https://northwind.example/c",)


@pytest.mark.parametrize("indent", [2, 4, 6, 8])
def test_list_items_stay_apart_however_far_they_are_indented(indent):
    space = " " * indent
    text = f"Before it.\n\n{space}* one\n{space}* two\n{space * 2}* three\n\nAfter it."
    assert [clause for _, _, clause in shown(text, "text/markdown")] == [
        "Before it.",
        "one",
        "two",
        "three",
        "After it.",
    ]


@needs_shared
@pytest.mark.parametrize(
    ("name", "first", "clauses"),
    [
        ("axigen-2018-11-10.txt", "AXIGEN Mail Server - Privacy Policy", 125),
        ("hesk-2016-10-18.txt", "Privacy policy", 48),
        ("hexamail.txt", "Hexamail respects and protects", 53),
        ("hexcm-opsx-2022-07-18.txt", "Last updated - 18-JUL-2022", 51),
        ("xs2mail.txt", "Privacy Policy", 19),
    ],
)
def test_the_five_policy_texts_give_clauses_a_reader_would_cite(name, first, clauses):
    found = extract((SHARED / "policies" / name).read_bytes(), "text/plain").clauses
    assert found[0].text.startswith(first)
    assert len(found) == clauses
