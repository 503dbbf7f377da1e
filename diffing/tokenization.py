"""Cuts texts into words, tokens and sentences.

A word is a run of letters and digits with their combining marks. Some scripts are written without spaces: Chinese,
Japanese, Thai, Lao, Khmer, Burmese, Tibetan. In these scripts, each character with its marks counts as a word and as a
token, because finding the real words would need a dictionary.
"""

import re
import unicodedata
from functools import cache

#: Translation tables for `str.translate`. DASHES maps every dash to "-"; QUOTES maps every quote and apostrophe to "'".
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
QUOTES = dict.fromkeys(map(ord, '‘’‚‛′ʼ`´“”„‟″«»‹›"'), "'")

# A token of several words and punctuation marks: an e-mail address, a web address, a number such as 1,000.50, or a date
# in digits. Repetitions are limited, so that no text makes the search slow.
_ADDRESS_OR_NUMBER = (
    r"[A-Za-z0-9_.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}|https?://[^\s<>()]{0,200}[^\s<>().,;:]|\d+(?:[.,:/-]\d+)+"
)
_PLAIN = (
    re.compile(r"[^\W_]+(?:['’][^\W_]+)*"),
    re.compile(rf"\s+|{_ADDRESS_OR_NUMBER}|[^\W_]+(?:['’_][^\W_]+)*|.", re.DOTALL),
)
# Matches a character outside the blocks Latin, Greek, Cyrillic, Armenian, punctuation and symbols. A text without such
# a character has no combining marks and no script without spaces, so simple patterns are enough for the text.
_NOT_PLAIN = re.compile(
    "[^\u0000-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u058f\u1e00-\u200a\u2010-\u2029\u202f-\u205f\u2070-\u20cf\u2100-\u2bff]"
)

# Scripts without spaces: Han, Hiragana, Katakana, Bopomofo, Thai, Lao, Tibetan, Burmese, Khmer.
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
)
_UNSPACED_BEYOND = "\U00020000-\U0003ffff"
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
# Characters that belong to the character before them: joiners, direction marks, variation selectors, soft hyphen.
_ATTACHED = "\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"


@cache
def _patterns(beyond_bmp: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Returns a pattern that finds words and a pattern that finds tokens, in texts of any script.

    The patterns are compiled when they are first needed, since finding all combining marks takes a while. A character
    class with characters beyond the Basic Multilingual Plane is slow, because `re` searches such a class range by
    range. So texts without such characters get patterns without such classes.

    beyond_bmp: whether the text has characters beyond the Basic Multilingual Plane.
    """
    points = range(0x300, 0x1E950 if beyond_bmp else 0x10000)
    marks = [chr(point) for point in points if unicodedata.category(chr(point))[0] == "M"]
    mark = f"[{''.join(marks)}{_ATTACHED}]"
    unspaced_letters = _UNSPACED + _UNSPACED_BEYOND if beyond_bmp else _UNSPACED
    unspaced = f"[{unspaced_letters}]{mark}*"
    letters = f"[^\\W_{unspaced_letters}]+(?:{mark}+[^\\W_{unspaced_letters}]*)*"
    return (
        re.compile(f"{unspaced}|{letters}(?:['’]{letters})*"),
        re.compile(f"\\s+|{unspaced}|{_ADDRESS_OR_NUMBER}|{letters}(?:['’_]{letters})*|.{mark}*", re.DOTALL),
    )


def _patterns_for(text: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return _patterns(_BEYOND_BMP.search(text) is not None) if _NOT_PLAIN.search(text) else _PLAIN


def words(text: str) -> list[str]:
    """Returns the words of a text, without spaces and punctuation."""
    return _patterns_for(text)[0].findall(text)


def tokens(text: str) -> list[str]:
    """Cuts a text into words, addresses, numbers, runs of white space, and single other characters.

    Returns the tokens in order. Joining the tokens gives the text again.
    """
    return _patterns_for(text)[1].findall(text)


def words_of(text: str) -> frozenset[str]:
    """Returns the set of the words in a text that separates words with spaces."""
    return frozenset(text.split())


_SENTENCE_END = re.compile(r"""[.!?;:]["'”’)\]]*\s+|[。！？；]""")


def sentences(text: str) -> list[str]:
    """Cuts a text into sentences. The white space after a sentence belongs to the sentence.

    Returns the sentences in order. Joining the sentences gives the text again.
    """
    pieces, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        pieces.append(text[start : match.end()])
        start = match.end()
    if start < len(text):
        pieces.append(text[start:])
    return pieces
