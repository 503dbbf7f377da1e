"""The clauses that are extracted from plain text."""

import textwrap

import pytest

from extraction import extract
from tests.extraction.example_pages import PARAGRAPHS, clauses_of
from tests.shared_material import SHARED, needs_shared


def test_blank_lines_separate_clauses() -> None:
    assert [text for _, _, text in clauses_of("\n\n".join(PARAGRAPHS), "text/plain")] == list(PARAGRAPHS)


def test_each_line_is_a_clause_in_a_text_without_blank_lines() -> None:
    assert [text for _, _, text in clauses_of("\n".join(PARAGRAPHS), "text/plain")] == list(PARAGRAPHS)


def test_hard_wrapped_paragraphs_are_joined() -> None:
    wrapped = "\n\n".join(textwrap.fill(text, 60) for text in PARAGRAPHS)
    assert [text for _, _, text in clauses_of(wrapped, "text/plain")] == list(PARAGRAPHS)


def test_line_ending_in_a_preposition_is_joined_with_the_next_line() -> None:
    assert clauses_of("We think of the privacy of\nvisitors to the site.\nAnd of yours.", "text/plain") == [
        ("paragraph", None, "We think of the privacy of visitors to the site."),
        ("paragraph", None, "And of yours."),
    ]


def test_headings_bullets_and_numbers_in_plain_text_are_recognised() -> None:
    text = f"Your data\n{PARAGRAPHS[0]}\n> In short\n{PARAGRAPHS[1]}\n• one\n- two\n2.1 {PARAGRAPHS[2]}\nname\nstreet\n"
    assert clauses_of(text, "text/plain") == [
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


def test_menus_above_and_below_the_policy_are_removed() -> None:
    above = "Northwind\nParcels\nPrices\nToggle navigation\n"
    below = "\nProducts\nParcels\nLetters\nCompany\nJobs\nPress\n© Northwind Ltd."
    assert [text for _, _, text in clauses_of(above + "\n".join(PARAGRAPHS) + below, "text/plain")] == list(PARAGRAPHS)


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
def test_real_texts_give_the_expected_number_of_clauses(name: str, first: str, clauses: int) -> None:
    extracted = extract((SHARED / "policies" / name).read_bytes(), "text/plain").clauses
    assert extracted[0].text.startswith(first)
    assert len(extracted) == clauses


def test_paragraphs_of_equal_length_are_not_hard_wrapped() -> None:
    words = ("address", "surname", "payment", "pointer", "message", "parcels", "numbers", "reviews")
    lines = [f"We keep your {first} with your {second}." for first in words for second in words[:3]]
    assert len({len(line) for line in lines}) == 1
    assert [text for _, _, text in clauses_of("\n".join(lines), "text/plain")] == lines
    page = "".join(f"<p>{line}</p>" for line in lines)
    assert [text for _, _, text in clauses_of(page.encode())] == lines
