"""Recognises the marks of notes, such as the ¹ that refers to a footnote, and writes powers."""

import re

# A number, a letter, a roman numeral or a sign, with or without brackets, or several of them with commas.
_ONE = r"(?:\d{1,3}|[a-zA-Z]|[ivx]{2,5}|[*†‡§¶#]{1,4})"
_MARK = re.compile(rf"[\[(]?{_ONE}(?:\s?[,;]\s?{_ONE})*[\])]?")
# A sign without a link, and a number without a link. The number may also be a power: m², 10⁶.
_SIGN = re.compile(r"[\[(]?[*†‡§¶]{1,4}[\])]?")
_PLAIN_NUMBER = re.compile(r"[\[(]?\d{1,3}(?:\s?,\s?\d{1,3})*[\])]?")
# The text in front of such a number: a word, or the end of a sentence or of a part of it. The symbols of units, which
# may have a power (m, km, sec), have at most three letters.
_BEFORE_NUMBER = re.compile(r"(?:[^\W\d_]{4}|[.,;:!?)\]”\"»])\s?$")
# A link outside a superscript whose whole text is a mark: a number in square brackets, a sign, or an arrow back to the
# text. A bare number may be a reference: "see section 3".
_LINKED_MARK = re.compile(rf"\[{_ONE}\]|[*†‡¶]{{1,3}}|[\[(]?[↩↑⤴⏎^][\ufe0e\ufe0f]?[\])]?")
_NOTE_ROLES = ("doc-noteref", "doc-backlink")
_SUPERSCRIPTS = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_POWER = re.compile(r"[+\-−]?\d{1,3}|n")


def is_mark(text: str, in_front: str, is_link: bool) -> bool:
    """Returns whether a superscript is the mark of a note.

    text: the text of the superscript, without white space at its ends.
    in_front: the text in front of the superscript.
    is_link: whether the superscript is a link to a place on a page, or stands in one.
    """
    if is_link:
        return bool(_MARK.fullmatch(text))
    # At the beginning of a text, the mark says to which place the note belongs.
    is_plain_mark = _PLAIN_NUMBER.fullmatch(text) and (not in_front or _BEFORE_NUMBER.search(in_front[-8:]))
    return bool(is_plain_mark or _SIGN.fullmatch(text))


def is_linked_mark(text: str, role: str | None) -> bool:
    """Returns whether a link to another place on the same page is the mark of a note, or leads back to the mark.

    role: the ARIA role of the link. DPUB-ARIA has roles for such links.
    """
    return role in _NOTE_ROLES or bool(_LINKED_MARK.fullmatch(text.strip()))


def superscript(text: str, in_front: str) -> str:
    """Returns a power in superscript digits; '' if the superscript isn't a power of a number or of a unit.

    text, in_front: as for `is_mark`.
    """
    return text.translate(_SUPERSCRIPTS) if in_front[-1:].isalnum() and _POWER.fullmatch(text) else ""
