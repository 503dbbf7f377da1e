"""Plain text to blocks: paragraphs parted by blank lines, or one clause a line, or hard-wrapped."""

import itertools
import re

from extraction.blocks import Block
from extraction.source_lines import without_source_line
from extraction.words.labels import split_label
from extraction.words.stated_dates import states_date
from extraction.words.tidying import has_words, tidy, without_front, word_set

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
_MENU_SWITCH = re.compile(r"toggle navigation|skip to (?:main )?content|(?:open|close|toggle) menu", re.IGNORECASE)
_VOTE = re.compile(r"was this (?:article|page|answer) helpful\b", re.IGNORECASE)
_COPYRIGHT = re.compile(r"©|\(c\) |copyright ", re.IGNORECASE)
_FIELD = re.compile(r":\s.*(?:\d|www\.|https?://)")  # "VAT ID: RO30754979"
_HEADING_WORDS = 12
#: A heading stands before a text of at least so many characters.
_SENTENCE_LENGTH = 60
_HEADING_LENGTH = 80


def read_text(text: str) -> list[Block]:
    """The blocks of a plain text; a first line that says only where it was taken from is none of them."""
    typeset = without_source_line(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    lines = [tidy(line) if not _ruled(line) else "" for line in typeset]
    width = _wrap_width(lines)
    slack = 3
    if not width:
        width = _ragged_width(lines)
        slack = width // 12
    parts: list[list[str]] = []
    typeset_parts: list[list[str]] = []
    for line, as_set in zip(lines, typeset, strict=True):
        if line and parts and parts[-1] and _continues(parts[-1][-1], line, width, slack):
            parts[-1].append(line)
            typeset_parts[-1].append(as_set.strip(" \t"))
        else:
            parts.append([line] if line else [])
            typeset_parts.append([as_set.strip(" \t")])
    blank_apart = sum(not part for part in parts) * 4 > sum(bool(part) for part in parts)
    texts = [" ".join(part) for part in parts]
    found = [index for index, text in enumerate(texts) if has_words(text)]
    blocks = []
    for index in found:
        block = _block(texts, index, blank_apart)
        block.typography = without_front(" ".join(typeset_parts[index]), texts[index].removesuffix(block.text))
        blocks.append(block)
    return _without_page(blocks)


def is_hard_wrapped(lines: list[str]) -> bool:
    """Whether lines are cut where they are full, not where a clause ends."""
    return len(lines) >= 20 and (_wrap_width(lines) > 0 or _ragged_width(lines) > 0)


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


def _ragged_width(lines: list[str]) -> int:
    """At how many characters, about, a text is wrapped whose characters are of different widths; 0 where it is not.

    Such lines end in the middle of a sentence again and again, which paragraphs never do.
    """
    pairs = [(above, below) for above, below in itertools.pairwise(lines) if above and below]
    cut = sum(not above.endswith(_SENTENCE_END) and below[0].islower() for above, below in pairs)
    if len(pairs) < 20 or cut < 0.25 * len(pairs):
        return 0
    return sorted(map(len, lines))[int(0.97 * len(lines))]


def _begins_clause(line: str) -> bool:
    return bool(_BULLET.match(line) or _MARKED_HEADING.match(line) or split_label(line)[0])


def _continues(above: str, line: str, width: int, slack: int) -> bool:
    """Whether a line goes on with the clause of the one above. width: where lines are wrapped, give or take slack."""
    if _begins_clause(line):
        return False
    if width:
        full = len(above) + 1 + len(line.split(None, 1)[0]) > width - slack
        return full or (not above.endswith(_SENTENCE_END) and line[0].islower())
    return above.rsplit(None, 1)[-1] in _GOES_ON


def _block(texts: list[str], index: int, blank_apart: bool) -> Block:
    text = texts[index]
    marked = _MARKED_HEADING.match(text)
    if marked and len(text) <= _HEADING_LENGTH and has_words(text[marked.end() :]):
        return Block("heading", text[marked.end() :], 2)
    bullet = _BULLET.match(text)
    if bullet and has_words(text[bullet.end() :]):
        return Block("list_item", text[bullet.end() :])
    if _looks_like_heading(texts, index, blank_apart):
        return Block("heading", text, 1 if index == 0 else 2)
    return Block("paragraph", text)


def _looks_like_heading(texts: list[str], index: int, blank_apart: bool) -> bool:
    """Certain only where a line in title form begins the text, or stands before a longer text or another such line."""
    if not _in_title_form(texts[index]):
        return False
    if not any(texts[:index]):
        return len(texts) > 1
    below = next((place for place in range(index + 1, len(texts)) if texts[place]), None)
    if below is None or (blank_apart and below == index + 1):
        return False  # the last line, or the first line of a paragraph
    if len(texts[below]) > max(_SENTENCE_LENGTH, 2 * len(split_label(texts[index])[1])):
        return not _BULLET.match(texts[below])
    following = next((text for text in texts[below + 1 :] if text), "")
    return _in_title_form(texts[below]) and len(following) > max(_SENTENCE_LENGTH, 2 * len(texts[below]))


def _in_title_form(line: str) -> bool:
    text = split_label(line)[1]
    return (
        len(text) <= _HEADING_LENGTH
        and len(text.split()) <= _HEADING_WORDS
        and text[0].isupper()
        and not text.endswith((".", ";", ":", ",", "!"))
        and "@" not in text
        and "|" not in text
        and not _FIELD.search(text)
        and not states_date(text)
    )


def _without_page(blocks: list[Block]) -> list[Block]:
    """Without the words of the page a text was taken from, where they are certain to be that.

    Above the policy: lines of one to four words up to a "toggle navigation" or "skip to content" that no policy says.
    Below it: what follows a vote on the article, and such lines above a last line of copyright.
    """
    first, last = 0, len(blocks)
    for index, block in enumerate(blocks[:60]):
        if _MENU_SWITCH.fullmatch(block.text):
            if all(_is_menu_line(above) for above in blocks[:index]):
                first = index + 1
            break
    for index in range(max(first + 1, last - 10), last):
        if _VOTE.match(blocks[index].text) and all(len(block.text) < 100 for block in blocks[index:]):
            last = index
            break
    if last - first > 2 and _COPYRIGHT.match(blocks[last - 1].text):
        foot = last - 1
        while foot > first + 1 and _is_menu_line(blocks[foot - 1]):
            foot -= 1
        if last - foot > 5:
            last = foot
    return blocks[first:last]


def _is_menu_line(block: Block) -> bool:
    return len(block.text.split()) <= 4 and not re.search(r"[@.:;!?|]|\d\d", block.text)
