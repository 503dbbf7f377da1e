"""The Markdown reader: renders Markdown as HTML and passes the HTML to the HTML reader."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

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
# For each `[`, markdown-it looks for its `]`. If a paragraph has more than this many brackets that don't end, or inside
# each other, the others are taken for text.
_MOST_OPEN_BRACKETS = 20
_BRACKET = re.compile(r"\\.|[\[\]]", re.DOTALL)
# For each escaped bar of a table's row, markdown-it copies what stands in front of it in the cell. In a line with more,
# a noncharacter stands for each until the text is rendered.
_MOST_ESCAPED_BARS = 1_000
_ESCAPED_BAR, _BAR = "\\|", "\ufdd0"
_ITEM = re.compile(r"([*+-]|\d{1,9}[.)])([ \t]+)(?=\S)")
# A box to tick at the beginning of a list item (GitHub Flavored Markdown, section 5.3).
_TASK = re.compile(r"\[([ xX])\](?=\s)")
# The id of a heading, which Kramdown and Pandoc don't show.
_HEADING_ID = re.compile(r"(?<=\S)[ \t]+\{:?[ \t]*#[\w:.-]++[^{}\n]*+\}(?=[ \t#]*$)", re.MULTILINE)
# A footnote, and a mark that refers to it (GitHub's and Pandoc's extension).
_FOOTNOTE = re.compile(r"^ {0,3}\[\^([^\[\]\s]+)\]:[ \t]*", re.MULTILINE)
_LINK_TARGET = re.compile(r"(?<=\n)(?= {0,3}\[[^\]^][^\]]{0,998}\]:)")  # a name has at most 999 characters
_FOOTNOTE_MARK = re.compile(r"\[\^([^\[\]\s]+)\]")


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


def _source_indent(item: _OpenItem) -> int:
    return item.source_indent


def read_markdown(text: str, *, url: str | None = None, select: Sequence[str] = (), remove: Sequence[str] = ()) -> Page:
    """Returns a Markdown text (CommonMark with tables, struck text, boxes to tick and footnotes) as a page with blocks.

    Struck text and the marks of footnotes are left out.

    Front matter, which static site generators such as Jekyll and Hugo read, is no part of the text. Its title is the
    title of the page.

    url, select, remove: as for `read_html`.

    ExtractionError if a selector isn't valid CSS.
    """
    title, body = without_front_matter(without_source_line(text))
    source = _with_lists_reindented(_with_footnotes_as_paragraphs(_HEADING_ID.sub("", _with_few_escaped_bars(body))))
    rendered = _MARKDOWN.render(source).replace(_BAR, "|").encode("utf-8", "replace")
    page = read_html(rendered, url=url, select=select, remove=remove, markdown=True)
    page.title = page.title or title
    return page


def _bound_brackets(state: StateCore) -> None:
    """Takes brackets for text in paragraphs that have too many of them open (a rule of markdown-it)."""
    for token in state.tokens:
        if token.type == "inline" and token.content.count("[") > _MOST_OPEN_BRACKETS:
            token.content = _with_few_open_brackets(token.content)


def _with_few_open_brackets(text: str) -> str:
    """Returns a text in which `\\[` stands for each `[` that has no `]`, or stands inside too many others.

    A text with few such brackets is returned unchanged.
    """
    open_brackets: list[int] = []
    ends: dict[int, int] = {}  # the `]` of each `[` that has one
    for match in _BRACKET.finditer(text):
        if match[0] == "[":
            open_brackets.append(match.start())
        elif match[0] == "]" and open_brackets:
            ends[open_brackets.pop()] = match.start()
    excess = open_brackets
    around: list[int] = []  # the ends of the brackets around a bracket
    for start, end in sorted(ends.items()):
        while around and around[-1] < start:
            around.pop()
        if len(around) >= _MOST_OPEN_BRACKETS:
            excess.append(start)
        else:
            around.append(end)
    if len(excess) <= _MOST_OPEN_BRACKETS:
        return text
    starts = [0, *sorted(excess)]
    return "\\".join(text[start:end] for start, end in pairwise([*starts, len(text)]))


_MARKDOWN.core.ruler.before("inline", "bound_brackets", _bound_brackets)


def _with_few_escaped_bars(text: str) -> str:
    if text.count(_ESCAPED_BAR) <= _MOST_ESCAPED_BARS:
        return text
    return "\n".join(
        line.replace(_ESCAPED_BAR, _BAR) if line.count(_ESCAPED_BAR) > _MOST_ESCAPED_BARS else line
        for line in text.split("\n")
    )


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
            # The items stand in the order of their indents.
            above = items[max(0, bisect_left(items, indent, key=_source_indent) - 1)]
            line = " " * above.content_indent + rest
        blank = not rest
        lines.append(line)
    return "\n".join(lines)
