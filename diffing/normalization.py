"""Makes normalized forms of a text. Texts that differ only in one respect have equal normalized forms.

One form leaves out typography, and another form leaves out the clause number at the beginning. A third form masks
contact details, dates and numbers. `diffing.sameness.same_text` makes a further form.
"""

import re
from collections.abc import Callable
from functools import lru_cache, wraps

from core.normal_forms import normal_form
from diffing.tokenization import DASHES, QUOTES, words

# Characters that `fold` removes: the characters that plain-text pages use for emphasis, bullets and table lines;
# signs such as ®; and characters without width.
_DROPPED = dict.fromkeys(map(ord, "*_•·●▪◦‣|\\®™©\u00ad\u034f\u061c\u180e"), None) | dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x2800, 0xFEFF], None
)
# If a text has more characters than this, the forms of the text are not cached.
_MOST_CACHED_CHARACTERS = 2_000
_TYPOGRAPHY = DASHES | QUOTES | _DROPPED
_SPACE_BESIDE_PUNCTUATION = re.compile(r" (?=[^\w\s])|(?<=[^\w\s]) ")

# The clause number at the beginning of a text, if extraction left the number in the text. A full stop, a bracket or a
# colon must follow the number, so the 30 of "30 days" is not a clause number. After a number with parts, such as 2.1,
# a space and a capital letter are enough. The day of a date isn't a clause number ("25. Mai 2018").
_NUMBER_IN_FRONT = re.compile(
    r"""(?!\d{1,2}\.\s+[^\W\d_]{3,}\.?\s+\d{4}\b)
        (?:(?:section|article|clause|part|chapter|schedule|annex|§)\s*)?
        (?:\d{1,3}(?:\.\d{1,3})*\.?[.):]|\d{1,3}(?:\.\d{1,3})+(?=\s+[^\Wa-z\d])|\(?(?:\d{1,3}|[a-z]|[ivxlc]{1,6})\)|[ivxlc]{1,6}\.|[a-z]\.)
        \s+(?=\S)""",
    re.VERBOSE | re.IGNORECASE,
)


def _cached(form: Callable[[str], str]) -> Callable[[str], str]:
    """Returns a function with the same results as `form`, which caches the results for short texts.

    The cache saves time, because alignment and classification need the same forms of the same texts.
    """
    form_of_short = lru_cache(maxsize=4_096)(form)

    @wraps(form)
    def cached_form(text: str) -> str:
        return form_of_short(text) if len(text) <= _MOST_CACHED_CHARACTERS else form(text)

    return cached_form


@_cached
def fold(text: str) -> str:
    """Returns the folded text: texts that differ only in case or typography have the same folded text.

    The text is case-folded. White space is collapsed, ligatures are resolved, and emphasis is dropped. All quotes have
    one shape, and all dashes have one shape.
    """
    if not text.isascii():
        text = normal_form("NFKC", text)
    return " ".join(text.translate(_TYPOGRAPHY).casefold().split())


@_cached
def strip_typography(folded: str) -> str:
    """Returns a folded text without spaces next to punctuation and without punctuation at both ends."""
    text = _SPACE_BESIDE_PUNCTUATION.sub("", folded)
    return text.strip(".;:,-'") or text


def number_in_front(text: str) -> str:
    """Returns the clause number at the beginning of a text, such as "2. " or "(a) ", with punctuation and white space.

    '' if the text does not begin with a clause number.
    """
    match = _NUMBER_IN_FRONT.match(text)
    return match[0] if match else ""


def without_number(text: str) -> str:
    """Returns a text without the clause number at its beginning."""
    return text[len(number_in_front(text)) :]


