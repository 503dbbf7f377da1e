"""Recognises PDFs whose text isn't what a person reads: scans, and fonts that don't say which letters they show."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

from core.normal_forms import normal_form
from extraction.readers.pdf_lines import PdfPage

# The fonts of a PDF are unreadable if more than this share of the text is unmapped, or if more than the second share of
# its characters is private or unassigned. Some bullets are private characters.
_UNMAPPED_SHARE = 0.05
_PRIVATE_SHARE = 0.2
# The eight letters that English uses most. They are at least .49 of the letters of every page of tests/corpora that is
# in Latin script, in 18 languages. Of a thousand texts whose letters are exchanged at random, 60 reach the share below.
# A text with fewer letters isn't judged.
_FREQUENT = "etaoinsr"
_FREQUENT_SHARE = 0.45
_FEWEST_LETTERS = 150
_LATIN = "abcdefghijklmnopqrstuvwxyz"


def fault_of(pages: Sequence[PdfPage], read: int, scans: int, drawings: int, unmapped: str) -> str:
    """Returns the reason why the text of a PDF isn't what a person reads; '' if there is no such reason.

    read: the number of pages in the file.
    scans, drawings, unmapped: as in `PdfText`.
    """
    if scans and 2 * scans >= read:
        return (
            f"this PDF is a scan: {scans} of its {read} pages show an image instead of text; it needs text recognition "
            "(OCR), or get the policy's text in another form"
        )
    text = " ".join(piece.text for page in pages for piece in page.pieces)
    if drawings and not text:
        return (
            f"this PDF has no text: its letters are drawn as shapes, on {drawings} of its {read} pages; it needs text "
            "recognition (OCR), or get the policy's text in another form"
        )
    share = len(unmapped) / max(len(text), 1)
    # A font without a map may still use the codes of the letters that it shows. Such a text reads like any other.
    if share > _UNMAPPED_SHARE and not _has_frequent_letters(unmapped):
        return (
            f"the fonts of this PDF don't say which letters they show ({min(share, 1):.0%} of the text); get the "
            "policy's text in another form"
        )
    characters = Counter(text)
    letters = sum(number for character, number in characters.items() if character.isalpha())
    private = sum(
        number
        for character, number in characters.items()
        if unicodedata.category(character) in ("Co", "Cn") or character == "\ufffd"
    )
    if private > _PRIVATE_SHARE * (letters + private) or not _has_frequent_letters(text, otherwise=True):
        return f"the fonts of this PDF name wrong letters: {text[:40]!r}; get the policy's text in another form"
    return ""


def _has_frequent_letters(text: str, *, otherwise: bool = False) -> bool:
    """Returns whether the letters that all languages in Latin script use most are frequent in a text.

    otherwise: the result for a text that has few Latin letters, or more other letters.
    """
    characters = Counter(normal_form("NFD", text.lower()))
    letters = sum(number for character, number in characters.items() if character.isalpha())
    latin = sum(characters[letter] for letter in _LATIN)
    if latin < _FEWEST_LETTERS or 2 * latin < letters:
        return otherwise
    return sum(characters[letter] for letter in _FREQUENT) >= _FREQUENT_SHARE * latin
