"""Lines of inline text, as the walk over a page gathers them."""

import re
from collections.abc import Iterable, Sequence

from extraction.words.labels import split_label

#: The characters that a bullet may begin with, and the pattern of a bullet.
BULLET_CHARACTERS = "•·●◦▪▫■□‣⁃∙➢➤►✓✔*–—-"
BULLET = re.compile(rf"[{BULLET_CHARACTERS}]\s+(?=\S)|[•●◦▪■‣➢➤►]")
_COPYRIGHT = re.compile(r"©|copyright (?=[\d©])", re.IGNORECASE)
_SENTENCE_END = (".", "!", "?", ":", ";", ".”", '."', "。")


class Line:
    """A line of inline text that is being gathered.

    parts: its text in pieces, as the page has it. marked_parts: of Markdown only, the same with the marks of emphasis.
    text: the normalised text; set once a block of several lines has ended.
    length: its characters; bold, linked, same_page: those in bold, in links, and in links to a place of the same page.
    links: the targets of its links.
    """

    __slots__ = ("bold", "length", "linked", "links", "marked_parts", "parts", "same_page", "text")

    text: str

    def __init__(self, markdown: bool) -> None:
        self.parts: list[str] = []
        if markdown:
            self.marked_parts: list[str] = []
        self.links: Sequence[str] = ()
        self.length = self.bold = self.linked = self.same_page = 0


def begins_clause(line: Line, above: Line) -> bool:
    """Returns whether a line after a single `<br>` begins a clause of its own. above: the line before it."""
    if BULLET.match(line.text) or _COPYRIGHT.match(line.text) or split_label(line.text)[0]:
        return True
    if above.bold >= above.length - 1 and line.bold < line.length - 1:
        return True
    return len(above.text) >= 40 and above.text.endswith(_SENTENCE_END) and not line.text[0].islower()


def sum_up(lines: Sequence[Line]) -> tuple[int, int, int, int, tuple[str, ...]]:
    """Returns length (at least 1), bold, linked and same_page summed over the lines, and their links, each once."""
    if len(lines) == 1:
        line = lines[0]
        return line.length or 1, line.bold, line.linked, line.same_page, _once(line.links) if line.links else ()
    return (
        sum([line.length for line in lines]) or 1,
        sum([line.bold for line in lines]),
        sum([line.linked for line in lines]),
        sum([line.same_page for line in lines]),
        _once(link for line in lines for link in line.links),
    )


def _once(links: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(links))
