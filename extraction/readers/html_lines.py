"""Lines of inline text. The walk over a page collects lines, and then makes blocks of the lines."""

import re
from collections.abc import Iterable, Sequence

from extraction.words.labels import split_label

#: The characters with which a bullet may begin, and the pattern of a bullet.
BULLET_CHARACTERS = "•·●◦▪▫■□‣⁃∙➢➤►✓✔*–—-"
BULLET = re.compile(rf"[{BULLET_CHARACTERS}]\s+(?=\S)|[•●◦▪■‣➢➤►]")
_COPYRIGHT = re.compile(r"©|copyright (?=[\d©])", re.IGNORECASE)
_SENTENCE_END = (".", "!", "?", ":", ";", ".”", '."', "。")


class TextLine:
    """A line of inline text that is being collected.

    parts: the pieces of the line's text as written in the page.
    marked_parts: the same pieces, with the Markdown marks of emphasis between the pieces. Set only for Markdown.
    text: the normalised text of the line. Set only when a block with several lines ends.
    length: the number of characters in the line.
    bold: the number of characters in bold type.
    linked: the number of characters in links.
    same_page: the number of characters in links to another place on the same page.
    links: the targets of the line's links.
    opens: the id of the element that the line's last link to the same page leads to or opens, or that an inline element
        around the beginning of the line opens; '' if the id is not known.
    """

    __slots__ = ("bold", "length", "linked", "links", "marked_parts", "opens", "parts", "same_page", "text")

    text: str

    def __init__(self, markdown: bool) -> None:
        self.parts: list[str] = []
        if markdown:
            self.marked_parts: list[str] = []
        self.links: list[str] = []
        self.opens = ""
        self.length = self.bold = self.linked = self.same_page = 0


def begins_clause(line: TextLine, above: TextLine) -> bool:
    """Returns whether a line after a single `<br>` begins a new clause.

    above: the line before the `<br>`.
    """
    if BULLET.match(line.text) or _COPYRIGHT.match(line.text) or split_label(line.text)[0]:
        return True
    if above.bold >= above.length - 1 and line.bold < line.length - 1:
        return True
    return len(above.text) >= 40 and above.text.endswith(_SENTENCE_END) and not line.text[0].islower()


def sum_up(lines: Sequence[TextLine]) -> tuple[int, int, int, int, tuple[str, ...]]:
    """Returns the sums of `length`, `bold`, `linked` and `same_page` over the lines, and the links of the lines.

    The links have no duplicates. The sum of `length` is at least 1, so that callers can divide by it.
    """
    if len(lines) == 1:
        line = lines[0]
        links = _without_duplicates(line.links) if line.links else ()
        return line.length or 1, line.bold, line.linked, line.same_page, links
    return (
        sum([line.length for line in lines]) or 1,
        sum([line.bold for line in lines]),
        sum([line.linked for line in lines]),
        sum([line.same_page for line in lines]),
        _without_duplicates(link for line in lines for link in line.links),
    )


def _without_duplicates(links: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(links))
