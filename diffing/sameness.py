"""What counts as the same text, written once: whether two captures show one version, and which clauses are equal.

White space, Unicode composition (NFC or NFD) and characters without width make no difference; everything else that
can be read does, punctuation and case included. What changes by itself (`diffing.volatile`) is left out. Of a clause's
link targets only e-mail and telephone ones count: a reader uses them as contact details. Two captures show one version
also where only the shape of quotes and dashes differs, or a space beside punctuation: a publishing system changes them
throughout, and no word of the vendor's with them. Where two versions are compared they are shown as cosmetic.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

from core.clauses import Clause, Document
from diffing.volatile import without_volatile
from diffing.words import DASHES, QUOTES

# Raised with every change of what counts as the same text: ids computed before are then computed again.
SAMENESS = "3"

# Soft hyphen, combining grapheme joiner, Arabic letter mark, zero-width space, joiners and marks of direction, bidi
# embeddings and isolates, word joiner and invisible operators, byte order mark, interlinear annotation.
_NO_WIDTH = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
# Chinese and Japanese are written without spaces, so one between two of their characters is a wrapped line.
_IDEOGRAPHIC = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff"
# These begin with the space: so a text is searched from space to space.
_WRAPPED = re.compile(f" (?<=[{_IDEOGRAPHIC}] )(?=[{_IDEOGRAPHIC}])")
_BESIDE_PUNCTUATION = re.compile(r" (?:(?=[^\w\s])|(?<=[^\w\s] ))")

_SHAPES = [(chr(shape), plain) for shape, plain in (DASHES | QUOTES).items()]


def same_text(text: str) -> str:
    """The text as two versions are told apart by it: equal results mean the same text.

    Empty for a text that is volatile as a whole.
    """
    text = without_volatile(" ".join(text.split()))
    if text.isascii():
        return text
    text = " ".join(unicodedata.normalize("NFC", _NO_WIDTH.sub("", text)).split())
    return _WRAPPED.sub("", text)


def contact_targets(clause: Clause) -> tuple[str, ...]:
    """The e-mail addresses and telephone numbers the clause links to, in reading order.

    Of `mailto:` the addresses alone count (RFC 6068: what follows `?` fills in the message), of `tel:` the number
    without its visual separators (RFC 3966).
    """
    found = []
    for link in clause.links:
        scheme, _, target = link.strip().partition(":")
        scheme = scheme.casefold()
        if scheme == "mailto":
            found.append("mailto:" + "".join(unquote(target.partition("?")[0]).casefold().split()))
        elif scheme == "tel":
            found.append("tel:" + re.sub(r"[\s().-]", "", unquote(target)))
    return tuple(found)


def is_volatile(clause: Clause) -> bool:
    """Whether a clause says nothing that stays: it has words, all of them volatile, and no contact details."""
    text = " ".join(clause.text.split())
    return bool(text) and not without_volatile(text) and not contact_targets(clause)


def version_id(document: Document) -> str:
    """The short stable digest that names a version: 12 hexadecimal digits of the SHA-256 of its clauses in order.

    Labels, kinds, heading levels, heading paths and other link targets make no difference, nor do typography (the
    shapes of quotes and dashes, spaces beside punctuation) and a clause that is volatile as a whole. An empty document
    has an id too.
    """
    lines = []
    for clause in document.clauses:
        parts = (_without_typography(clause.text), *contact_targets(clause))
        if parts == ("",) and is_volatile(clause):
            continue
        # Neither separator can stand in the parts: white space has been collapsed, these two included.
        lines.append("\x1f".join(parts) + "\n")
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]


# The captures of a policy show mostly the same clauses.
@lru_cache(maxsize=8_192)
def _without_typography(text: str) -> str:
    text = same_text(text)
    for shape, plain in _SHAPES:  # faster than to look each character up
        text = text.replace(shape, plain)
    return _BESIDE_PUNCTUATION.sub("", text)
