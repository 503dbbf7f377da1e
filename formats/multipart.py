"""Several answers as one capture: the pages of a policy, or a page as it was served and as a browser shows it.

The payload is a MIME multipart body (RFC 2046, section 5.1), which any mail reader can take apart. It is `mixed` for
pages to be read one after the other, and `alternative` for forms of one page, the richest last. Each part has its
Content-Type, its Content-Location, and its Status if an answer had one. All else that is known of the parts is in the
capture's `composition`, not in the payload: times and headers differ from fetch to fetch while the bytes stay the same.
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

#: A capture and its payload.
Observed = tuple[Capture, bytes]


def compose(kind: Literal["mixed", "alternative"], parts: Sequence[Observed], fault: str = "") -> Observed:
    """Returns one capture of several, in their order, and its payload. The same parts give the same bytes.

    The composed capture is requested when its first part was, and captured when its last part was. Its address is that
    of the first of `mixed` pages, and of the last of `alternative` forms. It has no status and no headers of its own.
    fault: why the capture is not complete, which quarantines it; '' if it is complete.
    """
    captures = [capture for capture, _ in parts]
    pieces = [_head(capture) + payload for capture, payload in parts]
    # No part can contain the boundary, since the boundary is made of the checksum of all parts.
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
    """Returns whether `compose` made a capture. A page that a server merely labels multipart is not composed."""
    return capture.composition is not None


def fault_of(capture: Capture) -> str:
    """Returns why a composed capture is not complete; '' if it is, or if it is not composed."""
    return capture.composition.fault if capture.composition is not None else ""


def parts_of(capture: Capture, payload: bytes) -> tuple[Observed, ...]:
    """Returns the captures and payloads that `compose` was given.

    ExtractionError if the payload does not consist of the parts that the capture names.
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
    """Returns what writes and reads the parts. Made on demand: few captures are composed, and pydantic loads slowly."""
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[PlainCapture, ...])
