"""The Markdown report: text from a vendor is never markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports.markdown_report import as_markdown
from reports.vendor_text import printable
from tests.reports.report_examples import EVERY_KIND, added, change, clause, file_report, version_report

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OWN_TAGS = re.compile(r"</?(?:ins|del)>|<!-- -->")


def rendered_text(markdown: str) -> str:
    """Returns the rendered text. Fails if the rendered text has markup that the report does not use."""
    allowed = {"inline", "text", "html_inline", "strong_open", "strong_close", "em_open", "em_close", "code_inline"}
    blocks = {"heading", "paragraph", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
    allowed |= {f"{block}_{end}" for block in blocks for end in ("open", "close")}
    rendered_texts = []
    for token in MARKDOWN.parse(markdown):
        assert token.type in allowed, token
        for child in token.children or ():
            assert child.type in allowed, child
            if child.type == "html_inline":
                assert OWN_TAGS.fullmatch(child.content)
            else:
                rendered_texts.append(child.content)
    return "".join(rendered_texts)


def test_markdown_renders_to_headings_a_table_and_redlines() -> None:
    html = MARKDOWN.render(as_markdown(version_report(*EVERY_KIND)))
    assert "<h2>Marmot Mail privacy: version 1 → version 2</h2>" in html
    assert "We keep logs for ten <del>days</del><ins>years</ins>." in html
    assert html.count("<table>") == 1
    assert f"<code>{'a' * 64}</code>" in html
    assert re.findall("<h3>(\\w+)", html) == ["Substantive", "Factual", "Editorial", "Volatile"]


def test_text_from_a_vendor_is_not_markup() -> None:
    hostile = "# [x](javascript:alert(1)) ![i](http://e.example) <script> **b** `c` | ~~d~~ &amp; http://e.example"
    assert hostile in rendered_text(as_markdown(file_report(added(0, hostile))))


def test_text_from_a_vendor_creates_no_mentions_or_ticket_links() -> None:
    text = as_markdown(file_report(added(0, "Ask @admin or see #12, !34, write to us@marmot.example.")))
    assert "@admin" not in text
    assert "#12" not in text
    assert "!34" not in text
    assert "us@marmot.example" in text


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip()))
def test_any_text_from_a_vendor_is_shown_unchanged(text: str) -> None:
    text = " ".join(text.split()) or "x"
    report = file_report(
        added(0, text), change("moved", (clause(0, "w", path=(text,)),), (clause(5, "w", path=(text,)),))
    )
    expected = " ".join(printable(text).split())
    rendered = " ".join(rendered_text(as_markdown(report)).split())
    if len(expected) < 200:
        assert rendered.count(expected) >= 2


@pytest.mark.parametrize(
    "text", ["# Q", "- Q", "+ Q", "* Q", "1. Q", "12) Q", "> Q", "---Q", "===Q", "```Q", "    Q", "| Q |"]
)
def test_a_text_that_starts_like_a_heading_or_list_stays_plain_text(text: str) -> None:
    moved = change("moved", (clause(0, text),), (clause(5, text),))
    assert rendered_text(as_markdown(file_report(moved))).count(text.strip()) == 1
