"""Texts as words: for likeness, for redlines, and as sentences.

A word is a run of letters and digits with their combining marks. Scripts written without spaces (Chinese, Japanese,
Thai, Lao, Khmer, Burmese, Tibetan) give one token a character with its marks, since their words cannot be told apart
without a dictionary.
"""

import re
import unicodedata
from functools import cache

_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*")
_ASCII_TOKEN = re.compile(r"\s+|[A-Za-z0-9]+(?:['_][A-Za-z0-9]+)*|.", re.DOTALL)

# Han, Hiragana, Katakana, Bopomofo; Thai and Lao; Tibetan; Burmese; Khmer.
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
# Characters that belong to the one before them: joiners, marks of direction, variation selectors, soft hyphen.
_ATTACHED = "\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The patterns for text beyond ASCII; made when first needed, since finding all combining marks takes a while."""
    marks = [chr(point) for point in range(0x300, 0x1E950) if unicodedata.category(chr(point))[0] == "M"]
    mark = f"[{''.join(marks)}{_ATTACHED}]"
    unspaced = f"[{_UNSPACED}]{mark}*"
    letter = f"(?:[^\\W_{_UNSPACED}]{mark}*)"
    return (
        re.compile(f"{unspaced}|{letter}+(?:['’]{letter}+)*"),
        re.compile(f"\\s+|{unspaced}|{letter}+(?:['’_]{letter}+)*|.{mark}*", re.DOTALL),
    )


def words(text: str) -> list[str]:
    """The words of a text, without what stands between them."""
    return (_ASCII_WORD if text.isascii() else _patterns()[0]).findall(text)


def tokens(text: str) -> list[str]:
    """The text cut into words, runs of white space, and other characters; joined they are the text again."""
    return (_ASCII_TOKEN if text.isascii() else _patterns()[1]).findall(text)


_SENTENCE_END = re.compile(r"""(?<=[.!?;:])["'”’)\]]*\s+|(?<=[。！？；])""")


def sentences(text: str) -> list[str]:
    """The text cut after each sentence, white space kept at its end; joined they are the text again."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if match.end() > start:
            found.append(text[start : match.end()])
            start = match.end()
    if start < len(text):
        found.append(text[start:])
    return found
