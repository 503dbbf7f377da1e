"""Stores captures as evidence: once, together with their payloads, and never altered."""

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
    """Returns the ids of the stored captures among those with these identities, by identity."""
    query = select(CaptureRow.identity, CaptureRow.id).where(CaptureRow.identity.in_(identities))
    return dict(iter(session.execute(query)))


def put(session: Session, captures: Mapping[str, tuple[Capture, bytes | None]]) -> dict[str, int]:
    """Stores new captures with their payloads, and marks them as unread. Returns their ids by identity.

    captures: by identity, none of them stored yet. Each comes with its payload, or with None if the payload is stored
    already. StorageError if a payload is neither given nor stored.
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
