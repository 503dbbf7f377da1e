"""Documents as JSON: the bytes that the store keeps, and whose SHA-256 names a document."""

import json
from datetime import date

from core.clauses import Clause, Document


def encode(document: Document) -> bytes:
    """Returns a document as JSON. Equal documents give equal bytes.

    The bytes are UTF-8, but for lone surrogates, which a page may contain: they are encoded like other code points.
    """
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
    """Returns the document that `encode` turned into these bytes."""
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
