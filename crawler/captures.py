"""Makes captures from the HTTP responses that Scrapy receives."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from scrapy import Request
from scrapy.http import Response

from core.archives import ListedCapture, Provenance
from core.captures import Capture, sha256_hex, valid_status
from core.declarations import Policy
from core.policies import PolicyKey
from crawler.archives.protocol import Memento, Replay
from formats.transfers import missing_part
from storage import KnownPayload


@dataclass(frozen=True)
class FetchedCapture:
    """The item that a spider passes to the pipeline.

    capture: the capture.
    payload: the bytes of the capture; None if the bytes are stored already.
    policy: the declaration of the policy.
    """

    capture: Capture
    payload: bytes | None = field(repr=False)
    policy: Policy = field(repr=False)


def live_capture(response: Response, key: PolicyKey, asked_url: str) -> Capture:
    """Returns the capture made from a live page's response. asked_url: the address before redirects."""
    request = cast(Request, response.request)  # Scrapy sets the request before any callback
    return Capture(
        vendor=key.vendor,
        policy=key.policy,
        source="live",
        captured_at=request.meta["answered_at"],
        url=response.url,
        asked_url=asked_url,
        redirects=tuple(request.meta.get("redirect_urls", ())),
        status=valid_status(response.status),
        headers=header_pairs(response),
        media_type=_media_type(response),
        sha256=sha256_hex(response.body),
        requested_at=request.meta["requested_at"],
        answered_at=request.meta["answered_at"],
    )


def archived_capture(
    response: Response, key: PolicyKey, replay: Replay, memento: Memento, provenance: Provenance
) -> Capture:
    """Returns the capture made from an archived response.

    replay: the state of the replay when the response was requested.
    memento: the time and address of the response, as the archive states them.

    If the response lacks a part of the page, the capture's provenance says so (`Provenance.truncated`).
    """
    missing = missing_part(valid_status(response.status), header_pairs(response), len(response.body))
    if missing:
        provenance = replace(provenance, identifiers={**provenance.identifiers, "truncated": missing})
    request = cast(Request, response.request)  # Scrapy sets the request before any callback
    return Capture(
        vendor=key.vendor,
        policy=key.policy,
        source=provenance.archive,
        captured_at=memento.captured_at,
        url=memento.url,
        asked_url=replay.redirected_from[0] if replay.redirected_from else memento.url,
        redirects=replay.redirected_from,
        status=valid_status(response.status),
        headers=header_pairs(response),
        media_type=_media_type(response),
        sha256=sha256_hex(response.body),
        requested_at=request.meta["requested_at"],
        answered_at=request.meta["answered_at"],
        provenance=provenance,
    )


def repeated_capture(
    key: PolicyKey, known: KnownPayload, listed: ListedCapture, listed_at: datetime, provenance: Provenance
) -> Capture:
    """Returns the capture for a row of the index, without fetching the capture's bytes.

    The row's digest equals the digest of a capture that was fetched before, so the bytes are equal, too. The time and
    the address come from the row. The headers are empty, because there is no response. The media type is that of the
    known payload: the media type in the index lacks parameters such as the charset.

    known: the payload of the capture fetched before.
    listed: the row of the index.
    listed_at: when the index was requested.
    """
    return Capture(
        vendor=key.vendor,
        policy=key.policy,
        source=provenance.archive,
        captured_at=listed.captured_at,
        url=listed.original,
        asked_url=listed.original,
        status=200,
        media_type=known.media_type,
        sha256=known.sha256,
        requested_at=listed_at,
        answered_at=listed_at,
        provenance=provenance,
    )


def header_pairs(response: Response) -> tuple[tuple[str, str], ...]:
    """Returns an HTTP response's headers as pairs of name and value. A name with several values has several pairs."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )


def header_map(response: Response) -> dict[str, str]:
    """Returns an HTTP response's headers by lower-case name. Several values of a name are joined by commas.

    See RFC 9110, section 5.3.
    """
    result: dict[str, str] = {}
    for name, value in header_pairs(response):
        key = name.lower()
        result[key] = f"{result[key]}, {value}" if key in result else value
    return result


def _media_type(response: Response) -> str:
    return (response.headers.get("Content-Type") or b"").decode("latin-1")
