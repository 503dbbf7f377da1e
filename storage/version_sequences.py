"""Reads the word sequences of documents, by which verdicts and histories tell which texts belong to the same policy."""

from collections.abc import Callable
from functools import lru_cache

from sqlalchemy.orm import Session

from core.exceptions import StorageError
from core.history import History
from diffing.shared_text import Sequences, SharesText, sequences, share_text
from storage import documents
from storage.tables.models import ReadingRow

# The number of documents whose sequences are kept in memory. Neighbouring versions are compared, so few are needed.
_CACHED = 64


def sequences_in(session: Session) -> Callable[[str], Sequences]:
    """Returns a function from the SHA-256 of a document to the document's sequences. The last results are cached.

    The function returns an empty set for a document that is damaged or missing: `verify` reports it.
    """

    @lru_cache(maxsize=_CACHED)
    def sequences_of(document_sha256: str) -> Sequences:
        try:
            return sequences(documents.get(session, document_sha256))
        except StorageError:
            return frozenset()

    return sequences_of


def shares_text_in(session: Session, history: History) -> SharesText:
    """Returns a function that tells whether two versions of a history share text. Documents are read when needed."""
    sequences_of = sequences_in(session)

    def sequences_of_version(version_id: str) -> Sequences:
        first = history.version(version_id).first
        reading = session.get(ReadingRow, (first.capture_id, first.reader))
        if reading is None or reading.document_sha256 is None:
            return frozenset()
        return sequences_of(reading.document_sha256)

    def shares_text(first_id: str, second_id: str) -> bool:
        return share_text(sequences_of_version(first_id), sequences_of_version(second_id))

    return shares_text
