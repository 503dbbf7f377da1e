"""Removes the text that a declaration says to ignore, such as a visitor counter."""

from collections.abc import Sequence

from core.exceptions import ExtractionError
from core.patterns import compile_pattern
from extraction.blocks import Block
from extraction.words.normalization import normalize


def without_ignored_text(blocks: list[Block], ignore: Sequence[str]) -> list[Block]:
    """Returns the blocks without the text that matches a pattern. A block without any letter or digit left is dropped.

    ignore: the patterns (see `core.patterns`). Each pattern is searched in the text of each block, and all that it
        matches is removed.

    The links of a block stay, because it isn't known which of them stood in the text. ExtractionError if a pattern
    can't be read.
    """
    if not ignore:
        return blocks
    try:
        patterns = [compile_pattern(pattern) for pattern in ignore]
    except ValueError as error:
        raise ExtractionError(f"{error}; correct it in the declaration") from None
    kept = []
    for block in blocks:
        # RE2 reads UTF-8, which has no lone surrogates.
        text = before = block.text.encode("utf-8", "replace").decode("utf-8")
        for pattern in patterns:
            text = pattern.sub("", text)
        if text != before:
            block.text = normalize(text)
            if block.typography is not None:
                block.typography = ""  # as the text is now
        if any(map(str.isalnum, block.text)):
            kept.append(block)
    return kept
