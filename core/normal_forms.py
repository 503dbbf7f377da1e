"""Unicode normal forms of texts that anybody may have written (Unicode Standard Annex #15)."""

import re
import unicodedata
from functools import cache
from typing import Literal

NormalForm = Literal["NFC", "NFKC", "NFD"]
# The most combining marks in a row that are left together, and the character that divides more of them: the combining
# grapheme joiner (UAX #15, section 13, "Stream-Safe Text Format"). Normalization takes a time that grows with the
# square of the marks in a row. No script needs so many.
_MOST_MARKS = 30
_JOINER = "\u034f"
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
_BEYOND_MARKS = 0x1F000  # no code point from here on is a combining mark
# A shorter text isn't searched for marks, because it takes longer to search it than to normalize it.
_SHORT = 500


def normal_form(form: NormalForm, text: str) -> str:
    """Returns a text in a Unicode normal form. Every 30 combining marks in a row are divided from those after them."""
    return unicodedata.normalize(form, stream_safe(text))


def stream_safe(text: str) -> str:
    """Returns a text with a combining grapheme joiner after every 30 combining marks in a row."""
    # Of more than 30 marks in a row, at least one is among the characters at a distance of 30.
    if len(text) <= _SHORT or text.isascii() or not (mark := _mark(text)).search(text[::_MOST_MARKS]):
        return text
    return _runs(mark).sub(rf"\g<0>{_JOINER}", text)


def _mark(text: str) -> re.Pattern[str]:
    """Returns the pattern of a combining mark.

    A class of characters beyond the Basic Multilingual Plane is slow, so it is used only for texts that have some.
    """
    return _marks_below(_BEYOND_MARKS if _BEYOND_BMP.search(text) else 0x10000)


@cache
def _marks_below(end: int) -> re.Pattern[str]:
    marks = "".join(chr(code) for code in range(0x300, end) if unicodedata.combining(chr(code)))
    return re.compile(f"[{marks}]")


@cache
def _runs(mark: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(f"{mark.pattern}{{{_MOST_MARKS}}}(?={mark.pattern})")
