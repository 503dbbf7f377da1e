"""Numbers and letters at the beginning of a text are recognised as a label only if they number the clause."""

import pytest

from extraction import extract
from tests.extraction.example_pages import html


@pytest.mark.parametrize(
    ("written", "label", "text"),
    [
        ("2.1 We keep it.", "2.1", "We keep it."),
        ("3. Cookies", "3.", "Cookies"),
        ("(a) your name", "(a)", "your name"),
        ("(iv) your street", "(iv)", "your street"),
        ("B. Business", "B.", "Business"),
        ("§ 4 Cookies", "§ 4", "Cookies"),
        ("Article 5 – Rights", "Article 5", "Rights"),
        ("30 days after the order we erase it.", None, "30 days after the order we erase it."),
        ("2.5 million people use it.", None, "2.5 million people use it."),
        ("25. Mai 2018 ist der Tag.", None, "25. Mai 2018 ist der Tag."),
        ("2018 was the year.", None, "2018 was the year."),
        ("I agree to it.", None, "I agree to it."),
        ("7.", None, "7."),
    ],
)
def test_label_is_separated_from_the_text(written: str, label: str | None, text: str) -> None:
    (clause,) = extract(html(f"<p>{written}</p>"), "text/html").clauses
    assert (clause.label, clause.text) == (label, text)
