"""What a page may take: its readings don't grow beyond its own size, and say what they leave out."""

import time

import pytest

from core.exceptions import ExtractionError
from extraction import extract
from extraction.readers.html_tree import parse_page


def test_relative_links_below_a_long_base_stay_relative() -> None:
    page = f'<base href="https://a.example/{"part/" * 500}"><p><a href="terms">Terms</a> of use</p>'
    (clause,) = extract(page.encode(), "text/html", url="https://a.example/").clauses
    assert len(clause.links[0]) < 100


def test_a_long_query_of_the_page_has_no_effect_on_its_links() -> None:
    url = f"https://a.example/policies/privacy?session={'x' * 2_000}"
    (clause,) = extract(b'<p><a href="terms">Terms</a> of use</p>', "text/html", url=url).clauses
    assert clause.links == ("https://a.example/policies/terms",)


def test_the_text_of_a_link_that_is_too_long_is_kept() -> None:
    (clause,) = extract(f'<p><a href="/{"a" * 5_000}">Terms</a> of use</p>'.encode(), "text/html").clauses
    assert (clause.text, clause.links) == ("Terms of use", ())


def test_a_selector_that_removes_the_whole_page_is_refused() -> None:
    with pytest.raises(ExtractionError, match="removes the whole page"):
        extract(b"<p>We keep data.</p>", "text/html", remove=[":not(p)"])


def test_a_selector_that_is_too_long_is_refused() -> None:
    with pytest.raises(ExtractionError, match="divide it"):
        extract(b"<p>We keep data.</p>", "text/html", remove=["p, " * 1_000 + "p"])


@pytest.mark.parametrize("value", ["b", "'>'"])
def test_attributes_after_the_first_thousand_are_left_out(value: str) -> None:
    attributes = "".join(f" a{number}={value}" for number in range(5_000))
    page = f"<p>Before.</p><p{attributes}>We <b{attributes}>keep</b> data.</p><p class=last>After.</p>"
    tree = parse_page(page.encode())
    assert [len(node.attributes) for node in tree.css("p, b")] == [0, 1_000, 1_000, 1]
    assert [node.text() for node in tree.css("p")] == ["Before.", "We keep data.", "After."]


def test_brackets_that_do_not_end_are_text() -> None:
    (clause,) = extract(b"[" * 500 + b" see [our terms](/terms)", "text/markdown").clauses
    assert clause.text == "[" * 500 + " see our terms"


def test_front_matter_with_merged_aliases_is_not_expanded() -> None:
    lines = ["a0: &a0 {b: c}", *(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 60))]
    text = "---\n" + "\n".join(lines) + "\n---\n\nWe keep data for a year.\n"
    assert extract(text.encode(), "text/markdown").clauses[-1].text == "We keep data for a year."


def test_options_after_the_first_two_thousand_cost_no_text() -> None:
    options = "".join(f"<option>country {number}</option>" for number in range(2_500))
    page = f"<h1>Privacy policy</h1><p>We sell no data.<select>{options}</select><p>We keep none."
    texts = [clause.text for clause in extract(page.encode(), "text/html").clauses]
    assert texts == ["Privacy policy", "We sell no data.", "We keep none."]


def test_attributes_of_further_roots_are_left_out() -> None:
    """The parser compares each of them with all others, so 500 KB of such tags took two seconds, and 5 MB minutes."""
    page = "".join(f"<body a{number}=b><p>Part {number}.</p>" for number in range(5_000))
    begin = time.process_time()
    tree = parse_page(page.encode())
    assert time.process_time() - begin < 0.4
    assert len(tree.css("p")) == 5_000
    assert tree.body is not None
    assert 10 < len(tree.body.attributes) < 100


def test_options_that_dont_end_are_searched_once() -> None:
    begin = time.process_time()
    parse_page(b"<p>Data.</p><select>" + b"<option " * 40_000)
    assert time.process_time() - begin < 1


def test_many_escaped_bars_of_a_table_stay_bars() -> None:
    """The Markdown parser takes the square of their number."""
    row = "data" + r"\|" * 600_000 + "kept"
    begin = time.process_time()
    _, cell, _ = extract(f"|a|b|\n|-|-|\n|{row}|x|\n".encode(), "text/markdown").clauses
    assert time.process_time() - begin < 2
    assert cell.text == f"data{'|' * 600_000}kept"
