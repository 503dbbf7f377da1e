"""Decodes bytes into characters. The bytes themselves count more than the declarations of the server and the page."""

import codecs
import re

from charset_normalizer import from_bytes
from w3lib.encoding import http_content_type_encoding, resolve_encoding

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Labels of encodings in which a text may have only bytes below 0x80. Such bytes are also valid UTF-8, so only the label
# shows how to decode them.
_SEVEN_BIT = re.compile(r"iso2022|utf_?(?:7|16|32)|hz", re.IGNORECASE)


def decode(data: bytes, media_type: str = "") -> str:
    """Returns the characters of a text or page.

    Bytes that can't be decoded become U+FFFD. NULs are dropped. The function raises no exceptions.

    The encoding is the first in this list that fits the bytes:

    1. the encoding of the byte-order mark;
    2. UTF-8, if the bytes are valid UTF-8 (text in another encoding is hardly ever valid UTF-8 by chance);
    3. the charset of the Content-Type, then the charset of the page's `<meta>`, both interpreted by the WHATWG Encoding
       Standard;
    4. an encoding guessed by charset-normalizer.

    media_type: the Content-Type of the page, with or without parameters.
    """
    for mark, marked_encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked_encoding, "replace").replace("\0", "")
    utf8 = _try(data, "utf-8")
    if utf8 is not None and not utf8.isascii():
        return utf8.replace("\0", "")
    meta = _META.search(data[:4096])
    declared = [http_content_type_encoding(media_type)]
    if meta:
        # A page whose `<meta>` can be read as ASCII isn't in UTF-16, whatever the `<meta>` declares.
        stated = resolve_encoding(meta[1].decode("ascii", "replace"))
        declared.append("utf-8" if stated and stated.startswith("utf-16") else stated)
    for encoding in declared:
        if encoding and _SEVEN_BIT.search(encoding):
            text = _try(data, encoding)
            if text is not None:
                return text.replace("\0", "")
    return (utf8 if utf8 is not None else _by_declaration(data, declared)).replace("\0", "")


def as_utf8(data: bytes, media_type: str = "") -> bytes:
    """Returns the characters that `decode` returns, encoded as UTF-8.

    The HTML parser needs UTF-8. Most pages that are in UTF-8 already are returned unchanged, which saves time.
    """
    if b"\0" not in data and not data.startswith(codecs.BOM_UTF8) and not data.isascii():
        text = _try(data, "utf-8")
        if text is not None:
            return data
    return decode(data, media_type).encode("utf-8", "replace")


def _by_declaration(data: bytes, declared: list[str | None]) -> str:
    as_utf8_text = data.decode("utf-8", "replace")
    damaged = as_utf8_text.count("\ufffd")
    beyond_ascii = sum(1 for character in as_utf8_text if character > "\x7f") or 1
    if damaged <= 0.1 * beyond_ascii:  # UTF-8 with a few damaged bytes, for example a page that was cut off
        return as_utf8_text
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
