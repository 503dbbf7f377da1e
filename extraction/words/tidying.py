"""What a page's characters are as words: white space collapsed, invisible characters gone, all else the vendor's."""

import re
import unicodedata

# Invisible where they stand: zero-width space, word joiner, byte-order mark, soft hyphen, direction marks, and the
# control characters that are no white space. U+FFFD stays: it shows that something could not be read.
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    + [code for code in [*range(0x20), *range(0x7F, 0xA0)] if not chr(code).isspace()]
)
# The joiners shape letters in Arabic and Indic scripts, and emoji; between Latin letters they are only invisible.
_IDLE_JOINER = re.compile("(?<![\u0600-\u0fff\u200d\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]")
_SPACE_OF_ITS_OWN = re.compile(r"[^\S \t\n\r\f]")
_LINE_BREAK = re.compile(r"[ \t]*[\n\r\f][ \t\n\r\f]*")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def tidy(text: str) -> str:
    """The text with white space collapsed to single spaces, invisible characters removed, in Unicode form NFC."""
    return _composed(" ".join(text.split()))


def _composed(collapsed: str) -> str:
    """What `tidy` gives for a text whose white space is collapsed."""
    if not collapsed.isprintable():
        collapsed = " ".join(_IDLE_JOINER.sub("", collapsed.translate(_INVISIBLE)).split())
    if collapsed.isascii() or unicodedata.is_normalized("NFC", collapsed):
        return collapsed
    return unicodedata.normalize("NFC", collapsed)


def tidy_and_set(raw: str, text: str | None = None, *, every_space: bool = False) -> tuple[str, str]:
    """The text tidied, and as it is set (core.clauses.Clause.typography): '' where that does not differ.

    raw: as the source has it. text: what it is tidied to where that is known already, as where raw spells out emphasis.
    every_space: each space is the writer's own; otherwise a run of them, or of line breaks, is a single one.
    """
    if text is None and raw.isprintable() and "  " not in raw and unicodedata.is_normalized("NFC", raw):
        return raw.strip(" "), ""  # nothing to tidy, as in most of what is not wrapped into lines
    collapsed = " ".join(raw.split())
    if text is None:
        if raw.isascii() and collapsed.isprintable():
            return collapsed, ""
        text = _composed(collapsed)
    elif raw == text:
        return text, ""
    # No space but the plain one is printable.
    spaced = _with_layout_as_spaces(raw)
    if text == collapsed and not every_space and (spaced.isprintable() or not _SPACE_OF_ITS_OWN.search(raw)):
        return text, ""
    if every_space:
        set_text = _LINE_BREAK.sub(" ", raw).strip(" ")
    else:
        while "  " in spaced:
            spaced = spaced.replace("  ", " ")
        set_text = spaced.strip(" ")
    return text, "" if set_text == text else set_text


def _with_layout_as_spaces(raw: str) -> str:
    """The text with a space for each character that only wraps it into lines; no-break spaces are none."""
    return raw.replace("\n", " ").replace("\t", " ").replace("\r", " ").replace("\f", " ")


def without_front(typography: str | None, front: str) -> str | None:
    """A text as it is set, without what its tidied form was freed of in front: a bullet, a label."""
    left = sum(not character.isspace() for character in front)
    if not typography or not left:
        return typography
    at = 0
    while left and at < len(typography):
        left -= typography[at] != "*" and bool(tidy(typography[at]))
        at += 1
    return typography[at:].lstrip("* ")


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


def words(text: str) -> list[str]:
    """The words of a text, in lower case, in order; in scripts without spaces a run of letters counts as one."""
    return _WORD.findall(text.lower())


def has_words(text: str) -> bool:
    """Whether there is any letter or digit in the text."""
    return text[:1].isalnum() or _LETTER_OR_DIGIT.search(text) is not None