# "may", "mai" and "mar" are other words, too, so they are months only where they look like a part of a date.
_SURE_MONTH = (
    "jan(?:uary|vier|uar|uari)?|enero|gennaio|janeiro|feb(?:ruary|ruar|ruari|brero|braio)?|f[ée]vrier|fevereiro"
    "|mar(?:ch|s|zo|ço)|märz|maart|apr(?:il|ile)?|avril|abril|mayo|maggio|maio|mei|june?|juin|juni|junio|giugno|junho"
    "|july?|juillet|juli|julio|luglio|julho|aug(?:ust|ustus)?|ao[uû]t|agosto|sept?(?:ember|embre|tembre|iembre)?|setembro"
    "|oct(?:ober|obre)?|okt(?:ober)?|ottobre|outubro|nov(?:ember|embre|iembre|embro)?|dec(?:ember)?|d[ée]cembre|dez(?:ember)?"
    "|diciembre|dicembre|dezembro"
)
_UNSURE_MONTH = "may|mai|mar"
_NUMERAL = (
    "(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-(?:one|two|three|four|five|six|seven|eight|nine))?"
    "|(?:one|two|three|four|five|six|seven|eight|nine) hundred"
    "|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
)
#: The parts of the patterns of facts, for folded texts.
#: MONTH: the name of a month. LETTER: digits next to these letters belong to a word (B2B, SHA256). Chinese and Japanese
#: letters are not in the class, since Chinese and Japanese put no spaces around numbers. DIGITS: a number in digits;
#: its length is limited, since a very long run of digits is not a number. BETWEEN: what may stand between the parts of
#: a date. MONTH_BEFORE, MONTH_AFTER: the name of a month before or after the number of a day or a year.
MONTH = f"{_SURE_MONTH}|{_UNSURE_MONTH}"
LETTER = "a-zß-ԯ"
DIGITS = rf"[+(]{{0,3}}\d(?:[\d.,:/()+-]{{0,40}}\d)?\)?%?(?:st|nd|rd|th|er|º|ª)?(?![{LETTER}])"
BETWEEN = r"(?:[\s,./-]{1,3}(?:(?:of|de|du)\s)?)"
MONTH_BEFORE = (
    rf"(?:{_SURE_MONTH})\.?{BETWEEN}|(?:{_UNSURE_MONTH})\.?{BETWEEN}"
    r"(?=\d{4}(?!\d)|\d{1,2}(?:st|nd|rd|th)?(?:[\s,.]{1,3}\d{4}(?!\d)|\W*$)|\d{1,2}(?:st|nd|rd|th))"
)
MONTH_AFTER = (
    rf"(?:(?:{_SURE_MONTH})(?![^\W_])|(?:{_UNSURE_MONTH})(?![^\W_])"
    r"(?=[\s,./-]{1,3}(?:de\s|\d{1,2},?\s)?\d{4}(?!\d)|\W*$))"
)
_NUMBER = f"(?:{DIGITS}|\\(?(?:{_NUMERAL})\\)?(?![^\\W_]))"
WEB = r"(?:https?://|www\.)[^\s<>]+"
_WEB = re.compile(WEB)
#: E-mail addresses, written as usual (a@b.com) or hidden from robots (a {AT} b {DOT} com, a at b dot com). MAIL is
#: slow, so it is used only for texts in which AT_OR_DOT is found.
AT_OR_DOT = re.compile(r"@|[\[({<]\s?at\s?[\])}>]|\sdot\s", re.IGNORECASE)
MAIL = (
    r"(?<![\w.+%-])[\w.+%-]+"
    r"(?:@|\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?|\sat\s(?=[\w-]+\sdot\s))[\w-]+"
    r"(?:(?:\.|\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\sdot\s)[\w-]+)+"
)
_MAIL = re.compile(MAIL)
_NUMBERS = re.compile(rf"(?<![{LETTER}\d])(?:{MONTH_BEFORE})?{_NUMBER}(?:{BETWEEN}?(?:{_NUMBER}|{MONTH_AFTER}))*")
_COUNTED = re.compile(
    "\ue002(\\s?)((?:(?:business|calendar|working) )?(?:minute|hour|day|week|month|year))s?(?![^\\W_])"
)
_MASKED = re.compile("[\ue000-\ue002]")
#: Punctuation that makes no difference between two texts with other facts.
LIGHT_PUNCTUATION = re.compile(r"[\s,.:;()'-]+")


@_cached
def mask_facts(folded: str) -> str:
    """Returns a folded text with each fact replaced by a mask character, and without light punctuation.

    Facts are e-mail and web addresses, telephone numbers, dates and numbers. '' if the text has no facts.
    """
    masked = _WEB.sub("\ue000", folded) if "://" in folded or "www." in folded else folded
    if AT_OR_DOT.search(masked):
        masked = _MAIL.sub("\ue001", masked)
    masked = _NUMBERS.sub("\ue002", masked)
    if masked == folded:
        return ""
    return LIGHT_PUNCTUATION.sub(" ", _COUNTED.sub("\ue002\\1\\2", masked)).strip()


def has_words(masked: str) -> bool:
    """Returns whether a masked text is distinctive: it has at least four words besides the masks."""
    return len(words(_MASKED.sub(" ", masked))) >= 4
