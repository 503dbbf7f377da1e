"""What proves that nothing in a row was altered: the SHA-256 of its values."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine.default import DefaultExecutionContext

from core.captures import sha256_hex

# What each table's seals are made of, all columns but a key that is counted up and the seal. A migration that adds a
# column adds it here and makes the seals again.
CAPTURES = (
    "identity",
    "vendor",
    "policy",
    "source",
    "captured_at",
    "url",
    "asked_url",
    "redirects",
    "status",
    "headers",
    "media_type",
    "sha256",
    "requested_at",
    "answered_at",
    "archive",
)
# `needs_browser` is not sealed: it was added when there were readings already, and `verify` makes readings again.
READINGS = (
    "capture_id",
    "reader",
    "extractor",
    "declared",
    "language",
    "verdict",
    "reason",
    "evidence",
    "document_sha256",
    "version_id",
)
REVIEWS = ("capture_id", "decision", "decided_by", "note", "decided_at")


def seal(columns: Sequence[str], values: Mapping[str, Any]) -> str:
    """The seal of a row with these values, by the names of their columns; the same on every database."""
    return sha256_hex(json.dumps([_plain(values.get(name)) for name in columns], sort_keys=True).encode())


def sealed(columns: Sequence[str]) -> Any:
    """The default of a table's column of seals."""

    def make(context: DefaultExecutionContext) -> str:
        values: Mapping[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
        return seal(columns, values)

    return make


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value
