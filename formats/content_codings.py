"""Decodes HTTP bodies according to their content codings (RFC 9110, section 8.4).

Decoding is strict: a body that is cut off raises an error. A lenient decoder could return the first half of a page as
if it were the whole page.
"""

import re
import zlib
from collections.abc import Callable, Iterable
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # has no types
import zstandard

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# The number of compressed bytes that are decompressed before the size of the output is checked. zlib's output is at
# most 1032 times as large as its input. Four bytes of zstd can become a block of 128 KiB (RFC 8878, section 3.1.1.2).
_STEP = 4096
_ZSTD_STEP = 512
# Upper limit of the output of one step of Brotli decompression, in bytes. A limit for the input isn't enough, because a
# few bytes of Brotli can become 16 MiB (RFC 7932, section 9.2).
_BROTLI_OUTPUT = 1 << 20
# Upper limit of the window of a zstd body, in bytes (RFC 9659). A decoder needs memory for the whole window.
_ZSTD_WINDOW = 8 << 20
# The largest allowed number of content codings of a body. Each coding costs time, because decoding it processes the
# whole body again. Servers usually apply one coding. A misconfigured server may apply two codings.
_MAX_CODINGS = 4
# The largest allowed number of gzip members or zstd frames in a body. Members and frames are compressed streams, one
# after another in the body. Each member costs time, even if it is empty. The limit is generous: the largest body that
# clausewatch accepts has 32 MiB, and a tool that compresses such a body in blocks of 64 KiB makes 512 members.
_MAX_MEMBERS = 10_000


# The content codings in the IANA registry that this module can't decode. Other names are no content codings.
_UNSUPPORTED = frozenset(["aes128gcm", "compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip"])


class DamagedBodyError(ValueError):
    """The compressed body is cut off or damaged."""


class CutOffBodyError(DamagedBodyError):
    """The compressed body is cut off. beginning: what could be decompressed."""

    def __init__(self, beginning: bytes) -> None:
        super().__init__("the compressed body is cut off")
        self.beginning = beginning


class BodyTooLargeError(ValueError):
    """The decompressed body would be larger than the limit."""


class UnknownCodingError(ValueError):
    """The body has a content coding that this module can't decode, or too many content codings."""


def decode(body: bytes, content_encodings: Iterable[str], limit: int) -> bytes:
    """Returns the decoded body of an HTTP response.

    body: the body as received.
    content_encodings: the values of the response's Content-Encoding headers, in order. A server that applies several
        content codings lists them in order, so the last coding is decoded first. The supported content codings are
        gzip, deflate, br (RFC 7932) and zstd (RFC 8878). As in browsers, names that aren't registered as content
        codings, such as `UTF-8` and `none`, and parameters such as `q=1` count for nothing.
    limit: the largest allowed size of the decoded body, in bytes.

    Some servers and archives label uncompressed bodies as compressed. Such bodies are returned unchanged.

    DamagedBodyError, BodyTooLargeError or UnknownCodingError if the body can't be decoded. CutOffBodyError, a kind of
    DamagedBodyError, if the body is cut off and its beginning could be decoded.
    """
    names = [name for value in content_encodings for name in re.split(r"[\s,;]+", value.lower())]
    codings = [name for name in names if name in _DECODABLE or name in _UNSUPPORTED]
    if len(codings) > _MAX_CODINGS:
        raise UnknownCodingError(f"it is labelled as compressed {len(codings)} times")
    for number, coding in enumerate(reversed(codings), 1):
        try:
            body = _decode_once(body, coding, limit)
        except CutOffBodyError as error:
            if number < len(codings):
                raise DamagedBodyError(str(error)) from None
            raise
    return body


def _decode_once(body: bytes, coding: str, limit: int) -> bytes:
    decoder = _DECODABLE.get(coding)
    if decoder is None:
        raise UnknownCodingError(f"it is compressed as {coding}, which clausewatch can't read")
    return decoder(body, limit)


