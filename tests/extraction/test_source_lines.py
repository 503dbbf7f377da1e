"""A first line that names the source of a text is recognised and removed."""

from datetime import date

from extraction import CorpusLine, corpus_line
from tests.extraction.example_pages import PARAGRAPHS, clauses_of


def test_corpus_line_is_recognised_and_removed() -> None:
    line = (
        "The following text is extracted and transformed from the northwind.example privacy policy that was "
        "archived on 2018-11-10. Please check the original."
    )
    assert corpus_line(f"{line}\nOurs.".encode()) == CorpusLine("northwind.example", date(2018, 11, 10))
    assert clauses_of(f"{line}\n{PARAGRAPHS[0]}", "text/plain") == [("paragraph", None, PARAGRAPHS[0])]
    assert corpus_line(PARAGRAPHS[0].encode()) is None
    assert corpus_line(line.replace("2018-11-10", "2018-13-10").encode()) is None


def test_first_line_with_only_an_address_is_removed() -> None:
    text = f"http://northwind.example/privacy.html\n{PARAGRAPHS[0]}"
    assert clauses_of(text, "text/plain") == [("paragraph", None, PARAGRAPHS[0])]
