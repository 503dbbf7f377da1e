"""The payload store: bytes under their SHA-256, written once."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.exceptions import StorageError
from storage.compression import compress, restore
from storage.database import insert
from storage.models import PayloadRow


def holds(session: Session, sha256: str) -> bool:
    """Whether a payload of that digest is stored."""
    return session.scalar(select(PayloadRow.sha256).where(PayloadRow.sha256 == sha256)) is not None


def put(session: Session, sha256: str, payload: bytes) -> None:
    """Store the payload, whose digest is sha256, unless it is stored already."""
    if not holds(session, sha256):
        values = {"sha256": sha256, "size": len(payload), "data": compress(payload)}
        session.execute(insert(session, PayloadRow).values(values).on_conflict_do_nothing())


def get(session: Session, sha256: str) -> bytes:
    """The payload of that digest. StorageError when there is none, or when it is damaged."""
    row = session.get(PayloadRow, sha256)
    if row is None:
        raise StorageError(f"no payload is stored under SHA-256 {sha256}; hand the capture over with its bytes")
    return restore(row.data, row.size, sha256)
