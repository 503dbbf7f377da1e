"""Computes seals. A seal is the SHA-256 of a row's values, stored in a column of the row.

`verify` computes the seal again. If the result differs from the stored seal, the row was altered after it was written.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine.default import DefaultExecutionContext

from core.captures import sha256_hex

# The columns that each table's seals cover: all columns, except the seal itself, keys that the database assigns, and
# `UNSEALED` in readings. All columns of captures and reviews must be sealed, because neither can be computed
# again. If a migration adds a column to captures or reviews, the column must be added to `CAPTURES` or `REVIEWS`. The
# migration must then compute the seals again.
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
# The columns of readings that seals don't cover, because the columns were added when sealed readings existed already.
# For readings by the current policy reader, `verify` derives the columns again and compares the values. For readings by
# earlier policy readers, the columns aren't checked.
UNSEALED = ("needs_browser", "rule")
REVIEWS = ("capture_id", "decision", "decided_by", "note", "decided_at")


def seal(columns: Sequence[str], values: Mapping[str, Any]) -> str:
    """Returns the seal of a row. Equal rows have the same seal in SQLite and in PostgreSQL.

    columns: the names of the columns that the seal covers. values: the row's values, by column name.
    """
    return sha256_hex(json.dumps([_plain(values.get(name)) for name in columns], sort_keys=True).encode())


def sealed(columns: Sequence[str]) -> Any:
    """Returns the default for a seal column: a function that computes the seal when SQLAlchemy inserts a row."""

    def seal_of_inserted_row(context: DefaultExecutionContext) -> str:
        values: Mapping[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
        return seal(columns, values)

    return seal_of_inserted_row


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value
