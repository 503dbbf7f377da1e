"""The plain-text reader.

The reader recognises three layouts of a text: paragraphs separated by blank lines, one clause on each line, and
hard-wrapped lines.
"""

import itertools
import re

from extraction.blocks import Block
from extraction.source_lines import without_source_line
from extraction.words.labels import split_label
from extraction.words.normalization import has_letter_or_digit, normalize, typography_without_prefix, word_set
from extraction.words.stated_dates import states_date

_BULLET = re.compile(r"(?:[•·●◦▪▫■□‣⁃∙➢➤►✓✔]\s*|[*+–—-]\s+)(?=\S)")
_MARKED_HEADING = re.compile(r">\s+(?=\S)")
_SENTENCE_END = (".", "!", "?", ":", ";", ",", ".”", '."', ")", "…")
# English, French, German and Spanish articles, prepositions and similar words. A line that ends with such a word
# continues on the next line.
_UNFINISHED_ENDINGS = word_set(
    "a an the of to in on at by for from with into about visit your our their its that which le la les de du "
    "des un une à au aux par pour dans sur avec der die das den dem des ein eine von zu mit für im am el los "
    "las del con por para"
)
# A text with lines of equal width counts as hard-wrapped only if the width is between these limits, in characters.
_NARROWEST_WRAP = 40
_WIDEST_WRAP = 120
# In a hard-wrapped text, at least this share of the lines ends in the middle of a sentence.
_CUT_SHARE = 0.25
_MENU_SWITCH = re.compile(r"toggle navigation|skip to (?:main )?content|(?:open|close|toggle) menu", re.IGNORECASE)
_VOTE = re.compile(r"was this (?:article|page|answer) helpful\b", re.IGNORECASE)
_COPYRIGHT = re.compile(r"©|\(c\) |copyright ", re.IGNORECASE)
_FIELD = re.compile(r":\s.*(?:\d|www\.|https?://)")  # a field with a value, such as "VAT ID: RO30754979"
# A line with more words or characters than these limits isn't a heading.
_MOST_HEADING_WORDS = 12
_LONGEST_HEADING = 80
# A line in the form of a title is a heading only if the text below the line has more characters than this. The first
# line of a text needs no such text below.
_SENTENCE_LENGTH = 60


