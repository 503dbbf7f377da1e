"""Content codings (RFC 9110, section 8.4), undone strictly: what is cut off is an error, not a shorter page."""

import re
import zlib
from collections.abc import Iterable

_GZIP_MAGIC = b"\x1f\x8b"


class CutOff(ValueError):
    """The compressed body ends before its end, or is damaged."""


class TooLarge(ValueError):
    """The body is larger than the limit when decompressed."""


class UnknownCoding(ValueError):
    """A coding nobody asked for."""


def decode(body: bytes, content_encodings: Iterable[str], limit: int) -> bytes:
    """The body with its content codings undone, the last one applied first.

    content_encodings: the values of the answer's Content-Encoding headers. limit: bytes the result may have.
    A body that is labelled gzip but is none is given as it is: servers and archives do send such.

    CutOff, TooLarge, UnknownCoding.
    """
    codings = [name for value in content_encodings for name in re.split(r"[\s,]+", value.lower()) if name]
    for coding in reversed(codings):
        if coding in ("gzip", "x-gzip"):
            body = _gunzip(body, limit)
        elif coding == "deflate":
            body = _inflate(body, limit)
        elif coding != "identity":
            raise UnknownCoding(f"the body has the content coding {coding}, which was not asked for")
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    if not body.startswith(_GZIP_MAGIC):
        return body
    parts: list[bytes] = []
    while body.startswith(_GZIP_MAGIC):  # a gzip file may have several members (RFC 1952, section 2.2)
        member, body = _decompress(body, 16 + zlib.MAX_WBITS, limit - sum(map(len, parts)))
        parts.append(member)
    return b"".join(parts)


def _inflate(body: bytes, limit: int) -> bytes:
    if not body:
        return body
    try:
        return _decompress(body, zlib.MAX_WBITS, limit)[0]
    except CutOff:
        return _decompress(body, -zlib.MAX_WBITS, limit)[0]  # some servers leave the zlib wrapper out


def _decompress(data: bytes, window: int, limit: int) -> tuple[bytes, bytes]:
    """One stream and what follows it."""
    decompressor = zlib.decompressobj(window)
    try:
        result = decompressor.decompress(data, limit + 1)
    except zlib.error as error:
        raise CutOff(f"the compressed body is damaged: {error}") from None
    if len(result) > limit:
        raise TooLarge(f"the body has more than {limit} bytes when decompressed")
    if not decompressor.eof:
        raise CutOff("the compressed body is cut off")
    return result, decompressor.unused_data
