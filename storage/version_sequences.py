"""Reads the word sequences of documents, by which verdicts and histories tell which texts belong to the same policy."""

from collections.abc import Callable
from functools import cache, lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.exceptions import StorageError
from core.history import History
from diffing.shared_text import Sequences, SharesText, sequences, share_text
from storage import documents
from storage.tables.models import ReadingRow

#: Returns the sequences of the document with a SHA-256; None if the document is damaged or missing.
SequencesOf = Callable[[str], Sequences | None]

# The number of documents whose sequences are kept in memory. Neighbouring versions are compared, so few are needed.
_CACHED = 128


def sequences_in(session: Session) -> SequencesOf:
    """Returns a function that reads the sequences of documents. It caches the last results.

    `verify` reports a document that is damaged or missing.
    """

    @lru_cache(maxsize=_CACHED)
    def sequences_of(document_sha256: str) -> Sequences | None:
        try:
            return sequences(documents.get(session, document_sha256))
        except StorageError:
            return None

    return sequences_of


def shares_text_in(session: Session, history: History) -> SharesText:
    """Returns a function that tells whether two versions of a history share text. Documents are read when needed.

    If the text of one of the versions can't be read, the function returns True: damage is no change of a policy.
    """
    sequences_of = sequences_in(session)
    firsts = {version.id: version.first for version in history.versions}

    @cache
    def document_of(version_id: str) -> str | None:
        first = firsts[version_id]
        query = select(ReadingRow.document_sha256)
        return session.scalar(query.where(ReadingRow.capture_id == first.capture_id, ReadingRow.reader == first.reader))

    def sequences_of_version(version_id: str) -> Sequences | None:
        checksum = document_of(version_id)
        return None if checksum is None else sequences_of(checksum)

    @cache
    def shares_text(first_id: str, second_id: str) -> bool:
        first, second = sequences_of_version(first_id), sequences_of_version(second_id)
        return first is None or second is None or share_text(first, second)

    return shares_text
