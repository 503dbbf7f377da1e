"""Content codings (RFC 9110, section 8.4), undone strictly: what is cut off is an error, not a shorter page."""

import re
import zlib
from collections.abc import Callable, Iterable
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # has no types
import zstandard

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# How much is decompressed before its size is looked at, in bytes of the body: zlib makes at most 1032 times as much of
# it, zstd one block of 128 KiB of every four bytes (RFC 8878, section 3.1.1.2).
_STEP = 4096
_ZSTD_STEP = 512
# Brotli makes 16 MiB of a few bytes (RFC 7932, section 9.2), so that its output is taken in steps, not its input.
_BROTLI_OUTPUT = 1 << 20
# RFC 9659: what a body may ask a zstd decoder to keep in memory.
_ZSTD_WINDOW = 8 << 20
# Servers apply one coding, by mistake two; each costs as much as the body is large.
_CODINGS = 4
# Each member costs time of its own, though it may hold nothing. A tool that compresses in blocks of 64 KiB makes 512 of
# the largest body that is taken.
_MEMBERS = 10_000


class BodyCutOffError(ValueError):
    """The compressed body ends before its end, or is damaged."""


class BodyTooLargeError(ValueError):
    """The body is larger than the limit when decompressed."""


class UnknownCodingError(ValueError):
    """A coding that is not known here."""


def decode(body: bytes, content_encodings: Iterable[str], limit: int) -> bytes:
    """The body with its content codings undone, the last one applied first.

    content_encodings: the values of the answer's Content-Encoding headers: gzip, deflate, br (RFC 7932) and zstd
    (RFC 8878). limit: bytes the result may have.
    A body that is labelled gzip, br or zstd but is none is given as it is: servers and archives do send such.

    BodyCutOffError, BodyTooLargeError, UnknownCodingError.
    """
    codings = [name for value in content_encodings for name in re.split(r"[\s,]+", value.lower()) if name]
    if len(codings) > _CODINGS:
        raise UnknownCodingError(f"the body is said to be coded {len(codings)} times")
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
            raise UnknownCodingError(f"the body has the content coding {coding}, which is not known")
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    # A gzip file may have several members (RFC 1952, section 2.2).
    return _members(body, _GZIP_MAGIC, lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), _STEP, limit)


def _inflate(body: bytes, limit: int) -> bytes:
    if not body:
        return body
    try:
        return _member(zlib.decompressobj(), body, 0, _STEP, limit)[0]
    except BodyCutOffError:
        # Some servers leave the zlib wrapper out.
        return _member(zlib.decompressobj(-zlib.MAX_WBITS), body, 0, _STEP, limit)[0]


def _unbrotli(body: bytes, limit: int) -> bytes:
    decompressor = brotli.Decompressor()
    parts: list[bytes] = []
    size = taken = 0
    try:
        while not decompressor.is_finished():
            given = b""
            if decompressor.can_accept_more_data():
                if taken >= len(body):
                    break
                given = body[taken : taken + _STEP]
                taken += _STEP
            parts.append(decompressor.process(given, output_buffer_limit=_BROTLI_OUTPUT))
            size += len(parts[-1])
            if size > limit:
                raise _too_large(limit)
    except brotli.error as error:
        fault = f"the compressed body is damaged: {error}"
    else:
        if decompressor.is_finished():
            return b"".join(parts)
        fault = "the compressed body is cut off"
    if _is_text(body):  # brotli has no magic number to tell by
        return body
    raise BodyCutOffError(fault)


def _unzstd(body: bytes, limit: int) -> bytes:
    # A body may have several frames (RFC 8878, section 3.1).
    return _members(
        body,
        _ZSTD_MAGIC,
        lambda: zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj(),
        _ZSTD_STEP,
        limit,
    )


def _is_text(body: bytes) -> bool:
    try:
        return "\0" not in body.decode("utf-8")
    except UnicodeDecodeError:
        return False


class _Decompressor(Protocol):
    """What zlib's and zstandard's decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _members(body: bytes, magic: bytes, decompressor: Callable[[], _Decompressor], step: int, limit: int) -> bytes:
    """What all members of a body give, one after the other; what follows them and is none is left out.

    The body as it is when it does not begin with a member.
    """
    if not body.startswith(magic):
        return body
    parts: list[bytes] = []
    size = place = 0
    while body.startswith(magic, place):
        if len(parts) >= _MEMBERS:
            raise BodyTooLargeError(f"the body is compressed in more than {_MEMBERS} pieces")
        part, place = _member(decompressor(), body, place, step, limit, size)
        size += len(part)
        parts.append(part)
    return b"".join(parts)


def _member(
    decompressor: _Decompressor, body: bytes, place: int, step: int, limit: int, size: int = 0
) -> tuple[bytes, int]:
    """What the member that begins at a place of the body gives, and the place of what follows it.

    size: of what the members before it gave. In steps, so that a body of many members takes no longer than another.
    """
    parts: list[bytes] = []
    while place < len(body) and not decompressor.eof:
        try:
            parts.append(decompressor.decompress(body[place : place + step]))
        except (zlib.error, zstandard.ZstdError) as error:
            raise BodyCutOffError(f"the compressed body is damaged: {error}") from None
        place = min(place + step, len(body))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
    if not decompressor.eof:
        raise BodyCutOffError("the compressed body is cut off")
    return b"".join(parts), place - len(decompressor.unused_data)


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"the body has more than {limit} bytes when decompressed")
