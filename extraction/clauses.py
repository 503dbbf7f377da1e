"""Blocks to clauses: which are headings, what their labels are, which headings they stand under."""

from core.clauses import Clause
from extraction.blocks import LOOKS_LEVEL, Block
from extraction.words.labels import split_label
from extraction.words.stated_dates import states_date
from extraction.words.tidying import without_front

_HEADING_WORDS = 16
_HEADING_LENGTH = 120
_NO_HEADING_END = (".", ";", ",", "!", ")", "…", "。")


def clauses_of(blocks: list[Block]) -> tuple[Clause, ...]:
    """The clauses the blocks make, in order."""
    clauses: list[Clause] = []
    path: list[tuple[int, str]] = []
    above: tuple[str, ...] = ()
    for index, block in enumerate(blocks):
        label, text = split_label(block.text)
        level = _level(block, label, blocks[index + 1] if index + 1 < len(blocks) else None)
        if label is None:
            label = block.label
        if level:
            while path and path[-1][0] >= level:
                path.pop()
            above = tuple(heading for _, heading in path)
        kind = "heading" if level else "paragraph" if block.kind == "heading" else block.kind
        typography = block.typography
        if typography:
            typography = without_front(typography, block.text.removesuffix(text))
            if typography == text:
                typography = ""
        clauses.append(Clause(len(clauses), kind, label, above, text, block.links, typography))
        if level:
            path.append((level, text))
            above = (*above, text)
    return tuple(clauses)


def _level(block: Block, label: str | None, following: Block | None) -> int:
    """The level of a heading, 0 where the block is none."""
    if block.kind == "heading":
        # Whole paragraphs stand in heading elements for their looks.
        return 0 if len(block.text) > 300 and block.text.endswith(_NO_HEADING_END) else block.level
    if block.kind != "paragraph" or following is None or following.level:
        return 0
    text = block.text
    short = len(text) <= _HEADING_LENGTH and len(text.split()) <= _HEADING_WORDS
    if not short or text.endswith(_NO_HEADING_END) or "@" in text or block.linked > 0.5 or states_date(text):
        return 0
    if block.bold and not following.bold:
        return LOOKS_LEVEL
    shouted = text.isupper() and sum(map(str.isalpha, text)) > 3
    if shouted and not following.text.isupper() and len(following.text) > 2 * len(text):
        return LOOKS_LEVEL
    return 0
