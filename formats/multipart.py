"""Composes one capture from several captures. Each of the several captures is a part of the composed capture.

The parts are either the pages of a policy that has several pages, or two forms of one page: the HTML that the server
sent, and the HTML that a browser rendered.

The payload of a composed capture is a MIME multipart body (RFC 2046, section 5.1), so standard MIME parsers can split
the payload. The type of the payload is `multipart/mixed` if the parts are pages; the pages are in reading order. The
type is `multipart/alternative` if the parts are forms of one page; the richest form is last. Each part has the headers
Content-Type and Content-Location, and the header Status if the HTTP status of the part is known.

Two fetches of an unchanged page have different times and may have different headers. To give both fetches the same
payload, the times and headers are stored in the capture's `composition`.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from core.captures import Capture, Composition, sha256_hex
from core.escaping import escape_line
from core.exceptions import ExtractionError
from formats.capture_json import PlainCapture, from_plain, to_plain

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: A capture and the capture's payload.
Observed = tuple[Capture, bytes]


def compose(kind: Literal["mixed", "alternative"], parts: Sequence[Observed], fault: str = "") -> Observed:
    """Returns a capture composed of several captures, and the payload of the composed capture.

    The same parts always result in the same payload. The composed capture has the request time of the first part, the
    capture time of the last part, no status and no headers.

    kind: `mixed` if the parts are several pages; the composed capture has the address of the first page. `alternative`
        if the parts are forms of one page; the composed capture has the address of the last form.
    parts: the captures to compose and their payloads, in order.
    fault: a sentence that says why the composed capture is incomplete; '' if the composed capture is complete. A
        capture with a fault is quarantined.
    """
    captures = [capture for capture, _ in parts]
    pieces = [_head(capture) + payload for capture, payload in parts]
    # The boundary is a checksum of all parts, so no part can contain the boundary.
    boundary = sha256(b"".join(len(piece).to_bytes(8, "big") + piece for piece in pieces)).hexdigest()[:40]
    delimiter = f"--{boundary}".encode()
    payload = b"".join(delimiter + b"\r\n" + piece + b"\r\n" for piece in pieces) + delimiter + b"--\r\n"
    plain_parts = tuple(to_plain(capture) for capture in captures)
    composed = replace(
        captures[0 if kind == "mixed" else -1],
        captured_at=captures[-1].captured_at,
        status=None,
        headers=(),
        media_type=f"multipart/{kind}; boundary={boundary}",
        sha256=sha256_hex(payload),
        requested_at=captures[0].requested_at,
        answered_at=captures[-1].answered_at,
        provenance=None,
        composition=Composition(_adapter().dump_json(plain_parts).decode(), fault),
        rendered_by="",
    )
    return composed, payload


def is_composed(capture: Capture) -> bool:
    """Returns whether a capture was made by `compose`. A page that a server labelled multipart is not composed."""
    return capture.composition is not None


def fault_of(capture: Capture) -> str:
    """Returns the reason why a composed capture is incomplete; '' if the capture is complete or not composed."""
    return capture.composition.fault if capture.composition is not None else ""


def parts_of(capture: Capture, payload: bytes) -> tuple[Observed, ...]:
    """Returns the captures and payloads that `compose` combined into a capture.

    ExtractionError if the capture is not composed, or if the payload doesn't contain the parts that the capture's
    `composition` lists.
    """
    broken = ExtractionError("its parts are not those that were put together")
    if capture.composition is None:
        raise broken
    boundary = capture.media_type.partition("boundary=")[2].encode()
    try:
        preamble, *pieces, end = (b"\r\n" + payload).split(b"\r\n--" + boundary)
        captures = [from_plain(plain) for plain in _adapter().validate_json(capture.composition.parts)]
        payloads = [body for _, head_end, body in (piece.partition(b"\r\n\r\n") for piece in pieces) if head_end]
        parts = tuple(zip(captures, payloads, strict=True))
    except ValueError:  # pydantic's ValidationError is a ValueError
        raise broken from None
    if preamble or end != b"--\r\n" or any(sha256_hex(body) != part.sha256 for part, body in parts):
        raise broken
    return parts


def _head(capture: Capture) -> bytes:
    fields = [("Content-Type", capture.media_type), ("Content-Location", capture.url)]
    if capture.status is not None:
        fields.append(("Status", str(capture.status)))
    lines = [f"{name}: {escape_line(value)}\r\n" for name, value in fields if value]
    return "".join([*lines, "\r\n"]).encode()


@cache
def _adapter() -> "TypeAdapter[tuple[PlainCapture, ...]]":
    """Returns the adapter that writes and reads the JSON of the parts.

    The adapter is made on first use, because few captures are composed and importing Pydantic is slow.
    """
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[PlainCapture, ...])
