"""Makes clauses from blocks: recognises headings and labels, and adds the heading path to each clause."""

from core.clauses import Clause
from extraction.blocks import LOOKS_LEVEL, Block
from extraction.words.labels import split_label
from extraction.words.normalization import typography_without_prefix
from extraction.words.stated_dates import states_date

# Upper limits of the number of words and characters of a line in bold type or capitals that counts as a heading. A
# longer line is a sentence.
_MOST_HEADING_WORDS = 16
_LONGEST_HEADING = 120
# A heading element counts as a paragraph if its text has more characters than this and ends like a sentence.
_LONGEST_HEADING_ELEMENT = 300
# A longer text is never a heading: each clause below a heading repeats its text, so the document would grow with the
# square of the page.
_LONGEST_HEADING_OF_ALL = 1_000
_SENTENCE_END = (".", ";", ",", "!", ")", "…", "。")


def build_clauses(blocks: list[Block]) -> tuple[Clause, ...]:
    """Returns one clause for each block, in order.

    A heading inside a panel is below the panel's title, whatever its level. The title ends with the panel.
    """
    clauses: list[Clause] = []
    open_headings: list[tuple[tuple[int, int], str]] = []  # panels around it and level; text; outermost first
    heading_path: tuple[str, ...] = ()
    panels = 0  # around the block above
    for index, block in enumerate(blocks):
        label, text = split_label(block.text)
        level = _heading_level(block, blocks[index + 1] if index + 1 < len(blocks) else None)
        if label is None:
            label = block.label
        if block.panels < panels:
            while open_headings and open_headings[-1][0][0] > block.panels:
                open_headings.pop()
            if open_headings and open_headings[-1][0][0] == block.panels:
                open_headings.pop()
            heading_path = tuple(heading for _, heading in open_headings)
        panels = block.panels
        if level:
            while open_headings and open_headings[-1][0] >= (panels, level):
                open_headings.pop()
            heading_path = tuple(heading for _, heading in open_headings)
        kind = "heading" if level else "paragraph" if block.kind == "heading" else block.kind
        typography = block.typography
        if typography:
            typography = typography_without_prefix(typography, block.text.removesuffix(text))
            if typography == text:
                typography = ""
        clauses.append(Clause(len(clauses), kind, label, heading_path, text, block.links, typography))
        if level:
            open_headings.append(((block.panels, level), text))
            heading_path = (*heading_path, text)
    return tuple(clauses)


def _heading_level(block: Block, following: Block | None) -> int:
    """Returns the level of a heading; 0 if the block isn't a heading.

    following: the next block; None for the last block.
    """
    if len(block.text) > _LONGEST_HEADING_OF_ALL:
        return 0
    if block.kind == "heading":
        # Some pages put whole paragraphs into heading elements to make them look larger.
        is_sentence = len(block.text) > _LONGEST_HEADING_ELEMENT and block.text.endswith(_SENTENCE_END)
        return 0 if is_sentence else block.level
    if block.kind != "paragraph" or following is None or following.level:
        return 0
    text = block.text
    is_short = len(text) <= _LONGEST_HEADING and len(text.split()) <= _MOST_HEADING_WORDS
    if not is_short or text.endswith(_SENTENCE_END) or "@" in text or block.link_share > 0.5 or states_date(text):
        return 0
    if block.bold and not following.bold:
        return LOOKS_LEVEL
    in_capitals = text.isupper() and sum(map(str.isalpha, text)) > 3
    if in_capitals and not following.text.isupper() and len(following.text) > 2 * len(text):
        return LOOKS_LEVEL
    return 0
