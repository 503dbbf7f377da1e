"""Documents as bytes and back."""

import json
from datetime import date

from core.clauses import Clause, Document


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
