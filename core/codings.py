"""Content codings (RFC 9110, section 8.4), undone strictly: what is cut off is an error, not a shorter page."""

import re
import zlib
from collections.abc import Callable, Iterable
from functools import partial

import brotli  # type: ignore[import-untyped]  # has no types
import zstandard

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# How much is decompressed before its size is looked at.
_STEP = 4096


class CutOff(ValueError):
    """The compressed body ends before its end, or is damaged."""


class TooLarge(ValueError):
    """The body is larger than the limit when decompressed."""


class UnknownCoding(ValueError):
    """A coding that is not known here."""


def decode(body: bytes, content_encodings: Iterable[str], limit: int) -> bytes:
    """The body with its content codings undone, the last one applied first.

    content_encodings: the values of the answer's Content-Encoding headers: gzip, deflate, br (RFC 7932) and zstd
    (RFC 8878). limit: bytes the result may have.
    A body that is labelled gzip, br or zstd but is none is given as it is: servers and archives do send such.

    CutOff, TooLarge, UnknownCoding.
    """
    codings = [name for value in content_encodings for name in re.split(r"[\s,]+", value.lower()) if name]
    for coding in reversed(codings):
        if coding in ("gzip", "x-gzip"):
            body = _gunzip(body, limit)
        elif coding == "deflate":
            body = _inflate(body, limit)
        elif coding == "br":
            body = _unbrotli(body, limit)
        elif coding == "zstd":
            body = _unzstd(body, limit)
        elif coding != "identity":
            raise UnknownCoding(f"the body has the content coding {coding}, which is not known")
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


def _unbrotli(body: bytes, limit: int) -> bytes:
    decompressor = brotli.Decompressor()
    try:
        result, _ = _stepwise(decompressor.process, decompressor.is_finished, body, limit)
    except brotli.error as error:
        fault = f"the compressed body is damaged: {error}"
    else:
        if decompressor.is_finished():
            return result
        fault = "the compressed body is cut off"
    if _is_text(body):  # brotli has no magic number to tell by
        return body
    raise CutOff(fault)


def _unzstd(body: bytes, limit: int) -> bytes:
    if not body.startswith(_ZSTD_MAGIC):
        return body
    parts: list[bytes] = []
    while body.startswith(_ZSTD_MAGIC):  # a body may have several frames (RFC 8878, section 3.1)
        frame = zstandard.ZstdDecompressor().decompressobj()
        left = limit - sum(map(len, parts))
        try:
            part, taken = _stepwise(frame.decompress, partial(getattr, frame, "eof"), body, left)
        except zstandard.ZstdError as error:
            raise CutOff(f"the compressed body is damaged: {error}") from None
        if not frame.eof:
            raise CutOff("the compressed body is cut off")
        parts.append(part)
        body = frame.unused_data + body[taken:]
    return b"".join(parts)


def _is_text(body: bytes) -> bool:
    try:
        return "\0" not in body.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _stepwise(
    decompress: Callable[[bytes], bytes], is_done: Callable[[], bool], body: bytes, limit: int
) -> tuple[bytes, int]:
    """What a body gives until the decompressor is done, and how much of it was taken."""
    parts: list[bytes] = []
    size = taken = 0
    while taken < len(body) and not is_done():
        parts.append(decompress(body[taken : taken + _STEP]))
        taken += _STEP
        size += len(parts[-1])
        if size > limit:
            raise TooLarge(f"the body has more than {limit} bytes when decompressed")
    return b"".join(parts), taken


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
