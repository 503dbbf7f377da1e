"""Stores documents, compressed, under the SHA-256 of their JSON.

Many captures have the same document, which is stored only once.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.captures import sha256_hex
from core.clauses import Document
from core.exceptions import RESTORE_ADVICE, StorageError
from formats.document_json import decode
from storage.database import insert
from storage.payloads.compression import compress, restore
from storage.tables.models import DocumentRow


def put(session: Session, encoded: Iterable[bytes]) -> dict[bytes, str]:
    """Stores encoded documents if they are not stored yet. Returns the SHA-256 of each encoded document."""
    checksums = {data: sha256_hex(data) for data in encoded}
    known = set(session.scalars(select(DocumentRow.sha256).where(DocumentRow.sha256.in_(checksums.values()))))
    rows = [_row(data, sha256) for data, sha256 in checksums.items() if sha256 not in known]
    if rows:
        session.connection().execute(insert(session, DocumentRow).on_conflict_do_nothing(), rows)
    return checksums


def replace(session: Session, data: bytes) -> None:
    """Stores an encoded document again, because the row with its SHA-256 is damaged or missing."""
    values = _row(data, sha256_hex(data))
    statement = insert(session, DocumentRow).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=[DocumentRow.sha256], set_=values))


def get(session: Session, sha256: str) -> Document:
    """Returns the document with that SHA-256. StorageError if it is missing; DamageError if it is damaged."""
    row = session.get(DocumentRow, sha256)
    if row is None:
        raise StorageError(f"the text {sha256} is missing from the database; {RESTORE_ADVICE}")
    return decode(restore(row.data, row.size, sha256))


def _row(data: bytes, sha256: str) -> dict[str, object]:
    return {"sha256": sha256, "size": len(data), "data": compress(data)}
