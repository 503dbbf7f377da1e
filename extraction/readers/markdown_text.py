"""Markdown to blocks: through HTML, by the same walk as any page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt

from extraction.readers.html_page import Page, read_html
from extraction.source_lines import without_source_line

# Indented text in a policy is a nested list or a quotation, never a program.
_MARKDOWN = MarkdownIt("commonmark", {"html": True, "maxNesting": 60}).enable("table").disable(["code", "fence"])
# A link to a script is a link all the same; where it leads nowhere, the walker drops its target.
_MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]  # as the library's documentation has it
_ITEM = re.compile(r"([*+-]|\d{1,9}[.)])([ \t]+)(?=\S)")


@dataclass(slots=True)
class _Open:
    """A list item that is open: how far its marker is indented in the source, and where it goes in the result."""

    indent: int
    place: int
    content: int


def read_markdown(text: str, *, url: str | None = None, select: Sequence[str] = (), remove: Sequence[str] = ()) -> Page:
    """The blocks of a Markdown text (CommonMark with tables). ExtractionError names a selector that is none."""
    source = _with_even_lists(without_source_line(text))
    return read_html(
        _MARKDOWN.render(source).encode("utf-8", "replace"), url=url, select=select, remove=remove, markdown=True
    )


def _with_even_lists(text: str) -> str:
    """The text with list items indented as CommonMark wants them.

    Many converters indent by four or more where CommonMark allows three, and then the item would be taken for the
    paragraph above going on.
    """
    lines = []
    items: list[_Open] = []
    blank = True
    for line in text.expandtabs(4).split("\n"):
        rest = line.lstrip(" ")
        indent = len(line) - len(rest)
        marker = _ITEM.match(rest)
        if not rest:
            blank = True
        elif marker:
            while items and items[-1].indent > indent:
                items.pop()
            place = items.pop().place if items and indent < items[-1].indent + 2 else items[-1].content if items else 0
            width = len(marker[1]) + min(len(marker[2]), 4)
            items.append(_Open(indent, place, place + width))
            line = " " * place + marker[1] + " " * (width - len(marker[1])) + rest[marker.end() :]
        elif blank and not indent:
            items.clear()
        elif items and indent:
            above = next((item for item in reversed(items) if item.indent < indent), items[0])
            line = " " * above.content + rest
        blank = not rest
        lines.append(line)
    return "\n".join(lines)
