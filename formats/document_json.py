"""Encodes documents as JSON. The encoded bytes are stored, and the SHA-256 of the bytes identifies the document."""

import json
from datetime import date

from core.clauses import Clause, Document


def encode(document: Document) -> bytes:
    """Returns a document as JSON. Equal documents have the same JSON, byte for byte.

    The encoding is UTF-8, extended to lone surrogates (Python's `surrogatepass`), because pages may contain lone
    surrogates.
    """
    document_dict = {
        "title": document.title,
        "language": document.language,
        "effective_date": document.effective_date and document.effective_date.isoformat(),
        "stated_date": document.stated_date,
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
    return json.dumps(document_dict, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def decode(data: bytes) -> Document:
    """Returns the document that `encode` encoded as these bytes.

    Earlier releases stored no stated date. Their documents have the effective date as stated date.
    """
    document_dict = json.loads(data.decode("utf-8", "surrogatepass"))
    return Document(
        title=document_dict["title"],
        language=document_dict["language"],
        effective_date=date.fromisoformat(document_dict["effective_date"]) if document_dict["effective_date"] else None,
        clauses=tuple(
            Clause(position, kind, label, tuple(heading_path), text, tuple(links), typography)
            for position, kind, label, heading_path, text, links, typography in document_dict["clauses"]
        ),
        stated_date=document_dict.get("stated_date", document_dict["effective_date"]),
    )
