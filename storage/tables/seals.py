"""A seal proves that no value in a row was altered: it is the SHA-256 of the row's values, in a column of the row."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine.default import DefaultExecutionContext

from core.captures import sha256_hex

# The columns that each table's seals cover: all columns but the seal itself and keys that the database numbers.
# A migration that adds a column to a table adds it here, too, and computes the seals again.
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
# Without `needs_browser`, which was added when there were sealed readings already. `verify` derives it again.
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
    """Returns the seal of a row, which is the same on every database.

    columns: those that the seal covers. values: the row's values by the names of their columns.
    """
    return sha256_hex(json.dumps([_plain(values.get(name)) for name in columns], sort_keys=True).encode())


def sealed(columns: Sequence[str]) -> Any:
    """Returns the default of a column of seals: a function that computes a new row's seal as SQLAlchemy inserts it."""

    def seal_of_inserted_row(context: DefaultExecutionContext) -> str:
        values: Mapping[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
        return seal(columns, values)

    return seal_of_inserted_row


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value
