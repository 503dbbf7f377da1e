"""The typography of clauses. A change of the typography alone is cosmetic and doesn't make a new version."""

from collections.abc import Callable

import pytest

from core.changes import Comparison
from core.clauses import Document
from diffing import compare
from diffing.sameness import version_id
from extraction import extract

Reader = Callable[[str], Document]

SENTENCE = "We keep the logs of our servers for thirty days, then we delete them."


def markdown(sentence: str) -> Document:
    return extract(f"# Privacy policy\n\n{sentence}\n\n2. Second clause of it\n".encode(), "text/markdown")


def plain_text(sentence: str) -> Document:
    return extract(f"Privacy policy\n\n{sentence}\n\n2. Second clause of it\n".encode(), "text/plain")


def page(sentence: str) -> Document:
    return extract(f"<h1>Privacy policy</h1><p>{sentence}</p><p>2. Second clause of it</p>".encode(), "text/html")


def kinds(comparison: Comparison) -> list[str]:
    return [change.kind for change in comparison.changes]


@pytest.mark.parametrize("read", [markdown, plain_text, page])
@pytest.mark.parametrize(
    "other",
    [
        SENTENCE.replace("the logs", "the\u00a0logs"),
        SENTENCE.replace("servers", "ser\u200bvers"),
        SENTENCE.replace("logs", "lo\u00adgs"),
    ],
)
def test_spaces_and_invisible_characters_are_cosmetic(read: Reader, other: str) -> None:
    old, new = read(SENTENCE), read(other)
    assert [clause.text for clause in old.clauses] == [clause.text for clause in new.clauses]
    assert version_id(old) == version_id(new)
    assert kinds(compare(old, new)) == ["cosmetic"]


@pytest.mark.parametrize("other", [SENTENCE.replace("logs", "**logs**"), SENTENCE.replace(", then", ",  then")])
def test_emphasis_and_double_spaces_in_markdown_are_cosmetic(other: str) -> None:
    old, new = markdown(SENTENCE), markdown(other)
    assert new.clauses[1].text == SENTENCE
    assert kinds(compare(old, new)) == ["cosmetic"]
    assert version_id(old) == version_id(new)


@pytest.mark.parametrize("read", [markdown, page])
def test_line_breaks_of_the_source_do_not_change_typography(read: Reader) -> None:
    old, new = read(SENTENCE), read(SENTENCE.replace(" servers", "\nservers"))
    assert kinds(compare(old, new)) == []
    assert [clause.typography for clause in new.clauses] == ["", "", ""]


def test_runs_of_spaces_in_html_do_not_change_typography() -> None:
    assert kinds(compare(page(SENTENCE), page(SENTENCE.replace(" ", "   \t")))) == []


def test_emphasis_in_html_does_not_change_typography() -> None:
    assert kinds(compare(page(SENTENCE), page(SENTENCE.replace("logs", "<b>logs</b>")))) == []


def test_typography_does_not_contain_label_or_bullet() -> None:
    document = extract(b"# Policy\n\n* **2.1** We keep  logs\n* (b) Other *data* too\n", "text/markdown")
    assert [(clause.label, clause.typography) for clause in document.clauses[1:]] == [
        ("2.1", "We keep  logs"),
        ("(b)", "Other *data* too"),
    ]
