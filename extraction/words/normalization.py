"""Normalises text: collapses white space, drops invisible characters, composes characters (Unicode NFC)."""

import re
import unicodedata

from core.normal_forms import normal_form, stream_safe

# Invisible characters: soft hyphen, zero-width space, direction marks, word joiner, byte-order mark, bidirectional
# controls, and the control characters that aren't white space. U+FFFD isn't removed, because it shows that a character
# was unreadable.
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    + [code for code in [*range(0x20), *range(0x7F, 0xA0)] if not chr(code).isspace()]
)
# Latin ligatures, such as ﬁ: their shape belongs to the font (Unicode, block Alphabetic Presentation Forms).
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_LIGATURE = re.compile("[\ufb00-\ufb06]")
# Zero-width joiners and non-joiners at places where they have no effect. They do have an effect in Arabic and Indic
# scripts, where they shape letters, and in emoji.
_IDLE_JOINER = re.compile("(?<![\u0600-\u0fff\u200d\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]")
_OTHER_THAN_LAYOUT_SPACE = re.compile(r"[^\S \t\n\r\f]")
# A run of spaces is looked at once, from its beginning.
_LINE_BREAK = re.compile(r"(?:(?<![ \t])[ \t]++)?[\n\r\f][ \t\n\r\f]*")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def normalize(text: str) -> str:
    """Returns the text in Unicode form NFC, with single spaces for runs of white space, and no invisible characters.

    Latin ligatures such as ﬁ become letters.
    """
    return _normalize_collapsed(" ".join(text.split()))


def _normalize_collapsed(collapsed: str) -> str:
    """Returns the normalised form of a text whose white space is already collapsed."""
    if not collapsed.isprintable():
        collapsed = " ".join(_IDLE_JOINER.sub("", collapsed.translate(_INVISIBLE)).split())
    if collapsed.isascii():
        return collapsed
    collapsed = stream_safe(collapsed)
    return collapsed if _is_composed(collapsed) else normal_form("NFC", collapsed.translate(_LIGATURES))


def _is_composed(text: str) -> bool:
    """Returns whether a text is in Unicode form NFC and has no Latin ligatures."""
    return unicodedata.is_normalized("NFC", text) and not _LIGATURE.search(text)


def normalize_with_typography(raw: str, text: str | None = None, *, every_space: bool = False) -> tuple[str, str]:
    """Returns the normalised text, and the text's typography: the text as the source spells it.

    The typography is '' if the source spells the text like the normalised text (see `core.clauses.Clause`).

    raw: the text as written in the source.
    text: the normalised text without the marks of emphasis in `raw`; None if `raw` has no marks of emphasis.
    every_space: whether the author typed each space, as in Markdown. If False, a run of spaces or line breaks belongs
        to the page's layout, and becomes a single space in the typography.
    """
    # The early returns are for speed. They apply to nearly every text of a page.
    if text is None and raw.isprintable() and "  " not in raw and (raw.isascii() or _is_composed(stream_safe(raw))):
        return stream_safe(raw.strip(" ")), ""
    collapsed = " ".join(raw.split())
    if text is None:
        if raw.isascii() and collapsed.isprintable():
            return collapsed, ""
        text = _normalize_collapsed(collapsed)
    elif raw == text:
        return text, ""
    spaced = _with_layout_as_spaces(raw)
    # A printable text contains no white space but plain spaces (`str.isprintable`).
    if text == collapsed and not every_space and (spaced.isprintable() or not _OTHER_THAN_LAYOUT_SPACE.search(raw)):
        return text, ""
    if every_space:
        typography = _LINE_BREAK.sub(" ", raw).strip(" ")
    else:
        while "  " in spaced:
            spaced = spaced.replace("  ", " ")
        typography = spaced.strip(" ")
    return text, "" if typography == text else typography


def _with_layout_as_spaces(raw: str) -> str:
    """Replaces each line break, tab and form feed with a space. No-break spaces aren't replaced."""
    return raw.replace("\n", " ").replace("\t", " ").replace("\r", " ").replace("\f", " ")


def typography_without_prefix(typography: str | None, prefix: str) -> str | None:
    """Returns the typography without the bullet or label at its beginning.

    typography: the typography of a text; None if the source has no typography.
    prefix: the bullet or label that was removed from the beginning of the normalised text. The bullet or label in the
        typography may contain further characters: spaces, invisible characters, the `*` of emphasis.
    """
    remaining = sum(not character.isspace() for character in prefix)
    if not typography or not remaining:
        return typography
    end = 0
    while remaining and end < len(typography):
        remaining -= typography[end] != "*" and bool(normalize(typography[end]))
        end += 1
    return typography[end:].lstrip("* ")


def word_set(text: str) -> frozenset[str]:
    """Returns the set of the words in a string. The words are separated by spaces."""
    return frozenset(text.split())


def has_letter_or_digit(text: str) -> bool:
    """Returns whether the text has a letter or a digit."""
    return text[:1].isalnum() or _LETTER_OR_DIGIT.search(text) is not None