def read_text(text: str) -> list[Block]:
    """Returns the blocks of a plain text.

    If the first line only names the source of the text, the line is left out (see `extraction.source_lines`).
    """
    raw_lines = without_source_line(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    blocks = []
    for numbers, block in lines_of_clauses([normalize(line) for line in raw_lines]):
        raw = " ".join([raw_lines[number].strip(" \t") for number in numbers])
        prefix = normalize(raw).removesuffix(block.text)
        block.typography = typography_without_prefix(raw, prefix)
        blocks.append(block)
    return _without_page_words(blocks)


def lines_of_clauses(lines: list[str]) -> list[tuple[range, Block]]:
    """Returns the clauses of a text: for each clause the numbers of its lines, and its block.

    lines: the normalised lines; '' for a blank line.
    """
    lines = ["" if _is_ruler(line) else line for line in lines]
    width = _wrap_width(lines)
    slack = 3
    if not width:
        width = _ragged_width(lines)
        slack = width // 12
    starts: list[int] = []  # the first line of each clause; a blank line is an empty clause
    for number, line in enumerate(lines):
        if not (line and number and lines[number - 1] and _continues(lines[number - 1], line, width, slack)):
            starts.append(number)
    clauses = [range(start, end) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    texts = [" ".join([lines[number] for number in numbers]) for numbers in clauses]
    written = [index for index, text in enumerate(texts) if text]
    has_blank_lines = (len(texts) - len(written)) * 4 > len(written)
    places = {index: place for place, index in enumerate(written)}
    return [
        (numbers, _block(texts, written, places[index], has_blank_lines))
        for index, numbers in enumerate(clauses)
        if has_letter_or_digit(texts[index])
    ]


def is_hard_wrapped(lines: list[str]) -> bool:
    """Returns whether a text is hard-wrapped: the text has at least 20 lines, and many lines end inside a clause."""
    return len(lines) >= 20 and (_wrap_width(lines) > 0 or _ragged_width(lines) > 0)


def _is_ruler(line: str) -> bool:
    return bool(re.fullmatch(r"\s*([-=_*~#])\1{2,}\s*", line))


def _wrap_width(lines: list[str]) -> int:
    """Returns the width, in characters, at which the text is hard-wrapped; 0 if the text isn't hard-wrapped.

    A text is hard-wrapped if most of its lines are full, and many of these end in the middle of a sentence. A line is
    full if it has no room for the first word of the next line. Paragraphs that happen to have the same length are full
    lines, too, but they end with their sentences.
    """
    pairs = [(above, below) for above, below in itertools.pairwise(lines) if above and below]
    if len(pairs) < 3:
        return 0
    width = max(len(line) for line in lines)
    if width > _WIDEST_WRAP:
        return 0
    full = [pair for pair in pairs if len(pair[0]) + 1 + len(pair[1].split()[0]) > width - 3]
    cut = sum(not above.endswith(_SENTENCE_END) and not below[0].isupper() for above, below in full)
    is_wrapped = len(full) >= 0.6 * len(pairs) and cut >= _CUT_SHARE * len(full)
    return width if is_wrapped and width >= _NARROWEST_WRAP else 0


def _ragged_width(lines: list[str]) -> int:
    """Returns the approximate width, in characters, of a text that was hard-wrapped in a proportional font.

    Returns 0 if the text isn't hard-wrapped. A text counts as hard-wrapped if many lines end in the middle of a
    sentence. Otherwise each line is a whole paragraph.
    """
    pairs = [(above, below) for above, below in itertools.pairwise(lines) if above and below]
    cut = sum(not above.endswith(_SENTENCE_END) and below[0].islower() for above, below in pairs)
    if len(pairs) < 20 or cut < _CUT_SHARE * len(pairs):
        return 0
    return sorted(map(len, lines))[int(0.97 * len(lines))]


def _begins_clause(line: str) -> bool:
    return bool(_BULLET.match(line) or _MARKED_HEADING.match(line) or split_label(line)[0])


def _continues(above: str, line: str, width: int, slack: int) -> bool:
    """Returns whether a line belongs to the same clause as the line above.

    width: the width at which the text is hard-wrapped, in characters; 0 if the text isn't hard-wrapped.
    slack: the number of characters by which a full line may be shorter than the width.
    """
    if _begins_clause(line):
        return False
    if width:
        is_full = len(above) + 1 + len(line.split(None, 1)[0]) > width - slack
        return is_full or (not above.endswith(_SENTENCE_END) and line[0].islower())
    return above.rsplit(None, 1)[-1] in _UNFINISHED_ENDINGS


def _block(texts: list[str], written: list[int], place: int, has_blank_lines: bool) -> Block:
    index = written[place]
    text = texts[index]
    marked = _MARKED_HEADING.match(text)
    if marked and len(text) <= _LONGEST_HEADING and has_letter_or_digit(text[marked.end() :]):
        return Block("heading", text[marked.end() :], 2)
    bullet = _BULLET.match(text)
    if bullet and has_letter_or_digit(text[bullet.end() :]):
        return Block("list_item", text[bullet.end() :])
    if _looks_like_heading(texts, written, place, has_blank_lines):
        return Block("heading", text, 1 if index == 0 else 2)
    return Block("paragraph", text)


def _looks_like_heading(texts: list[str], written: list[int], place: int, has_blank_lines: bool) -> bool:
    """Returns whether a text in the form of a title is a heading.

    There are three cases in which a text in the form of a title is a heading:

    - The text is the first text.
    - The next text is much longer.
    - The next text has the form of a title, too, and is followed by a much longer text.

    texts: the texts of all clauses in order, with '' for each blank line.
    written: the indexes of the texts that aren't ''.
    place: the place of the text in question among them.
    """
    index = written[place]
    if not _in_title_form(texts[index]):
        return False
    if not place:
        return len(texts) > 1
    below = written[place + 1] if place + 1 < len(written) else None
    if below is None or (has_blank_lines and below == index + 1 and not split_label(texts[index])[0]):
        return False  # the last line, or the first line of a paragraph
    if len(texts[below]) > max(_SENTENCE_LENGTH, 2 * len(split_label(texts[index])[1])):
        return not _BULLET.match(texts[below])
    following = texts[written[place + 2]] if place + 2 < len(written) else ""
    return _in_title_form(texts[below]) and len(following) > max(_SENTENCE_LENGTH, 2 * len(texts[below]))


def _in_title_form(line: str) -> bool:
    text = split_label(line)[1]
    return (
        len(text) <= _LONGEST_HEADING
        and len(text.split()) <= _MOST_HEADING_WORDS
        and text[0].isupper()
        and not text.endswith((".", ";", ":", ",", "!"))
        and "@" not in text
        and "|" not in text
        and not _FIELD.search(text)
        and not states_date(text)
    )


def _without_page_words(blocks: list[Block]) -> list[Block]:
    """Returns the blocks without remains of the web page from which the text was copied.

    Above the policy, the remains are lines of up to four words, followed by "toggle navigation" or "skip to content".
    Below the policy, the remains are one or both of the following:

    - a question such as "Was this article helpful?", and all lines after the question;
    - a copyright line at the end, and at least five lines of up to four words directly above the copyright line.
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