def _gunzip(body: bytes, limit: int) -> bytes:
    # A gzip file may have several members (RFC 1952, section 2.2).
    return _members(body, _GZIP_MAGIC, lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), _STEP, limit)


def _inflate(body: bytes, limit: int) -> bytes:
    if not body:
        return body
    try:
        return _member(zlib.decompressobj(), body, 0, _STEP, limit)[0]
    except CutOffBodyError:
        raise
    except DamagedBodyError:
        # Some servers send the deflate data without the zlib wrapper that RFC 9110 (section 8.4.1.2) requires.
        try:
            return _member(zlib.decompressobj(-zlib.MAX_WBITS), body, 0, _STEP, limit)[0]
        except DamagedBodyError:
            if _is_text(body):
                return body
            raise


def _unbrotli(body: bytes, limit: int) -> bytes:
    decompressor = brotli.Decompressor()
    parts: list[bytes] = []
    size = consumed = 0
    try:
        while not decompressor.is_finished():
            chunk = b""
            if decompressor.can_accept_more_data():
                if consumed >= len(body):
                    break
                chunk = body[consumed : consumed + _STEP]
                consumed += _STEP
            parts.append(decompressor.process(chunk, output_buffer_limit=_BROTLI_OUTPUT))
            size += len(parts[-1])
            if size > limit:
                raise _too_large(limit)
    except brotli.error as error:
        fault = DamagedBodyError(f"its compressed data is damaged: {error}")
    else:
        if decompressor.is_finished():
            return b"".join(parts)
        fault = CutOffBodyError(b"".join(parts))
    # Brotli has no magic number. So a body that is valid text is treated as uncompressed.
    if _is_text(body):
        return body
    raise fault


def _unzstd(body: bytes, limit: int) -> bytes:
    # A zstd body may have several frames (RFC 8878, section 3.1).
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
    """The attributes that this module uses of a zlib or zstandard decompressor."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _members(body: bytes, magic: bytes, decompressor: Callable[[], _Decompressor], step: int, limit: int) -> bytes:
    """Returns the decompressed contents of all members of a body, joined. Bytes after the last member are ignored.

    A body that does not begin with a member is returned unchanged.

    magic: the bytes at the beginning of every member.
    decompressor: a function that returns a new decompressor for one member.
    step: the number of compressed bytes that are decompressed at once (see `_member`).
    """
    if not body.startswith(magic):
        return body
    parts: list[bytes] = []
    size = start = 0
    while body.startswith(magic, start):
        if len(parts) >= _MAX_MEMBERS:
            raise BodyTooLargeError(f"it is compressed in more than {_MAX_MEMBERS:,} pieces")
        try:
            part, start = _member(decompressor(), body, start, step, limit, size)
        except CutOffBodyError as error:
            raise CutOffBodyError(b"".join([*parts, error.beginning])) from None
        size += len(part)
        parts.append(part)
    return b"".join(parts)


def _member(
    decompressor: _Decompressor, body: bytes, start: int, step: int, limit: int, size: int = 0
) -> tuple[bytes, int]:
    """Returns the decompressed contents of the member that begins at `start`, and the offset of the member's end.

    step: the number of compressed bytes that are decompressed at once. A decompressor copies all input after its
        member's end into `unused_data`. Small steps keep these copies small.
    size: the decompressed size of all earlier members, in bytes.
    """
    parts: list[bytes] = []
    while start < len(body) and not decompressor.eof:
        try:
            parts.append(decompressor.decompress(body[start : start + step]))
        except (zlib.error, zstandard.ZstdError) as error:
            raise DamagedBodyError(f"its compressed data is damaged: {error}") from None
        start = min(start + step, len(body))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
    if not decompressor.eof:
        raise CutOffBodyError(b"".join(parts))
    return b"".join(parts), start - len(decompressor.unused_data)


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"it has more than {limit:,} bytes when decompressed")


_DECODABLE: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
