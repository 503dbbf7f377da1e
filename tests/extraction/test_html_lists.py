"""The labels of list items: those that a browser shows."""

import pytest

from extraction import extract
from tests.extraction.example_pages import clauses_of, html


def labels(body: str, head: str = "") -> list[str | None]:
    return [clause.label for clause in extract(html(body, head=head), "text/html").clauses]


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("<ol>", ["1.", "2.", "3."]),
        ("<ol start=-1>", ["-1.", "0.", "1."]),
        ("<ol reversed>", ["3.", "2.", "1."]),
        ("<ol reversed start=9>", ["9.", "8.", "7."]),
        ("<ol type=I>", ["I.", "II.", "III."]),
        ("<ol style='list-style-type: lower-greek'>", ["α.", "β.", "γ."]),
        ("<ol style='list-style: decimal-leading-zero inside'>", ["01.", "02.", "03."]),
        ("<ol style='list-style:persian'>", ["۱.", "۲.", "۳."]),
        ("<ol type=a style='list-style-type:upper-latin'>", ["A.", "B.", "C."]),
        ("<ol style='list-style:none'>", [None, None, None]),
        ("<ol style='list-style-type:hebrew'>", [None, None, None]),
        ("<ul style='list-style-type:decimal'>", ["1.", "2.", "3."]),
        ("<ul>", [None, None, None]),
    ],
)
def test_items_have_the_labels_that_a_browser_shows(opening: str, expected: list[str | None]) -> None:
    assert labels(f"{opening}<li>We ship<li>We answer<li>We bill</{opening[1:3]}>") == expected


def test_items_may_set_their_own_number_and_label() -> None:
    items = "<li>one<li value=7>seven<li type=a>eight<li style=\"list-style-type:'9bis. '\">nine<li value=-2>below"
    assert labels(f"<ol>{items}</ol>") == ["1.", "7.", "h.", "9bis.", "-2."]


def test_an_item_that_is_not_shown_is_not_counted() -> None:
    items = "<li>your name</li><li style='display: none'>your age</li><li>your town</li>"
    assert labels(f"<h1>Privacy</h1><ol>{items}</ol>")[-1] == "2."


def test_heading_of_an_item_has_the_number_of_the_item() -> None:
    page = html("<ol><li><h2>Purposes</h2><p>We ship.</p></li></ol><ol start=2><li><h2>Recipients</h2></li></ol>")
    assert clauses_of(page) == [
        ("heading", "1.", "Purposes"),
        ("list_item", None, "We ship."),
        ("heading", "2.", "Recipients"),
    ]


def test_style_sheet_of_the_page_decides_by_the_cascade() -> None:
    """The numbers of `::before` can't be read, so such a list has no labels rather than wrong ones."""
    items = "<li>We ship</li><li>We answer</li>"
    counters = "<style>/* x */ ol.law > li::before{content:counter(s)} ol.law{counter-reset:s;list-style:none}</style>"
    assert labels(f"<ol class=law>{items}</ol>", counters) == [None, None]
    cascade = "<style>.text ol{list-style:lower-roman} ol{list-style:none} @media print{#a ol{list-style:none}}</style>"
    assert labels(f"<div id=a class=text><ol>{items}</ol></div>", cascade) == ["i.", "ii."]


def test_reset_is_ignored_if_the_page_has_style_sheets_in_files() -> None:
    reset = "<style>ol,ul{list-style:none}</style>"
    assert labels("<ol><li>We ship</ol>", reset) == [None]
    assert labels("<ol><li>We ship</ol>", f"{reset}<link rel=stylesheet href=/main.css>") == ["1."]
