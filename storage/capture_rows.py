"""Converts a capture to a row of the table `captures` and a row to a capture, and computes a capture's identity.

A capture's identity is a SHA-256. Two captures with the same identity are the same capture, and are stored only once.
"""

import json
from datetime import UTC

from core.captures import Capture, sha256_hex
from formats.capture_json import archive_fields, archive_mapping
from storage.tables.models import CaptureRow

# For captures from these sources, the identity does not include the archive's identifiers for the capture. These
# sources are older than that part of the identity. An identity must never change: a stored capture with a changed
# identity would be taken for a new capture.
_SOURCES_WITHOUT_IDENTIFIERS = frozenset({"live", "wayback", "warc", "file"})


def capture_identity(capture: Capture) -> str:
    """Returns the SHA-256 of the fields by which captures differ, such as time, address and payload."""
    parts: list[object] = [
        capture.vendor,
        capture.policy,
        capture.source,
        capture.asked_url,
        capture.captured_at.astimezone(UTC).isoformat(timespec="microseconds"),
        capture.sha256,
    ]
    if capture.provenance is not None and capture.source not in _SOURCES_WITHOUT_IDENTIFIERS:
        parts.append(sorted(capture.provenance.identifiers.items()))
    return sha256_hex(json.dumps(parts).encode())


def row_values(capture: Capture, identity: str) -> dict[str, object]:
    """Returns the column values of a capture's row. identity: the result of `capture_identity` for the capture."""
    return {
        "identity": identity,
        "vendor": capture.vendor,
        "policy": capture.policy,
        "source": capture.source,
        "captured_at": capture.captured_at,
        "url": capture.url,
        "asked_url": capture.asked_url,
        "redirects": list(capture.redirects),
        "status": capture.status,
        "headers": [list(header) for header in capture.headers],
        "media_type": capture.media_type,
        "sha256": capture.sha256,
        "requested_at": capture.requested_at,
        "answered_at": capture.answered_at,
        "archive": archive_mapping(capture),
    }


def capture_from(row: CaptureRow) -> Capture:
    """Returns the capture that a row describes."""
    return Capture(
        vendor=row.vendor,
        policy=row.policy,
        source=row.source,
        captured_at=row.captured_at,
        url=row.url,
        asked_url=row.asked_url,
        redirects=tuple(row.redirects),
        status=row.status,
        headers=tuple((name, value) for name, value in row.headers),
        media_type=row.media_type,
        sha256=row.sha256,
        requested_at=row.requested_at,
        answered_at=row.answered_at,
        **archive_fields(row.source, row.archive),
    )
