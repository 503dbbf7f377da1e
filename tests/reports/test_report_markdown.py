import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports import as_markdown
from reports.vendor_text import printable
from tests.reports.report_examples import EVERY_KIND, added, change, clause, file_report, version_report

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(r"</?(?:ins|del)>|<!-- -->")


def rendered_text(markdown: str) -> str:
    """The text a reader sees; fails where anything but our own markup was rendered."""
    allowed = {"inline", "text", "html_inline", "strong_open", "strong_close", "em_open", "em_close", "code_inline"}
    blocks = {"heading", "paragraph", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
    allowed |= {f"{block}_{end}" for block in blocks for end in ("open", "close")}
    seen = []
    for token in MARKDOWN.parse(markdown):
        assert token.type in allowed, token
        for child in token.children or ():
            assert child.type in allowed, child
            if child.type == "html_inline":
                assert OURS.fullmatch(child.content)
            else:
                seen.append(child.content)
    return "".join(seen)


def test_it_renders_to_headings_a_table_and_redlines() -> None:
    html = MARKDOWN.render(as_markdown(version_report(*EVERY_KIND)))
    assert "<h2>Marmot Mail privacy: version 1 → version 2</h2>" in html
    assert "We keep logs for ten <del>days</del><ins>years</ins>." in html
    assert html.count("<table>") == 1
    assert f"<code>{'a' * 64}</code>" in html
    assert re.findall("<h3>(\\w+)", html) == ["Substantive", "Factual", "Editorial", "Volatile"]


def test_a_vendors_text_is_no_markup() -> None:
    hostile = "# [x](javascript:alert(1)) ![i](http://e.example) <script> **b** `c` | ~~d~~ &amp; http://e.example"
    assert hostile in rendered_text(as_markdown(file_report(added(0, hostile))))


def test_nobody_is_mentioned_and_no_ticket_linked() -> None:
    text = as_markdown(file_report(added(0, "Ask @admin or see #12, !34, write to us@marmot.example.")))
    assert "@admin" not in text
    assert "#12" not in text
    assert "!34" not in text
    assert "us@marmot.example" in text


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip()))
def test_a_reader_sees_the_vendors_text_whatever_it_is(text: str) -> None:
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
def test_no_beginning_of_a_line_makes_a_block(text: str) -> None:
    moved = change("moved", (clause(0, text),), (clause(5, text),))
    assert rendered_text(as_markdown(file_report(moved))).count(text.strip()) == 1
