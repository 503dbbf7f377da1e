"""Plain text to blocks: paragraphs parted by blank lines, or one clause a line, or hard-wrapped."""

import itertools
import re

from extraction.blocks import Block
from extraction.corpus import without_source_line
from extraction.labels import split_label
from extraction.wording import has_words, tidy, word_set

_BULLET = re.compile(r"(?:[•·●◦▪▫■□‣⁃∙➢➤►✓✔]\s*|[*+–—-]\s+)(?=\S)")
_MARKED_HEADING = re.compile(r">\s+(?=\S)")
_SENTENCE_END = (".", "!", "?", ":", ";", ",", ".”", '."', ")", "…")
# A line that ends with one of these goes on in the next: English, French, German and Spanish articles, prepositions.
_GOES_ON = word_set(
    "a an the of to in on at by for from with into about visit your our their its that which le la les de du "
    "des un une à au aux par pour dans sur avec der die das den dem des ein eine von zu mit für im am el los "
    "las del con por para"
)
#: No text is wrapped by hand at more characters than this.
_WIDEST_WRAP = 120
_HEADING_WORDS = 12
_HEADING_LENGTH = 80


def read_text(text: str) -> list[Block]:
    """The blocks of a plain text; a first line that says only where it was taken from is none of them."""
    lines = without_source_line(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    lines = [tidy(line) if not _ruled(line) else "" for line in lines]
    width = _wrap_width(lines)
    parts: list[str] = []
    for line in lines:
        if not line:
            parts.append("")
        elif parts and parts[-1] and _continues(parts[-1], line, width):
            parts[-1] = _joined(parts[-1], line)
        else:
            parts.append(line)
    blank_apart = sum(not part for part in parts) * 4 > sum(bool(part) for part in parts)
    found = [index for index, part in enumerate(parts) if part and has_words(part)]
    blocks = [_block(parts, index, blank_apart) for index in found]
    return _without_navigation(blocks)


def is_hard_wrapped(lines: list[str]) -> bool:
    """Whether lines are cut where they are full, not where a clause ends."""
    return len(lines) >= 20 and _wrap_width(lines) > 0


def _ruled(line: str) -> bool:
    return bool(re.fullmatch(r"\s*([-=_*~#])\1{2,}\s*", line))


def _wrap_width(lines: list[str]) -> int:
    """At how many characters the text is hard-wrapped; 0 where it is not.

    In a wrapped text the next line's first word had no room left on nearly every line that another follows.
    """
    pairs = [(above, below) for above, below in itertools.pairwise(lines) if above and below]
    if len(pairs) < 3:
        return 0
    width = max(len(line) for line in lines)
    if width > _WIDEST_WRAP:
        return 0
    full = sum(len(above) + 1 + len(below.split()[0]) > width - 3 for above, below in pairs)
    return width if full >= 0.6 * len(pairs) and width >= 40 else 0


def _begins_clause(line: str) -> bool:
    return bool(_BULLET.match(line) or _MARKED_HEADING.match(line) or split_label(line)[0])


def _continues(above: str, line: str, width: int) -> bool:
    if _begins_clause(line):
        return False
    if width:
        last = above.rsplit("\n", 1)[-1]
        return len(last) + 1 + len(line.split()[0]) > width - 3 or (
            not last.endswith(_SENTENCE_END) and line[0].islower()
        )
    return above.rsplit(None, 1)[-1] in _GOES_ON


def _joined(above: str, line: str) -> str:
    return f"{above}\n{line}"


def _block(parts: list[str], index: int, blank_apart: bool) -> Block:
    text = " ".join(parts[index].split("\n"))
    marked = _MARKED_HEADING.match(text)
    if marked and "\n" not in parts[index] and has_words(text[marked.end() :]):
        return Block("heading", text[marked.end() :], 2)
    bullet = _BULLET.match(text)
    if bullet and has_words(text[bullet.end() :]):
        return Block("list_item", text[bullet.end() :])
    if _looks_like_heading(parts, index, blank_apart):
        return Block("heading", text, 1 if index == 0 else 2)
    return Block("paragraph", text)


def _looks_like_heading(parts: list[str], index: int, blank_apart: bool) -> bool:
    """Certain only where a short line in title form stands before a longer text of its own."""
    text = split_label(parts[index])[1]
    following = next((part for part in parts[index + 1 :] if part), "")
    if blank_apart and index + 1 < len(parts) and parts[index + 1]:
        return False  # the first line of a paragraph
    return (
        len(text) <= _HEADING_LENGTH
        and len(text.split()) <= _HEADING_WORDS
        and text[0].isupper()
        and not text.endswith((".", ";", ":", ",", "!", ")"))
        and "@" not in text
        and "|" not in text
        and not re.match(r"\w+ ?: ", text)
        and not _BULLET.match(following)
        and len(following) > max(60, 2 * len(text))
    )


def _without_navigation(blocks: list[Block]) -> list[Block]:
    """Without the words of a menu that a text taken from a page begins with.

    Certain only where many lines of one to three words, none of them a sentence, run up to a "toggle navigation" or
    "skip to content" that no policy says.
    """
    for index, block in enumerate(blocks[:60]):
        if re.fullmatch(
            r"toggle navigation|skip to (?:main )?content|(?:open|close|toggle) menu", block.text, re.IGNORECASE
        ):
            if all(len(above.text.split()) <= 4 for above in blocks[:index]):
                return blocks[index + 1 :]
            break
    return blocks
