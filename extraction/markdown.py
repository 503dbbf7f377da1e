"""Markdown to blocks: through HTML, by the same walk as any page."""

from collections.abc import Sequence

from markdown_it import MarkdownIt

from extraction.corpus import without_source_line
from extraction.html import Page, read_html

# Indented text in a policy is a nested list or a quotation, never a program.
_MARKDOWN = MarkdownIt("commonmark", {"html": True, "maxNesting": 60}).enable("table").disable("code")


def read_markdown(text: str, *, url: str | None = None, select: Sequence[str] = (), remove: Sequence[str] = ()) -> Page:
    """The blocks of a Markdown text (CommonMark with tables). ExtractionError names a selector that is none."""
    return read_html(_MARKDOWN.render(without_source_line(text)), url=url, select=select, remove=remove)
