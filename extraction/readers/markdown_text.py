"""The Markdown reader: renders Markdown as HTML and passes the HTML to the HTML reader."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt

from extraction.readers.front_matter import without_front_matter
from extraction.readers.html_page import Page, read_html
from extraction.source_lines import without_source_line

# Code blocks are disabled, because indented text in a policy is a nested list or a quotation, not source code.
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": True, "maxNesting": 60})
    .enable(["table", "strikethrough"])
    .disable(["code", "fence"])
)
# By default, markdown-it leaves a link to a script (`javascript:`) as plain text with brackets. If validateLink accepts
# every link, markdown-it renders such links, too, and the HTML reader drops their targets. markdown-it's documentation
# recommends assigning to validateLink.
_MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]
_ITEM = re.compile(r"([*+-]|\d{1,9}[.)])([ \t]+)(?=\S)")
# A box to tick at the beginning of a list item (GitHub Flavored Markdown, section 5.3).
_TASK = re.compile(r"\[([ xX])\](?=\s)")
# The id of a heading, which Kramdown and Pandoc don't show.
_HEADING_ID = re.compile(r"(?<=\S)[ \t]+\{:?[ \t]*#[\w:.-]+[^{}\n]*\}(?=[ \t#]*$)", re.MULTILINE)
# A footnote, and a mark that refers to it (GitHub's and Pandoc's extension).
_FOOTNOTE = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:[ \t]*", re.MULTILINE)
_LINK_TARGET = re.compile(r"(?<=\n)(?= {0,3}\[[^\]^][^\]]*\]:)")
_FOOTNOTE_MARK = re.compile(r"\[\^([^\]\s]+)\]")


@dataclass(slots=True)
class _OpenItem:
    """An open list item.

    source_indent: the number of columns before the item's marker (`-`, `2.`) in the source.
    indent: the number of columns before the item's marker in the re-indented text.
    content_indent: the number of columns before the item's text in the re-indented text.
    """

    source_indent: int
    indent: int
    content_indent: int


def read_markdown(text: str, *, url: str | None = None, select: Sequence[str] = (), remove: Sequence[str] = ()) -> Page:
    """Returns a Markdown text (CommonMark with tables, struck text, boxes to tick and footnotes) as a page with blocks.

    Struck text and the marks of footnotes are left out.

    Front matter, which static site generators such as Jekyll and Hugo read, is no part of the text. Its title is the
    title of the page.

    url, select, remove: as for `read_html`.

    ExtractionError if a selector isn't valid CSS.
    """
    title, body = without_front_matter(without_source_line(text))
    source = _with_lists_reindented(_with_footnotes_as_paragraphs(_HEADING_ID.sub("", body)))
    rendered = _MARKDOWN.render(source).encode("utf-8", "replace")
    page = read_html(rendered, url=url, select=select, remove=remove, markdown=True)
    page.title = page.title or title
    return page


def _with_footnotes_as_paragraphs(text: str) -> str:
    """Returns the text with each footnote as a paragraph, and without the marks that refer to footnotes."""
    footnotes = set(_FOOTNOTE.findall(text))
    if not footnotes:
        return text
    text = _FOOTNOTE.sub("\n", _LINK_TARGET.sub("\n", text))
    return _FOOTNOTE_MARK.sub(lambda mark: "" if mark[1] in footnotes else mark[0], text)


def _with_lists_reindented(text: str) -> str:
    """Returns the text with list items indented as CommonMark requires.

    CommonMark allows at most three columns before a list item. Many converters indent list items by four columns or
    more. A CommonMark parser would read such items as a continuation of the paragraph above.
    """
    lines = []
    items: list[_OpenItem] = []
    blank = True
    for line in text.expandtabs(4).split("\n"):
        rest = line.lstrip(" ")
        indent = len(line) - len(rest)
        marker = _ITEM.match(rest)
        if not rest:
            blank = True
        elif marker:
            while items and items[-1].source_indent > indent:
                items.pop()
            if items and indent < items[-1].source_indent + 2:
                new_indent = items.pop().indent  # a sibling
            else:
                new_indent = items[-1].content_indent if items else 0
            width = len(marker[1]) + min(len(marker[2]), 4)
            items.append(_OpenItem(indent, new_indent, new_indent + width))
            content = _TASK.sub(lambda box: "☐" if box[1] == " " else "☑", rest[marker.end() :], count=1)
            line = " " * new_indent + marker[1] + " " * (width - len(marker[1])) + content
        elif blank and not indent:
            items.clear()
        elif items and indent:
            above = next((item for item in reversed(items) if item.source_indent < indent), items[0])
            line = " " * above.content_indent + rest
        blank = not rest
        lines.append(line)
    return "\n".join(lines)
