"""Recognises the marks of notes, such as the ¹ that refers to a footnote, and writes powers."""

import re
from collections.abc import Callable

# A number, a letter, a roman numeral or a sign, with or without brackets, or several of them with commas.
_ONE = r"(?:\d{1,3}|[a-zA-Z]|[ivx]{2,5}|[*†‡§¶#]{1,4})"
_MARK = re.compile(rf"[\[(]?{_ONE}(?:\s?[,;]\s?{_ONE})*[\])]?")
# A sign without a link, and a number without a link. The number may also be a power: m², 10⁶.
_SIGN = re.compile(r"[\[(]?[*†‡§¶]{1,4}[\])]?")
_PLAIN_NUMBER = re.compile(r"[\[(]?\d{1,3}(?:\s?,\s?\d{1,3})*[\])]?")
# The text in front of such a number: a word, or the end of a sentence or of a part of it. The symbols of units, which
# may have a power (m, km, sec), have at most three letters.
_BEFORE_NUMBER = re.compile(r"(?:[^\W\d_]{4}|[.,;:!?)\]”\"»])$")
# What needs the number in front of it: "30 days". The words are those of time and of amounts.
_UNIT = re.compile(
    r"(?:(?:business|calendar|working|consecutive|full)\s+)?(?:%|‰|€|\$|£|per\s?cent\b|percent\b|prozent\b|"
    r"(?:second|minute|hour|day|week|month|year)s?\b|(?:sekunde|minute|stunde|tag|woche|monat|jahr)(?:en?|n)?\b|"
    r"(?:seconde|heure|jour|semaine|année|an)s?\b|mois\b|(?:segundo|minuto|hora|día|dia|semana|año|ano)s?\b|mes(?:es)?\b|"
    r"mês\b|minut[oi]\b|or[ae]\b|giorn[oi]\b|settiman[ae]\b|mes[ei]\b|ann[oi]\b|"
    r"(?:dag|uur|weken|maand|jaar)(?:en)?\b|日|天|か月|ヶ月|个月|個月|年|일|개월|년)",
    re.IGNORECASE,
)
# A link outside a superscript whose whole text is a mark: a number in square brackets, a sign, or an arrow back to the
# text. A bare number may be a reference: "see section 3".
_LINKED_MARK = re.compile(rf"\[{_ONE}\]|[*†‡¶]{{1,3}}|[\[(]?[↩↑⤴⏎^][\ufe0e\ufe0f]?[\])]?")
_SUPERSCRIPTS = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_POWER = re.compile(r"[+\-−]?\d{1,3}|n")


def is_mark(raw: str, in_front: str, behind: str, *, is_link: bool) -> bool:
    """Returns whether a superscript is the mark of a note.

    A number may be the only one that says for how long data is kept. So a mark stands directly behind a word or a sign,
    or at the beginning of a text, where it says to which place the note belongs, and no word behind it needs it.

    raw: the text of the superscript as written.
    in_front, behind: the text in front of the superscript and behind it; '' where no text stands.
    is_link: whether the superscript is a link to a place on the same page, or stands in one.
    """
    text = raw.strip()
    if _SIGN.fullmatch(text) or (is_link and _LINKED_MARK.fullmatch(text)):
        return True
    if raw[:1].isspace() or in_front[-1:].isspace() or _needs_number(behind, text):
        return False
    if is_link:
        return bool(_MARK.fullmatch(text))
    return bool(_PLAIN_NUMBER.fullmatch(text) and (not in_front or _BEFORE_NUMBER.search(in_front[-8:])))


def is_linked_mark(text: str, in_front: str, role: str | None, behind: Callable[[], str]) -> bool:
    """Returns whether a link to another place on the same page is the mark of a note, or leads back to the mark.

    text: the text of the link.
    in_front, behind: as for `is_mark`; `behind` is called only if it matters.
    role: the ARIA role of the link. DPUB-ARIA has roles for such links.
    """
    mark = text.strip()
    if _LINKED_MARK.fullmatch(mark):
        return True
    if role == "doc-backlink":
        return bool(_MARK.fullmatch(mark)) and not behind()
    if role != "doc-noteref" or in_front[-1:].isspace() or text[:1].isspace():
        return False
    return bool(_MARK.fullmatch(mark)) and not _needs_number(behind(), mark)


def _needs_number(behind: str, text: str) -> bool:
    return text[-1:].isdigit() and _UNIT.match(behind) is not None


def superscript(text: str, in_front: str) -> str:
    """Returns a power in superscript digits; '' if the superscript isn't a power of a number or of a unit.

    text: the text of the superscript, without white space at its ends.
    in_front: as for `is_mark`.
    """
    return text.translate(_SUPERSCRIPTS) if in_front[-1:].isalnum() and _POWER.fullmatch(text) else ""
