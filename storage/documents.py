"""Documents under the SHA-256 of their JSON: many captures show the same one."""

import json
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.captures import sha256_hex
from core.clauses import Clause, Document
from core.exceptions import StorageError
from storage.compression import compress, restore
from storage.database import insert
from storage.models import DocumentRow


def encode(document: Document) -> bytes:
    """The document as JSON, the same bytes for equal documents. UTF-8, in which lone surrogates stand as they are."""
    plain = {
        "title": document.title,
        "language": document.language,
        "effective_date": document.effective_date and document.effective_date.isoformat(),
        "clauses": [
            [
                clause.position,
                clause.kind,
                clause.label,
                clause.heading_path,
                clause.text,
                clause.links,
                clause.typography,
            ]
            for clause in document.clauses
        ],
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def decode(data: bytes) -> Document:
    """The document that `encode` was given."""
    plain = json.loads(data.decode("utf-8", "surrogatepass"))
    return Document(
        title=plain["title"],
        language=plain["language"],
        effective_date=date.fromisoformat(plain["effective_date"]) if plain["effective_date"] else None,
        clauses=tuple(
            Clause(position, kind, label, tuple(heading_path), text, tuple(links), typography)
            for position, kind, label, heading_path, text, links, typography in plain["clauses"]
        ),
    )


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
