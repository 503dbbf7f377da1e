"""Bytes to characters: by what they are, then by what the server and the page say they are."""

import codecs
import re

from charset_normalizer import from_bytes
from w3lib.encoding import http_content_type_encoding, resolve_encoding

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Encodings whose bytes are all below 0x80, so that they pass for UTF-8.
_SEVEN_BIT = re.compile(r"iso2022|utf_?(?:7|16|32)|hz", re.IGNORECASE)


def decode(data: bytes, media_type: str = "") -> str:
    """The characters of a text or page; never fails, what cannot be read becomes U+FFFD.

    Order: byte-order mark; UTF-8 where the bytes are valid as that, since other encodings hardly ever are by chance;
    the Content-Type's charset and the page's `<meta>`, read as browsers read them (WHATWG Encoding Standard);
    detection. NULs are dropped.
    """
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace").replace("\0", "")
    utf8 = _try(data, "utf-8")
    if utf8 is not None and not utf8.isascii():
        return utf8.replace("\0", "")
    meta = _META.search(data[:4096])
    declared = [http_content_type_encoding(media_type)]
    if meta:
        # A page that says so in bytes that can be read as ASCII is not in UTF-16, whatever it says.
        stated = resolve_encoding(meta[1].decode("ascii", "replace"))
        declared.append("utf-8" if stated and stated.startswith("utf-16") else stated)
    for encoding in declared:
        if encoding and _SEVEN_BIT.search(encoding):
            text = _try(data, encoding)
            if text is not None:
                return text.replace("\0", "")
    return (utf8 if utf8 is not None else _by_declaration(data, declared)).replace("\0", "")


def as_utf8(data: bytes, media_type: str = "") -> bytes:
    """The same characters as `decode` gives, in UTF-8: what the HTML parser takes without another copy."""
    if b"\0" not in data and not data.startswith(codecs.BOM_UTF8) and not data.isascii():
        text = _try(data, "utf-8")
        if text is not None:
            return data
    return decode(data, media_type).encode("utf-8", "replace")


def _by_declaration(data: bytes, declared: list[str | None]) -> str:
    lenient = data.decode("utf-8", "replace")
    damage = lenient.count("\ufffd")
    beyond_ascii = sum(1 for character in lenient if character > "\x7f") or 1
    if damage <= 0.1 * beyond_ascii:  # UTF-8 with a few bytes spoiled, as where a page was cut
        return lenient
    for encoding in declared:
        if encoding and encoding != "utf-8":
            text = _try(data, encoding)
            if text is not None:
                return text
    best = from_bytes(
        data[:200_000],
        cp_isolation=["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "euc_kr", "euc_jp"],
    ).best()
    return data.decode(best.encoding if best else "cp1252", "replace")


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
