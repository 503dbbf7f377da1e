"""Decides what counts as the same text: which clauses are equal, and whether two captures show one version.

Two texts are the same if they differ only in white space, in Unicode composition (NFC or NFD), in characters without
width, or in what changes by itself (`diffing.volatile`). Punctuation and case count. Of a clause's link targets only
e-mail addresses and telephone numbers count, since readers use them as contact details.

For versions two more differences don't count: the shape of quotes and dashes, and spaces beside punctuation. Publishing
systems change these throughout a site while the vendor changes no word. A comparison shows them as cosmetic changes.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

from core.clauses import Clause, Document
from diffing.tokenization import DASHES, QUOTES
from diffing.volatile import strip_volatile

# Raised whenever the rules for the same text change. All version ids are then computed again.
SAMENESS = "3"

# Soft hyphen, combining grapheme joiner, Arabic letter mark, zero-width space, joiners and marks of direction, bidi
# embeddings and isolates, word joiner and invisible operators, byte order mark, interlinear annotation.
_NO_WIDTH = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
# Chinese and Japanese are written without spaces, so a space between two of their characters comes from a wrapped line.
_IDEOGRAPHIC = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff"
# These patterns begin with the space, so that the search jumps from space to space.
_WRAPPED = re.compile(f" (?<=[{_IDEOGRAPHIC}] )(?=[{_IDEOGRAPHIC}])")
_BESIDE_PUNCTUATION = re.compile(r" (?:(?=[^\w\s])|(?<=[^\w\s] ))")

_SHAPES = [(chr(code_point), plain) for code_point, plain in (DASHES | QUOTES).items()]


def same_text(text: str) -> str:
    """Returns a form of the text that is equal for texts that count as the same; '' for a wholly volatile text."""
    text = strip_volatile(" ".join(text.split()))
    if text.isascii():
        return text
    text = " ".join(unicodedata.normalize("NFC", _NO_WIDTH.sub("", text)).split())
    return _WRAPPED.sub("", text)


def contact_targets(clause: Clause) -> tuple[str, ...]:
    """Returns the e-mail addresses and telephone numbers that the clause links to, in reading order.

    Each has its scheme, `mailto:` or `tel:`. Of a `mailto:` link only the addresses count (RFC 6068: the part after `?`
    fills in the message), of a `tel:` link only the number without visual separators (RFC 3966).
    """
    targets = []
    for link in clause.links:
        scheme, _, target = link.strip().partition(":")
        scheme = scheme.casefold()
        if scheme == "mailto":
            targets.append("mailto:" + "".join(unquote(target.partition("?")[0]).casefold().split()))
        elif scheme == "tel":
            targets.append("tel:" + re.sub(r"[\s().-]", "", unquote(target)))
    return tuple(targets)


def is_volatile(clause: Clause) -> bool:
    """Returns whether a clause has text, all of it volatile, and links to no contact details."""
    text = " ".join(clause.text.split())
    return bool(text) and not strip_volatile(text) and not contact_targets(clause)


def version_id(document: Document) -> str:
    """Returns the id that names a version: 12 hexadecimal digits of the SHA-256 of its clauses in order.

    Labels, kinds, heading levels, heading paths and other link targets make no difference. Neither do typography (the
    shapes of quotes and dashes, spaces beside punctuation) and wholly volatile clauses. An empty document has an id,
    too.
    """
    lines = []
    for clause in document.clauses:
        parts = (_without_typography(clause.text), *contact_targets(clause))
        if parts == ("",) and is_volatile(clause):
            continue
        # Neither separator can occur in the parts: both are white space, which has been collapsed into spaces.
        lines.append("\x1f".join(parts) + "\n")
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]


# Cached, since the captures of a policy show mostly the same clauses.
@lru_cache(maxsize=8_192)
def _without_typography(text: str) -> str:
    text = same_text(text)
    for shape, plain in _SHAPES:  # faster than str.translate, which looks up each character
        text = text.replace(shape, plain)
    return _BESIDE_PUNCTUATION.sub("", text)
