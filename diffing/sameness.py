"""Decides which texts count as the same: whether two clauses are equal, and whether two captures show one version.

Two texts are the same if they differ only in white space, in Unicode composition (NFC or NFD), in characters without
width, or in volatile text (`diffing.volatile`). A difference in punctuation or in case makes two texts different. Two
clauses are also different if they link to different e-mail addresses or telephone numbers, since people use these
addresses and numbers as contact details. Other link targets make no difference.

Version ids ignore two more differences: the shape of quotes and dashes, and spaces next to punctuation. A new content
management system may change quotes, dashes and spaces on the whole site, although the vendor changes no word. A
comparison reports such differences as cosmetic changes.
"""

import hashlib
import re
from functools import lru_cache
from urllib.parse import unquote

from core.clauses import Clause, Document
from core.normal_forms import normal_form
from diffing.tokenization import DASHES, QUOTES
from diffing.volatile import strip_volatile

# The version of the rules in this module, in `diffing.volatile` and in `diffing.counters`. Raise the number when the
# rules change, so that all version ids are computed again.
SAMENESS = "4"

# Characters without width: soft hyphen, combining grapheme joiner, Arabic letter mark, Mongolian vowel separator,
# zero-width space, joiners, direction marks, bidirectional embeddings and isolates, word joiner, invisible operators,
# byte order mark, and interlinear annotation characters.
_NO_WIDTH = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
# Chinese and Japanese are written without spaces. So a space between two Chinese or Japanese characters comes from a
# line break in the page's source.
_IDEOGRAPHIC = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff"
# Both patterns begin with the space: the regular expression engine then searches for spaces only, which is fast.
_WRAPPED = re.compile(f" (?<=[{_IDEOGRAPHIC}] )(?=[{_IDEOGRAPHIC}])")
_BESIDE_PUNCTUATION = re.compile(r" (?:(?=[^\w\s])|(?<=[^\w\s] ))")

_SHAPES = [(chr(code_point), plain) for code_point, plain in (DASHES | QUOTES).items()]


def same_text(text: str) -> str:
    """Returns a normalized form of a text. Two texts count as the same if their normalized forms are equal.

    The result is '' if the whole text is volatile.
    """
    text = strip_volatile(" ".join(text.split()))
    if text.isascii():
        return text
    text = " ".join(normal_form("NFC", _NO_WIDTH.sub("", text)).split())
    return _WRAPPED.sub("", text)


def contact_targets(clause: Clause) -> tuple[str, ...]:
    """Returns the e-mail addresses and telephone numbers that the clause links to, in reading order.

    Each target begins with its scheme, `mailto:` or `tel:`. A `mailto:` link is returned without the part after `?`,
    which fills in the message (RFC 6068). A `tel:` link is returned without visual separators (RFC 3966).
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
    """Returns whether a clause has text, the whole text is volatile, and the clause links to no contact details."""
    text = " ".join(clause.text.split())
    return bool(text) and not strip_volatile(text) and not contact_targets(clause)


def version_id(document: Document) -> str:
    """Returns the id of the version that a document shows.

    The id is the first 12 hexadecimal digits of a SHA-256. The hashed text consists of the clauses' texts and of the
    e-mail addresses and telephone numbers that the clauses link to, in reading order. The id does not depend on labels,
    kinds, heading paths and other link targets. The id also does not depend on the shapes of quotes and dashes, on
    spaces next to punctuation, and on wholly volatile clauses. A document without clauses also has an id.
    """
    lines = []
    for clause in document.clauses:
        parts = (version_text(clause.text), *contact_targets(clause))
        if parts == ("",) and is_volatile(clause):
            continue
        # The parts contain neither U+001F nor a line break. Both are white space, which was replaced with spaces.
        lines.append("\x1f".join(parts) + "\n")
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]


# The results are cached, since most clauses of a policy are the same in many of the policy's captures.
@lru_cache(maxsize=8_192)
def version_text(text: str) -> str:
    """Returns the form of a clause's text that a version id depends on. '' if the whole text is volatile."""
    text = same_text(text)
    for shape, plain in _SHAPES:  # faster than str.translate, which looks up each character
        text = text.replace(shape, plain)
    return _BESIDE_PUNCTUATION.sub("", text)


def text_key(text: str) -> str:
    """Returns a name for the text of a clause: texts that count as the same for a version's id have the same name.

    The name is the first 16 hexadecimal digits of a SHA-256; '' for a text that is wholly volatile.
    """
    text = version_text(text)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16] if text else ""
