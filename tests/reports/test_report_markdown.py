"""The Markdown report: a vendor's text is never markup."""

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
    """The text a reader sees; fails if any markup but the report's own was rendered."""
    allowed = {"inline", "text", "html_inline", "strong_open", "strong_close", "em_open", "em_close", "code_inline"}
    blocks = {"heading", "paragraph", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
    allowed |= {f"{block}_{end}" for block in blocks for end in ("open", "close")}
    seen = []
    for token in MARKDOWN.parse(markdown):
        assert token.type in allowed, token
        for child in token.children or ():
            assert child.type in allowed, child
            if child.type == "html_inline":
                assert OWN_TAGS.fullmatch(child.content)
            else:
                seen.append(child.content)
    return "".join(seen)


def test_markdown_renders_to_headings_a_table_and_redlines() -> None:
    html = MARKDOWN.render(as_markdown(version_report(*EVERY_KIND)))
    assert "<h2>Marmot Mail privacy: version 1 → version 2</h2>" in html
    assert "We keep logs for ten <del>days</del><ins>years</ins>." in html
    assert html.count("<table>") == 1
    assert f"<code>{'a' * 64}</code>" in html
    assert re.findall("<h3>(\\w+)", html) == ["Substantive", "Factual", "Editorial", "Volatile"]


def test_a_vendors_text_is_no_markup() -> None:
    hostile = "# [x](javascript:alert(1)) ![i](http://e.example) <script> **b** `c` | ~~d~~ &amp; http://e.example"
    assert hostile in rendered_text(as_markdown(file_report(added(0, hostile))))


def test_a_vendors_text_mentions_nobody_and_links_no_ticket() -> None:
    text = as_markdown(file_report(added(0, "Ask @admin or see #12, !34, write to us@marmot.example.")))
    assert "@admin" not in text
    assert "#12" not in text
    assert "!34" not in text
    assert "us@marmot.example" in text


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip()))
def test_any_text_of_a_vendor_is_shown_as_it_is(text: str) -> None:
    text = " ".join(text.split()) or "x"
    report = file_report(
        added(0, text), change("moved", (clause(0, "w", path=(text,)),), (clause(5, "w", path=(text,)),))
    )
    expected = " ".join(printable(text).split())
    seen = " ".join(rendered_text(as_markdown(report)).split())
    if len(expected) < 200:
        assert seen.count(expected) >= 2


@pytest.mark.parametrize(
    "text", ["# Q", "- Q", "+ Q", "* Q", "1. Q", "12) Q", "> Q", "---Q", "===Q", "```Q", "    Q", "| Q |"]
)
def test_no_beginning_of_a_vendors_text_makes_a_block(text: str) -> None:
    moved = change("moved", (clause(0, text),), (clause(5, text),))
    assert rendered_text(as_markdown(file_report(moved))).count(text.strip()) == 1
