"""Decodes bytes into characters, as browsers do, and more patiently where the bytes contradict their declaration.

The encodings and their labels are those of the WHATWG Encoding Standard. The declarations, and the languages' encodings
of pages that declare none, are those of the HTML standard, section 13.2.3.2 ("Determining the character encoding").
"""

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise

from charset_normalizer import from_bytes
from w3lib.encoding import http_content_type_encoding, resolve_encoding

from extraction.words.languages import language_of

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# UTF-16 without a byte-order mark: two ASCII characters at the beginning. Markup always begins with such characters.
_UTF16_BEGINNINGS = (
    (re.compile(rb"[\t-\r -~]\0[\t-\r -~]\0"), "utf-16-le"),
    (re.compile(rb"\0[\t-\r -~]\0[\t-\r -~]"), "utf-16-be"),
)
# Encodings in which a text may have only bytes below 0x80. Such bytes are also valid UTF-8, so only the label and the
# escape sequences show how to decode them.
_SEVEN_BIT = re.compile(r"iso2022|hz")
_ESCAPES = (b"\x1b", b"~{")
# Python's codecs for text that are no character encodings.
_NO_CHARSETS = frozenset(["idna", "punycode", "unicode-escape", "raw-unicode-escape"])
_XML_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([\w.:-]+)")
# A `<meta>`, or a comment or element in which `<meta` is no tag. A page may declare its encoding anywhere. A comment or
# element that isn't closed reaches to the end of the page.
_META_OR_TEXT = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(script|style|title|textarea)\b.*?(?:</\1\b|\Z)|<meta\b([^<>]{0,1000})>",
    re.IGNORECASE | re.DOTALL,
)
_META_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_NAMED_META = re.compile(rb"\b(?:name|property|itemprop)\s*=", re.IGNORECASE)
_LANGUAGE = re.compile(rb"<html\b[^<>]{0,1000}?\blang\s*=\s*[\"']?\s*([a-z]{2,3})\b([\w-]*)", re.IGNORECASE)
_NOT_TEXT = re.compile(rb"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\b|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL)
# The bytes of a text that are examined for a guess.
_EXAMINED_BYTES = 200_000

# Up to this share of the characters beyond ASCII may be damaged in a text in its declared encoding.
_DAMAGED_SHARE = 0.25
# For each valid character of UTF-8, there may be this number of damaged bytes. Bytes of another encoding are hardly
# ever valid UTF-8 by chance, least of all in the Latin script. But a third of a Thai text in windows-874 is valid.
_DAMAGED_LATIN, _DAMAGED_DECLARED, _DAMAGED_UNDECLARED = 4, 1, 0.1
_BEYOND_ASCII = re.compile(r"[^\0-\x7f]")
_WELL_FORMED = re.compile("[^\0-\x7f\udc80-\udcff]")
_STRAY = re.compile("[\udc80-\udcff]")
# A text in the Latin script has fewer bytes beyond ASCII than this share of its letters.
_LATIN_SHARE = 0.3
# The encodings in which pages of a language were written before UTF-8, the most frequent first. Languages in the Latin
# script that aren't listed have windows-1252.
_LATIN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq"), ("iso8859_2", "cp1250")),
    **dict.fromkeys(("et", "lt", "lv"), ("cp1257", "iso8859_4")),
    **dict.fromkeys(("az", "ku", "tr"), ("cp1254",)),
    "vi": ("cp1258",),
}
_OTHER_SCRIPTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "tt", "uk"), ("cp1251", "koi8_u", "cp866", "iso8859_5")
    ),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256", "iso8859_6")),
    **dict.fromkeys(("he", "iw", "yi"), ("cp1255",)),
    "el": ("cp1253", "iso8859_7"),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "th": ("cp874",),
    "zh": ("gb18030", "big5hkscs"),
}
# The encodings between which charset-normalizer decides. It takes rarer ones for one of these, and these for them.
_FREQUENT = (
    *("cp1251", "koi8_u", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
# What a wrong encoding makes of a text: symbols before letters, control characters, half-width katakana, box drawings,
# characters for private use, and words in two scripts.
_UNLIKELY = re.compile(
    r"[\xa2-\xaa\xac\xae-\xbe\u2020-\u2bff](?=[^\W\d_])|[\x80-\x9f\uff61-\uff9f\ue000-\uf8ff\u2500-\u25ff]"
    r"|[a-z\xc0-\u024f](?=[\u0370-\u1fff])|[\u0370-\u1fff](?=[a-z\xc0-\u024f])"
)


def decode(data: bytes, media_type: str = "") -> str:
    """Returns the characters of a text or page.

    NULs are dropped. The function raises no exceptions.

    The encoding is the first in this list that fits the bytes:

    1. the encoding of the byte-order mark, or UTF-16 if the first two characters can be read as ASCII in it;
    2. UTF-8, if many characters beyond ASCII are valid UTF-8;
    3. the charset of the Content-Type, then of the XML declaration, then of the page's `<meta>`, if at most a quarter
       of the characters beyond ASCII can't be decoded with it;
    4. an encoding of the language that the page declares; if the page declares none, or an unlisted language, an
       encoding guessed by charset-normalizer.

    A byte that the encoding doesn't allow becomes U+FFFD. In UTF-8 in the Latin script, it becomes the character of
    windows-1252 if it isn't a part of a damaged character: such bytes come from texts that were pasted without
    conversion.

    media_type: the Content-Type of the page, with or without parameters.
    """
    return _decode(data, media_type).replace("\0", "")


def as_utf8(data: bytes, media_type: str = "") -> bytes:
    """Returns the characters that `decode` returns, encoded as UTF-8.

    The HTML parser needs UTF-8. Most pages that are in UTF-8 already are returned unchanged, which saves time.
    """
    if b"\0" not in data and not data.startswith(codecs.BOM_UTF8):
        if not data.isascii():
            try:
                data.decode("utf-8")
            except UnicodeDecodeError:
                pass
            else:
                return data
        elif not any(escape in data for escape in _ESCAPES):
            return data
    return decode(data, media_type).encode("utf-8", "replace")


def _decode(data: bytes, media_type: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    for beginning, encoding in _UTF16_BEGINNINGS:
        if beginning.match(data):
            return data.decode(encoding, "replace")
    if data.isascii():
        for encoding in _declared(data, media_type) if any(escape in data for escape in _ESCAPES) else ():
            if _SEVEN_BIT.match(encoding):
                return data.decode(encoding, "replace")
        return data.decode("ascii")
    # Each byte that is no part of a UTF-8 character becomes a lone surrogate.
    utf8 = data.decode("utf-8", "surrogateescape")
    damaged = len(_STRAY.findall(utf8))
    if not damaged:
        return utf8
    declared = tuple(_declared(data, media_type))
    sample = _NOT_TEXT.sub(b" ", data[:_EXAMINED_BYTES])
    allowed = _DAMAGED_DECLARED if "utf-8" in declared else _DAMAGED_UNDECLARED
    if damaged <= (_DAMAGED_LATIN if _is_latin(sample) else allowed) * len(_WELL_FORMED.findall(utf8)):
        return _with_stray_bytes(utf8)
    for encoding in declared:
        if encoding != "utf-8":
            text = data.decode(encoding, "replace")
            if text.count("\ufffd") <= max(1, _DAMAGED_SHARE * len(_BEYOND_ASCII.findall(text))):
                return text
    return data.decode(_guess(data, sample), "replace")


def _declared(data: bytes, media_type: str) -> Iterator[str]:
    """Yields the encodings that the server and the page declare, as Python's names. Unknown labels are left out."""
    server = http_content_type_encoding(media_type)
    labels = [server] if server else []
    if declaration := _XML_DECLARATION.match(data):
        labels.append(declaration[1].decode("ascii", "replace"))
    for meta in _META_OR_TEXT.finditer(data):
        charset = _META_CHARSET.search(meta[2]) if meta[2] and not _NAMED_META.search(meta[2]) else None
        if charset:
            labels.append(charset[1].decode("ascii", "replace"))
            break
    for label in labels:
        try:
            encoding = codecs.lookup(resolve_encoding(label) or "").name
            b"a ".decode(encoding)  # fails for codecs that don't make text, such as hex
        except (LookupError, ValueError):
            continue
        if encoding.startswith(("utf-16", "utf-32")):
            # UTF-16 has been recognised by its bytes. A page that isn't in UTF-16 is in UTF-8, says the HTML standard.
            yield "utf-8"
        elif encoding not in _NO_CHARSETS:
            yield encoding


def _with_stray_bytes(text: str) -> str:
    """Returns UTF-8 text in which each run of undecodable bytes (lone surrogates) has become other characters."""
    well_formed = _WELL_FORMED.findall(text)
    is_latin = sum(_is_in_cp1252(character) for character in well_formed) >= 0.9 * len(well_formed)

    def replacement(run: re.Match[str]) -> str:
        stray = bytes(ord(character) - 0xDC00 for character in run[0])
        # The rest of a damaged UTF-8 character: its lead byte, alone or with some of the bytes after it,
        # or the end of a damaged dash or quotation mark.
        is_rest = re.fullmatch(rb"[\xc2\xc3]|[\xe0-\xf4][\x80-\xbf]{1,2}|\x80[\x80-\xbf]", stray)
        is_cut_off = run.end() == len(text) and stray[0] >= 0xC2
        if not is_latin or is_rest or is_cut_off:
            return "\ufffd"
        return stray.decode("cp1252", "replace")

    return re.sub("[\udc80-\udcff]+", replacement, text)


def _is_in_cp1252(character: str) -> bool:
    return bool(character.encode("cp1252", "ignore"))


def _is_latin(sample: bytes) -> bool:
    """Returns whether a text in an unknown encoding is in the Latin script, in which most letters are ASCII."""
    beyond_ascii = len(re.findall(rb"[\x80-\xff]", sample))
    return beyond_ascii < _LATIN_SHARE * (len(re.findall(rb"[a-zA-Z]", sample)) + beyond_ascii)


def _guess(data: bytes, sample: bytes) -> str:
    """Returns the encoding that makes the likeliest text of the bytes.

    sample: the beginning of the bytes, without markup.
    """
    tag = _LANGUAGE.search(data[:_EXAMINED_BYTES])
    language = tag[1].decode().lower() if tag else ""
    if _is_latin(sample):
        # The letters of ASCII suffice for the detection of a language in the Latin script.
        candidates = _LATIN.get(language_of(sample.decode("cp1252", "replace"), language) or "", ("cp1252",))
    elif language in _OTHER_SCRIPTS:
        candidates = _OTHER_SCRIPTS[language]
        if tag and re.search(rb"hant|tw|hk|mo", tag[2], re.IGNORECASE):
            candidates = candidates[::-1]
    else:
        best = from_bytes(sample, cp_isolation=list(_FREQUENT)).best()
        return best.encoding if best else "cp1252"
    return min(candidates, key=lambda encoding: _unlikeliness(sample, encoding))


def _unlikeliness(sample: bytes, encoding: str) -> int:
    text = sample.decode(encoding, "replace")
    capitals = sum(second.isupper() and first.isalpha() for first, second in pairwise(text))
    return 5 * text.count("\ufffd") + len(_UNLIKELY.findall(text)) + capitals
