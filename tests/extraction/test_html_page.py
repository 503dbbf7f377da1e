"""The clauses that are extracted from HTML pages."""

from typing import Literal

import pytest

from core.clauses import ClauseKind
from core.exceptions import ExtractionError
from extraction import extract
from tests.extraction.example_pages import PARAGRAPHS, POLICY, clauses_of, html, texts


def clauses_of_body(body: str) -> list[tuple[ClauseKind, str | None, str]]:
    return clauses_of(html(body))


def test_heading_path_contains_the_headings_above_a_clause() -> None:
    clauses = extract(
        html("<h1>Policy</h1><h3>Data</h3><p>We keep it.</p><h3>Rights</h3><p>Ask us.</p>"), "text/html"
    ).clauses
    assert [(clause.text, clause.heading_path) for clause in clauses] == [
        ("Policy", ()),
        ("Data", ("Policy",)),
        ("We keep it.", ("Policy", "Data")),
        ("Rights", ("Policy",)),
        ("Ask us.", ("Policy", "Rights")),
    ]


def test_two_line_breaks_separate_paragraphs() -> None:
    assert texts("<p>First thing.<br><br>Second thing.<br> <br>Third thing.</p>") == [
        "First thing.", "Second thing.", "Third thing."
    ]  # fmt: skip


def test_single_line_breaks_do_not_split_an_address() -> None:
    assert texts("<p>Northwind Parcel<br>4 Quay Street<br>Oldport</p>") == ["Northwind Parcel 4 Quay Street Oldport"]


def test_line_break_before_a_bullet_or_number_begins_a_clause() -> None:
    assert clauses_of_body("<p>We collect:<br>• your name<br>• your address<br>(a) as you gave it</p>") == [
        ("paragraph", None, "We collect:"),
        ("list_item", None, "your name"),
        ("list_item", None, "your address"),
        ("paragraph", "(a)", "as you gave it"),
    ]


def test_text_between_paragraphs_is_a_paragraph() -> None:
    assert texts("<h2>Changes</h2>We tell you here.<p>And by post.</p>then again") == [
        "Changes", "We tell you here.", "And by post.", "then again"
    ]  # fmt: skip


def test_text_of_unclosed_elements_is_extracted() -> None:
    assert texts("<p>One<p>Two<ul><li>Three<li>Four</ul><td>Five") == ["One", "Two", "Three", "Four", "Five"]


def test_ordered_lists_have_the_same_numbers_as_in_a_browser() -> None:
    assert clauses_of_body(
        "<ol start=3><li>three</li><li value=7>seven</li></ol><ol type=a><li>first</li></ol><ul><li>dot</li></ul>"
    ) == [
        ("list_item", "3.", "three"),
        ("list_item", "7.", "seven"),
        ("list_item", "a.", "first"),
        ("list_item", None, "dot"),
    ]


def test_label_in_the_text_is_used_instead_of_the_list_number() -> None:
    assert clauses_of_body("<ol><li>(b) written out</li></ol>") == [("list_item", "(b)", "written out")]


def test_each_item_of_a_nested_list_is_a_clause() -> None:
    assert clauses_of_body(
        "<ul><li>Contact data<ul><li>name</li><li>street</li></ul></li><li>Order data</li></ul>"
    ) == [
        ("list_item", None, "Contact data"),
        ("list_item", None, "name"),
        ("list_item", None, "street"),
        ("list_item", None, "Order data"),
    ]


def test_each_row_of_a_data_table_is_a_clause() -> None:
    table = (
        "<table><tr><th>Data</th><th>Purpose</th></tr>"
        "<tr><td><p>Name</p><p>Street</p></td><td>Delivery</td></tr></table>"
    )
    assert clauses_of_body(table) == [
        ("table_row", None, "Data | Purpose"),
        ("table_row", None, "Name Street | Delivery"),
    ]


def test_row_of_a_layout_table_is_split_into_clauses() -> None:
    page = f"<table><tr><td><ul><li><a href=/>Home</a></li></ul></td><td>{POLICY}</td></tr></table>"
    assert [text for text in texts(page) if text in PARAGRAPHS] == list(PARAGRAPHS)


def test_definition_lists_hidden_panels_and_details_are_kept() -> None:
    page = (
        "<dl><dt>Data</dt><dd>What we hold.</dd></dl><div style='display:none'><p>{}</p></div>"
        "<details><summary>More</summary>{}</details>"
    )
    assert texts(page.format(PARAGRAPHS[0], PARAGRAPHS[1])) == [
        "Data",
        "What we hold.",
        PARAGRAPHS[0],
        "More",
        PARAGRAPHS[1],
    ]


def test_bold_line_is_a_heading_but_bold_words_are_not() -> None:
    clauses = extract(html("<p><b>Your data</b></p><p>We keep <b>little</b> of it.</p>"), "text/html").clauses
    assert [(clause.kind, clause.text) for clause in clauses] == [
        ("heading", "Your data"),
        ("paragraph", "We keep little of it."),
    ]


def test_bold_date_is_a_paragraph() -> None:
    document = extract(html(f"<p><b>Last updated: 3 May 2021</b></p>{POLICY}"), "text/html")
    assert document.clauses[0].kind == "paragraph"


def test_markup_that_was_escaped_by_mistake_is_read_as_markup() -> None:
    escaped = POLICY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert texts(f"<div>{escaped}</div>") == texts(POLICY)


def test_lines_of_a_page_converted_from_pdf_are_joined() -> None:
    words = " ".join(PARAGRAPHS * 4).split()
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) > 70:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    clauses = texts("".join(f"<div class=t>{text}</div>" for text in [*lines, line]))
    assert " ".join(clauses).split() == words
    assert len(clauses) < len(lines) / 2


def test_css_selectors_select_and_remove_elements() -> None:
    page = f"<div id=a>{POLICY}</div><div id=b><p>Other words stand here.</p><p class=x>Not these.</p></div>"
    assert texts(page, select=["#b"], remove=[".x"]) == ["Other words stand here."]


def test_element_that_two_selectors_match_is_not_duplicated() -> None:
    assert texts("<div id=b><p>Only once.</p></div>", select=["#b", "p"]) == ["Only once."]


def test_only_the_text_of_selected_elements_is_extracted() -> None:
    words = "We keep the personal data that you give us for as long as your account is open."
    assert texts(f"<div><p>{words}</p><div>Not these.</div></div>", select=["p"]) == [words]


@pytest.mark.parametrize("option", ["select", "remove"])
def test_error_message_contains_the_invalid_selector(option: Literal["select", "remove"]) -> None:
    with pytest.raises(ExtractionError, match=r"p\[\["):
        texts("<p>Some words.</p>", **{option: ["p[["]})


def test_document_has_the_title_and_language_of_the_page() -> None:
    document = extract(html(POLICY, title=" Our\n Policy "), "text/html")
    assert (document.title, document.language) == ("Our Policy", "en")


def test_short_text_gets_the_language_that_the_page_declares() -> None:
    assert extract(b"<html lang='pt-BR'><p>Dados</p>", "text/html").language == "pt"
