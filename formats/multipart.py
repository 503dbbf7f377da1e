"""Captures of several answers as one: the pages of a policy, or a page as it was served and as a browser shows it.

The payload is a MIME multipart body (RFC 2046, section 5.1), so that any mail reader can take it apart: `mixed` for
pages to be read one after the other, `alternative` for forms of one page, the richest last. A part tells its
Content-Type, its Content-Location, and its Status where it was answered with one. What else is known of each part's
answer stands in the capture's `archive` under `parts`, since it differs from answer to answer while the bytes do not;
a part that a browser made names it in its own `archive`, under `rendered_by`.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from core.captures import Capture, sha256_hex
from core.escaping import escape_line
from core.exceptions import ExtractionError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Observed = tuple[Capture, bytes]


def compose(kind: Literal["mixed", "alternative"], parts: Sequence[Observed], fault: str = "") -> Observed:
    """One capture of these, in that order, and its payload; the same parts give the same bytes.

    It is asked for with the first part and captured when the last is answered; its address is that of the first of
    `mixed` pages, and of the last of `alternative` forms. It has no status and no headers, as nobody answered with it.
    fault: what kept it from being whole, which quarantines it.
    """
    captures = [capture for capture, _ in parts]
    pieces = [_head(capture) + payload for capture, payload in parts]
    # No part can hold the delimiter: it would have to hold a digest of itself.
    digest = sha256(b"".join(len(piece).to_bytes(8, "big") + piece for piece in pieces)).hexdigest()[:40]
    delimiter = f"--{digest}".encode()
    payload = b"".join(delimiter + b"\r\n" + piece + b"\r\n" for piece in pieces) + delimiter + b"--\r\n"
    archive = {"parts": _parts().dump_json(tuple(captures)).decode()}
    of = replace(
        captures[0 if kind == "mixed" else -1],
        captured_at=captures[-1].captured_at,
        status=None,
        headers=(),
        media_type=f"multipart/{kind}; boundary={digest}",
        sha256=sha256_hex(payload),
        requested_at=captures[0].requested_at,
        answered_at=captures[-1].answered_at,
        archive={**archive, "fault": fault} if fault else archive,
    )
    return of, payload


def is_composed(capture: Capture) -> bool:
    """Whether `compose` made it. What a server merely calls multipart is a page like any other."""
    return "parts" in capture.archive


def parts_of(capture: Capture, payload: bytes) -> tuple[Observed, ...]:
    """The captures and payloads that `compose` made one of. ExtractionError where these are not the bytes of it."""
    boundary = capture.media_type.partition("boundary=")[2].encode()
    try:
        preamble, *pieces, end = (b"\r\n" + payload).split(b"\r\n--" + boundary)
        captures = _parts().validate_json(capture.archive["parts"])
        payloads = [body for _, head_end, body in (piece.partition(b"\r\n\r\n") for piece in pieces) if head_end]
        parts = tuple(zip(captures, payloads, strict=True))
    except ValueError:  # pydantic's own error is one
        raise ExtractionError("its parts are not those that were put together") from None
    if preamble or end != b"--\r\n" or any(sha256_hex(body) != part.sha256 for part, body in parts):
        raise ExtractionError("its parts are not those that were put together")
    return parts


def _head(capture: Capture) -> bytes:
    fields = [("Content-Type", capture.media_type), ("Content-Location", capture.url)]
    if capture.status is not None:
        fields.append(("Status", str(capture.status)))
    lines = [f"{name}: {escape_line(value)}\r\n" for name, value in fields if value]
    return "".join([*lines, "\r\n"]).encode()


@cache
def _parts() -> "TypeAdapter[tuple[Capture, ...]]":
    """How the captures of the parts are written. Few are composed, and pydantic takes a while to load."""
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[Capture, ...])
