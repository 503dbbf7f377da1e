"""What is left of a text when differences of one class are taken out of it; equal keys give that class.

Three keys beyond the text itself (`sameness.same_text`): without typography, without the number in front, and with
contact details, dates and numbers masked.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, wraps

from diffing.words import DASHES, QUOTES, words

# Emphasis, bullets and table rules that a plain-text page spells out, and characters without width.
_DROPPED = dict.fromkeys(map(ord, "*_•·●▪◦‣|\\®™©\u00ad\u034f\u061c\u180e"), None) | dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF], None
)
# Longer texts are not remembered.
_SHORT = 2_000
_TYPOGRAPHY = DASHES | QUOTES | _DROPPED
_SPACE_BESIDE_PUNCTUATION = re.compile(r" (?=[^\w\s])|(?<=[^\w\s]) ")

# A number in front of a clause that the extraction left in its text. "30 days" is none: it takes a full stop, a
# bracket or a colon after it, or parts (2.1) before a capital.
_NUMBER_IN_FRONT = re.compile(
    r"""(?:(?:section|article|clause|part|chapter|schedule|annex|§)\s*)?
        (?:\d{1,3}(?:\.\d{1,3})*\.?[.):]|\d{1,3}(?:\.\d{1,3})+(?=\s+[^\Wa-z\d])|\(?(?:\d{1,3}|[a-z]|[ivxlc]{1,6})\)|[ivxlc]{1,6}\.|[a-z]\.)
        \s+(?=\S)""",
    re.VERBOSE | re.IGNORECASE,
)


def _remembering(key: Callable[[str], str]) -> Callable[[str], str]:
    """The key, which is asked for several times of the same clause: by the alignment and by the classification."""
    of_short = lru_cache(maxsize=4_096)(key)

    @wraps(key)
    def of(text: str) -> str:
        return of_short(text) if len(text) <= _SHORT else key(text)

    return of


@_remembering
def plain(text: str) -> str:
    """The text with one kind of quotes and dashes, without ligatures, emphasis and case, singly spaced."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.translate(_TYPOGRAPHY).casefold().split())


@_remembering
def without_typography(plain_text: str) -> str:
    """A plain text without spacing around punctuation and without punctuation at either end."""
    text = _SPACE_BESIDE_PUNCTUATION.sub("", plain_text)
    return text.strip(".;:,-'") or text


def number_in_front(text: str) -> str:
    """The number, with its punctuation and white space, that stands before the words of a text; empty if none does."""
    match = _NUMBER_IN_FRONT.match(text)
    return match[0] if match else ""


_MONTH = (
    "jan(?:uary|vier|uar|uari)?|enero|gennaio|janeiro|feb(?:ruary|ruar|ruari|brero|braio)?|f[ée]vrier|fevereiro"
    "|mar(?:ch|s|zo|ço)?|märz|maart|apr(?:il|ile)?|avril|abril|may|mai|mayo|maggio|maio|mei|june?|juin|juni|junio|giugno|junho"
    "|july?|juillet|juli|julio|luglio|julho|aug(?:ust|ustus)?|ao[uû]t|agosto|sept?(?:ember|embre|tembre|iembre)?|setembro"
    "|oct(?:ober|obre)?|okt(?:ober)?|ottobre|outubro|nov(?:ember|embre|iembre|embro)?|dec(?:ember)?|d[ée]cembre|dez(?:ember)?"
    "|diciembre|dicembre|dezembro"
)
_NUMERAL = (
    "(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-(?:one|two|three|four|five|six|seven|eight|nine))?"
    "|(?:one|two|three|four|five|six|seven|eight|nine) hundred"
    "|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
)
# A number within a word (B2B, SHA256) is none; Chinese and Japanese write theirs without spaces around.
_LETTER = "a-zß-ԯ"
# Bounded, since a number that goes on for pages is none.
_DIGITS = rf"[+(]{{0,3}}\d(?:[\d.,:/()+-]{{0,40}}\d)?\)?%?(?:st|nd|rd|th|er|º|ª)?(?![{_LETTER}])"
_NUMBER = f"(?:{_DIGITS}|\\(?(?:{_NUMERAL})\\)?(?![^\\W_]))"
_BETWEEN = r"(?:[\s,./-]{1,3}(?:(?:of|de|du)\s)?)"
_WEB = re.compile(r"(?:https?://|www\.)[^\s<>]+")
# Spelled for readers (a@b.com) or against robots (a {AT} b {DOT} com, a at b dot com).
_AT_OR_DOT = re.compile(r"@|[\[({<]\s?at\s?[\])}>]|\sdot\s")
_MAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]+"
    r"(?:@|\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?|\sat\s(?=[\w-]+\sdot\s))[\w-]+"
    r"(?:(?:\.|\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\sdot\s)[\w-]+)+"
)
_NUMBERS = re.compile(
    rf"(?<![{_LETTER}\d])(?:(?:{_MONTH})\.?{_BETWEEN})?{_NUMBER}(?:{_BETWEEN}?(?:{_NUMBER}|(?:{_MONTH})(?![^\W_])))*"
)
_COUNTED = re.compile(
    "\ue002(\\s?)((?:(?:business|calendar|working) )?(?:minute|hour|day|week|month|year))s?(?![^\\W_])"
)
_MASKED = re.compile("[\ue000-\ue002]")
_LIGHT_PUNCTUATION = re.compile(r"[\s,.:;()'-]+")


@_remembering
def facts_masked(plain_text: str) -> str:
    """A plain text with its contact details (e-mail and web addresses, telephone numbers), dates and numbers masked,
    light punctuation aside; empty where it has none of them."""
    masked = _WEB.sub("\ue000", plain_text) if "://" in plain_text or "www." in plain_text else plain_text
    if _AT_OR_DOT.search(masked):
        masked = _MAIL.sub("\ue001", masked)
    masked = _NUMBERS.sub("\ue002", masked)
    if masked == plain_text:
        return ""
    return _LIGHT_PUNCTUATION.sub(" ", _COUNTED.sub("\ue002\\1\\2", masked)).strip()


def has_words(masked: str) -> bool:
    """Whether words are left beside the masks, so that an equal mask says something wherever it stands."""
    return len(words(_MASKED.sub(" ", masked))) >= 4
