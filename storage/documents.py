"""Documents under the SHA-256 of their JSON: many captures show the same one."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.captures import sha256_hex
from core.clauses import Document
from core.exceptions import StorageError
from storage.compression import compress, restore
from storage.database import insert
from storage.encoding import decode
from storage.models import DocumentRow


def put(session: Session, data: bytes) -> str:
    """Store a document, encoded, unless it is stored already. Its digest."""
    sha256 = sha256_hex(data)
    if session.scalar(select(DocumentRow.sha256).where(DocumentRow.sha256 == sha256)) is None:
        values = {"sha256": sha256, "size": len(data), "data": compress(data)}
        session.execute(insert(session, DocumentRow).values(values).on_conflict_do_nothing())
    return sha256


def get(session: Session, sha256: str) -> Document:
    """The document of that digest. StorageError when it is gone or damaged."""
    row = session.get(DocumentRow, sha256)
    if row is None:
        raise StorageError(f"the document {sha256} is gone from the database; restore it from a backup")
    return decode(restore(row.data, row.size, sha256))
