"""Normalises text: collapses white space, drops invisible characters, composes characters (Unicode NFC)."""

import re
import unicodedata

# Invisible characters: soft hyphen, zero-width space, direction marks, word joiner, byte-order mark, bidirectional
# controls, and the control characters that aren't white space. U+FFFD stays: it shows that something was unreadable.
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    + [code for code in [*range(0x20), *range(0x7F, 0xA0)] if not chr(code).isspace()]
)
# The zero-width joiners shape letters in Arabic and Indic scripts, and emoji. Elsewhere they have no effect.
_IDLE_JOINER = re.compile("(?<![\u0600-\u0fff\u200d\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]")
_OTHER_THAN_LAYOUT_SPACE = re.compile(r"[^\S \t\n\r\f]")
_LINE_BREAK = re.compile(r"[ \t]*[\n\r\f][ \t\n\r\f]*")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def normalize(text: str) -> str:
    """Returns the text with runs of white space as single spaces, without invisible characters, in Unicode form NFC."""
    return _normalize_collapsed(" ".join(text.split()))


def _normalize_collapsed(collapsed: str) -> str:
    """Normalises a text whose white space is collapsed already."""
    if not collapsed.isprintable():
        collapsed = " ".join(_IDLE_JOINER.sub("", collapsed.translate(_INVISIBLE)).split())
    if collapsed.isascii() or unicodedata.is_normalized("NFC", collapsed):
        return collapsed
    return unicodedata.normalize("NFC", collapsed)


def normalize_with_typography(raw: str, text: str | None = None, *, every_space: bool = False) -> tuple[str, str]:
    """Returns the normalised text, and its typography as in core.clauses.Clause ('' if that is the same text).

    raw: the text as the source has it. text: its normalised form, if that isn't simply `normalize(raw)`, as when raw
    spells out emphasis. every_space: whether the writer typed each space; otherwise a run of spaces or line breaks is
    the layout's and counts as a single space.
    """
    # The early returns are for speed: they cover nearly every text of a page.
    if text is None and raw.isprintable() and "  " not in raw and unicodedata.is_normalized("NFC", raw):
        return raw.strip(" "), ""
    collapsed = " ".join(raw.split())
    if text is None:
        if raw.isascii() and collapsed.isprintable():
            return collapsed, ""
        text = _normalize_collapsed(collapsed)
    elif raw == text:
        return text, ""
    spaced = _with_layout_as_spaces(raw)
    # `isprintable` is True of no white space but the plain space, so a printable text has no space of another kind.
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
    """Returns the text with a space for each character that only breaks or indents lines. No-break spaces stay."""
    return raw.replace("\n", " ").replace("\t", " ").replace("\r", " ").replace("\f", " ")


def typography_without_prefix(typography: str | None, prefix: str) -> str | None:
    """Returns the typography without the bullet or label that its normalised text was freed of.

    prefix: what was cut from the beginning of the normalised text. The typography may have more characters for it:
    spaces, invisible characters, the `*` of emphasis.
    """
    left = sum(not character.isspace() for character in prefix)
    if not typography or not left:
        return typography
    end = 0
    while left and end < len(typography):
        left -= typography[end] != "*" and bool(normalize(typography[end]))
        end += 1
    return typography[end:].lstrip("* ")


def word_set(text: str) -> frozenset[str]:
    """Returns the words of a list that is written as one string."""
    return frozenset(text.split())


def has_words(text: str) -> bool:
    """Returns whether the text has a letter or a digit."""
    return text[:1].isalnum() or _LETTER_OR_DIGIT.search(text) is not None
