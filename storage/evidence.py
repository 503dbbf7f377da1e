"""Stores captures as evidence, together with their payloads. Each capture is stored once, and never altered."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.captures import Capture
from storage import counts, unread
from storage.capture_rows import row_values
from storage.database import insert
from storage.payloads import packing
from storage.tables.models import CaptureRow


def stored_ids(session: Session, identities: Iterable[str]) -> dict[str, int]:
    """Returns the ids of the stored captures among some captures, by identity.

    identities: the captures' identities (`storage.capture_rows.capture_identity`).
    """
    query = select(CaptureRow.identity, CaptureRow.id).where(CaptureRow.identity.in_(identities))
    return dict(iter(session.execute(query)))


def put(session: Session, captures: Mapping[str, tuple[Capture, bytes | None]]) -> dict[str, int]:
    """Stores new captures with their payloads, and marks the captures as unread. Returns the captures' ids by identity.

    captures: captures that are not stored yet, by identity. Each capture has its payload, or None if the payload is
    stored already.

    StorageError if a payload is None and not stored, or if a payload can't be written to the payload store.
    """
    if not captures:
        return {}
    packing.put(session, list(captures.values()))
    statement = insert(session, CaptureRow).returning(CaptureRow.identity, CaptureRow.id)
    rows = [row_values(capture, identity) for identity, (capture, _) in captures.items()]
    ids = dict(iter(session.connection().execute(statement, rows)))
    unread.mark(session, {ids[identity]: capture for identity, (capture, _) in captures.items()})
    counts.add(session, captures=[capture.key for capture, _ in captures.values()])
    return ids
