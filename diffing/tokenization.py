"""Cuts texts into words, tokens and sentences.

A word is a run of letters and digits with their combining marks. In scripts written without spaces (Chinese, Japanese,
Thai, Lao, Khmer, Burmese, Tibetan) each character with its marks is a token, since only a dictionary could tell their
words apart.
"""

import re
import unicodedata
from functools import cache

#: Translation tables that map every dash to one shape, and every quote and apostrophe to one shape.
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
QUOTES = dict.fromkeys(map(ord, '‘’‚‛′ʼ`´“”„‟″«»‹›"'), "'")

# What a reader takes for one thing: an e-mail or web address, a number, a date in digits. Repetitions are bounded, so
# that no text makes the search slow.
_THING = (
    r"[A-Za-z0-9_.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}|https?://[^\s<>()]{0,200}[^\s<>().,;:]|\d+(?:[.,:/-]\d+)+"
)
_PLAIN = (
    re.compile(r"[^\W_]+(?:['’][^\W_]+)*"),
    re.compile(rf"\s+|{_THING}|[^\W_]+(?:['’_][^\W_]+)*|.", re.DOTALL),
)
# Outside these blocks (Latin, Greek, Cyrillic, Armenian, punctuation, symbols) marks and unspaced scripts may occur.
_NOT_PLAIN = re.compile(
    "[^\u0000-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u058f\u1e00-\u200a\u2010-\u2029\u202f-\u205f\u2070-\u20cf\u2100-\u2bff]"
)

# Han, Hiragana, Katakana, Bopomofo; Thai and Lao; Tibetan; Burmese; Khmer.
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
)
_UNSPACED_BEYOND = "\U00020000-\U0003ffff"
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
# Characters that belong to the one before them: joiners, marks of direction, variation selectors, soft hyphen.
_ATTACHED = "\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"


@cache
def _patterns(beyond_bmp: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Returns the patterns for words and for tokens of any script.

    They are compiled when first needed, since finding all combining marks takes a while. Beyond the Basic Multilingual
    Plane `re` searches a character class range by range, so texts within that plane have patterns of their own.
    """
    points = range(0x300, 0x1E950 if beyond_bmp else 0x10000)
    marks = [chr(point) for point in points if unicodedata.category(chr(point))[0] == "M"]
    mark = f"[{''.join(marks)}{_ATTACHED}]"
    unspaced_letters = _UNSPACED + _UNSPACED_BEYOND if beyond_bmp else _UNSPACED
    unspaced = f"[{unspaced_letters}]{mark}*"
    letters = f"[^\\W_{unspaced_letters}]+(?:{mark}+[^\\W_{unspaced_letters}]*)*"
    return (
        re.compile(f"{unspaced}|{letters}(?:['’]{letters})*"),
        re.compile(f"\\s+|{unspaced}|{_THING}|{letters}(?:['’_]{letters})*|.{mark}*", re.DOTALL),
    )


def _patterns_for(text: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return _patterns(_BEYOND_BMP.search(text) is not None) if _NOT_PLAIN.search(text) else _PLAIN


def words(text: str) -> list[str]:
    """Returns the words of a text, without spaces and punctuation."""
    return _patterns_for(text)[0].findall(text)


def tokens(text: str) -> list[str]:
    """Returns the text cut into words, addresses, numbers, runs of white space, and single other characters.

    Joined, the tokens are the text again.
    """
    return _patterns_for(text)[1].findall(text)


_SENTENCE_END = re.compile(r"""(?<=[.!?;:])["'”’)\]]*\s+|(?<=[。！？；])""")


def sentences(text: str) -> list[str]:
    """Returns the text cut after each sentence and the white space behind it; joined, the pieces are the text again."""
    pieces, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if match.end() > start:
            pieces.append(text[start : match.end()])
            start = match.end()
    if start < len(text):
        pieces.append(text[start:])
    return pieces
