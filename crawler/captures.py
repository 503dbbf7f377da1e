"""From what Scrapy got to captures."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from scrapy import Request
from scrapy.http import Response

from core.archives import ListedCapture
from core.captures import Capture, sha256_hex
from core.declarations import Policy
from core.policies import PolicyKey
from crawler.archives.wayback import Memento, Visit
from storage import KnownPayload


@dataclass(frozen=True)
class Found:
    """What a spider hands to the pipeline. payload: None when it is stored already."""

    capture: Capture
    payload: bytes | None = field(repr=False)
    policy: Policy = field(repr=False)


def live_capture(response: Response, key: PolicyKey, asked_url: str) -> Capture:
    """The capture that the answer of a live page is."""
    request = cast(Request, response.request)  # Scrapy sets it before any callback
    return Capture(
        vendor=key.vendor,
        policy=key.policy,
        source="live",
        captured_at=request.meta["answered_at"],
        url=response.url,
        asked_url=asked_url,
        redirects=tuple(request.meta.get("redirect_urls", ())),
        status=response.status,
        headers=header_pairs(response),
        media_type=_media_type(response),
        sha256=sha256_hex(response.body),
        requested_at=request.meta["requested_at"],
        answered_at=request.meta["answered_at"],
    )


def archived_capture(response: Response, key: PolicyKey, visit: Visit, memento: Memento) -> Capture:
    """The capture that an archived answer is."""
    request = cast(Request, response.request)  # Scrapy sets it before any callback
    return Capture(
        vendor=key.vendor,
        policy=key.policy,
        source="wayback",
        captured_at=memento.at,
        url=memento.url,
        asked_url=visit.passed[0] if visit.passed else memento.url,
        redirects=visit.passed,
        status=response.status,
        headers=header_pairs(response),
        media_type=_media_type(response),
        sha256=sha256_hex(response.body),
        requested_at=request.meta["requested_at"],
        answered_at=request.meta["answered_at"],
        archive=_identifiers(visit.row, response.url),
    )


def repeated_capture(
    key: PolicyKey, text: KnownPayload, row: ListedCapture, listed_at: datetime, replay_url: str
) -> Capture:
    """The capture a row of the index is evidence of, when its digest is that of a capture got before.

    The row says when and where, the digest that the bytes were the same. No answer was got for it: there are no
    headers. The media type is the one the same bytes had, as the index leaves out its parameters (the charset).
    """
    return Capture(
        vendor=key.vendor,
        policy=key.policy,
        source="wayback",
        captured_at=row.captured_at,
        url=row.original,
        asked_url=row.original,
        status=200,
        media_type=text.media_type,
        sha256=text.sha256,
        requested_at=listed_at,
        answered_at=listed_at,
        archive=_identifiers(row, replay_url),
    )


def header_pairs(response: Response) -> tuple[tuple[str, str], ...]:
    """An answer's headers as text, one pair a value."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )


def header_map(response: Response) -> dict[str, str]:
    """An answer's headers by lower-case name; several of one name joined by commas (RFC 9110, section 5.3)."""
    result: dict[str, str] = {}
    for name, value in header_pairs(response):
        key = name.lower()
        result[key] = f"{result[key]}, {value}" if key in result else value
    return result


def _media_type(response: Response) -> str:
    return (response.headers.get("Content-Type") or b"").decode("latin-1")


def _identifiers(row: ListedCapture, memento: str) -> dict[str, str]:
    return {"timestamp": row.timestamp, "digest": row.digest, "urlkey": row.urlkey, "memento": memento}
