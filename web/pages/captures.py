"""Captures as evidence: the list of a policy's captures, one capture with its facts and verdict, and its bytes."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.captures import Capture, reason_words
from core.clauses import Document
from core.exceptions import DamageError, ExtractionError, UsageError
from core.policies import PolicyKey
from ingestion.warc_writer import write_captures
from storage import StoredCapture
from views.addresses import capture_page, version_page
from views.capture_words import IDENTIFIER_NAMES, REASON_SENTENCES, SOURCE_SENTENCES
from views.evidence import (
    ENDINGS,
    archive_address,
    charset_of,
    file_name,
    page_kind,
    without_connections,
)
from views.reviews import CaptureForReview, capture_for_review
from views.versions import version_numbers
from web.citing import citation_of, cite_box
from web.operators import operator_of
from web.rendering import page, prefix_of, room_of
from web.room import NotFoundError, Room

_PER_PAGE: Final = 100
_LAST_ID: Final = 2**63 - 1  # the ids that a database can store

#: What a vendor's page may do in its frame: show itself in its own styles and in pictures that it contains.
#: `sandbox` keeps scripts, forms, pop-ups, downloads, and redirects by `<meta>` from running; `base-uri` switches
#: `<base>` off; only this room may frame the page.
PAGE_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_FRAME_HEADERS: Final = {
    "Content-Security-Policy": PAGE_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
    "Vary": "Sec-Fetch-Dest",
}
_FILE_HEADERS: Final = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}


@dataclass(frozen=True, slots=True)
class Owner:
    """The vendor of a capture by its slug and name, also if it is no longer declared."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a capture as the page shows it. A capture that is not composed has one part.

    number: from 1. kind: how it can be shown (`views.evidence.PageKind`).
    """

    number: int
    capture: Capture
    kind: str
    size: int


def captures(request: Request) -> Response:
    """Answers with the captures of a policy, the newest first."""
    room = room_of(request)
    key = PolicyKey(request.path_params["vendor"], request.path_params["policy"])
    vendor, declared = room.policy(key)
    verdict = request.query_params.get("verdict", "")
    every = room.store.library.captures(key)
    chosen = [stored for stored in reversed(every) if verdict in ("", stored.verdict.name)]
    pages = max(1, -(-len(chosen) // _PER_PAGE))
    number = _page_number(request, pages)
    return page(
        request,
        "captures.html.j2",
        vendor=vendor,
        key=key,
        declared=declared,
        verdict=verdict if verdict in ("accepted", "quarantined") else "",
        counts={name: sum(stored.verdict.name == name for stored in every) for name in ("accepted", "quarantined")},
        captures=chosen[(number - 1) * _PER_PAGE : number * _PER_PAGE],
        numbers=version_numbers(room.store.library.history(key)) if every else {},
        number=number,
        pages=pages,
        reason_words=reason_words,
    )


def capture(request: Request) -> Response:
    """Answers with the facts of a capture, its verdict, the page in a frame, and how to cite it."""
    return capture_answer(request, _capture_id(request))


def capture_answer(request: Request, capture_id: int, status: int = 200, **review: Any) -> Response:
    """Returns the page about a capture. review: what an operator has filled into the form of a decision, and why it
    was refused: `note` and `fault`.
    """
    room = room_of(request)
    shown = _capture_for_review(room, capture_id)
    stored = shown.stored
    key = PolicyKey(stored.capture.vendor, stored.capture.policy)
    document = _document(room, capture_id)
    numbers = version_numbers(room.store.library.history(key)) if stored.version_id else {}
    owner = owner_of(room, key.vendor)
    parts, fault = _parts(room, stored)
    citation = citation_of(
        request,
        owner.name,
        stored.capture,
        document,
        stored.version_id or "",
        capture_page(stored.id),
        quarantined=reason_words(stored.verdict.reason),
    )
    operator = operator_of(request)
    return page(
        request,
        "capture.html.j2",
        status,
        shown=shown,
        stored=stored,
        capture=stored.capture,
        key=key,
        vendor=owner,
        number=numbers.get(stored.version_id or ""),
        version=version_page(key, f"@{stored.version_id}") if stored.version_id else "",
        document=document,
        parts=parts,
        payload_fault=fault,
        archive=archive_address(stored.capture),
        reason_words=reason_words,
        reason=REASON_SENTENCES.get(stored.verdict.reason, "") if stored.verdict.reason else "",
        source=SOURCE_SENTENCES[stored.capture.source],
        identifier_names=IDENTIFIER_NAMES,
        **cite_box(citation),
        operator=operator,
        form=request.app.state.operators.form_token(operator) if operator else "",
        **{"note": "", "fault": "", **review},
    )


def shown_page(request: Request) -> Response:
    """Answers with the stored page, for the frame on the capture's page.

    A browser that opens the address by itself is sent to the capture's page: in a window of its own, a click on a link
    of the vendor's page would lead to the vendor, which the frame prevents.
    """
    capture_id = _capture_id(request)
    if request.headers.get("sec-fetch-dest", "iframe") not in ("iframe", "empty"):
        headers = {"Vary": "Sec-Fetch-Dest"}
        return RedirectResponse(f"{prefix_of(request)}{capture_page(capture_id)}", 303, headers)
    part, payload = _part(request, capture_id)
    kind = page_kind(part.media_type, payload)
    if kind not in ("html", "text"):
        raise NotFoundError("This kind of file can't be shown here. Download it from the page of the capture.")
    charset = charset_of(part.media_type)
    media_type = "text/html" if kind == "html" else "text/plain"
    # Without a charset, the browser looks for the page's own declaration, as it does on the vendor's site.
    media_type += f"; charset={charset}" if charset else "" if kind == "html" else "; charset=utf-8"
    body = without_connections(payload) if kind == "html" else payload
    return Response(body, headers={**_FRAME_HEADERS, "Content-Type": media_type})


def raw(request: Request) -> Response:
    """Answers with the stored bytes, unchanged, as a file to download."""
    capture_id = _capture_id(request)
    stored = _stored(room_of(request), capture_id)
    payload = room_of(request).store.library.payload(stored.capture.sha256)
    kind = page_kind(stored.capture.media_type, payload)
    name = file_name(capture_id, stored.capture, ENDINGS[kind])
    return _file(payload, name, "application/octet-stream")


def warc_record(request: Request) -> Response:
    """Answers with the capture as a WARC file, as `clausewatch export` writes it."""
    capture_id = _capture_id(request)
    room = room_of(request)
    stored = _stored(room, capture_id)
    stream = io.BytesIO()
    write_captures(stream, [stored.capture], room.store.library.payload)
    return _file(stream.getvalue(), file_name(capture_id, stored.capture, "warc.gz"), "application/warc")


def owner_of(room: Room, slug: str) -> Owner:
    """Returns the vendor with this slug; a vendor that is no longer declared has its slug as its name."""
    vendor = room.vendors().get(slug)
    return Owner(slug, vendor.name if vendor else slug)


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {**_FILE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"', "Content-Type": media_type}
    return Response(content, headers=headers)


def _capture_id(request: Request) -> int:
    text = request.path_params["capture"]
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= _LAST_ID):
        raise NotFoundError("A capture's address ends in its number, as `clausewatch captures` prints it.")
    return int(text)


def _page_number(request: Request, pages: int) -> int:
    text = request.query_params.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= pages:
        raise NotFoundError(f"There are pages 1 to {pages} of this list.")
    return number


def _stored(room: Room, capture_id: int) -> StoredCapture:
    return room.store.library.capture(capture_id)


def _capture_for_review(room: Room, capture_id: int) -> CaptureForReview:
    try:
        return capture_for_review(room.store, capture_id)
    except UsageError as error:
        raise NotFoundError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None


def _document(room: Room, capture_id: int) -> Document | None:
    try:
        return room.store.library.document(capture_id)
    except ExtractionError:
        return None


def _parts(room: Room, stored: StoredCapture) -> tuple[Sequence[_Part], str]:
    """Returns the parts of a capture, and why they can't be shown; '' if they can."""
    try:
        parts = room.store.library.parts(stored.capture)
    except ExtractionError as error:
        return (), f"This capture can't be shown: {error}."
    except DamageError:
        return (), "The stored bytes are damaged. What else is known about the capture is still shown."
    return [
        _Part(number, part, page_kind(part.media_type, payload), len(payload))
        for number, (part, payload) in enumerate(parts, 1)
    ], ""


def _part(request: Request, capture_id: int) -> tuple[Capture, bytes]:
    room = room_of(request)
    try:
        parts = room.store.library.parts(_stored(room, capture_id).capture)
    except ExtractionError as error:
        raise NotFoundError(f"This capture can't be shown: {error}.") from None
    text = request.query_params.get("part", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= len(parts)):
        raise NotFoundError(f"This capture has the parts 1 to {len(parts)}.")
    return parts[int(text) - 1]


ROUTES = [
    Route("/-/captures/{capture}", capture),
    Route("/-/captures/{capture}/page", shown_page),
    Route("/-/captures/{capture}/raw", raw),
    Route("/-/captures/{capture}/record.warc.gz", warc_record),
    Route("/{vendor}/{policy}/captures", captures),
]
