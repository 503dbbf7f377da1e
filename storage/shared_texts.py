"""Answers which documents share text, by which verdicts and histories tell which texts belong to the same policy."""

from collections.abc import Callable
from functools import cache, lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.exceptions import StorageError
from core.history import History
from diffing.shared_text import Sequences, SharesText, sequences, share_text, shares_most
from storage import documents
from storage.tables.models import ReadingRow

# The number of documents whose sequences are kept in memory. Neighbouring versions are compared, so few are needed.
_CACHED = 128
# The answers for pairs of documents, by the rule and the checksums. They never change, and to find one takes as long as
# to read a small page. A crawl needs them several times for each policy, a server with each page.
_answers: dict[tuple[Callable[[Sequences, Sequences], bool], str, str], bool] = {}
_MOST_ANSWERS = 65_536


class SharedText:
    """Answers which of the documents of a database share text. The documents are named by their SHA-256.

    Every method returns None if one of the documents is damaged or missing: `verify` reports that.
    """

    def __init__(self, session: Session) -> None:
        @lru_cache(maxsize=_CACHED)
        def sequences_of(document_sha256: str) -> Sequences | None:
            try:
                return sequences(documents.get(session, document_sha256))
            except StorageError:
                return None

        self._sequences_of = sequences_of

    def share_text(self, first: str, second: str) -> bool | None:
        """Returns whether two documents share text (`diffing.shared_text.share_text`)."""
        return self._answer(share_text, min(first, second), max(first, second))

    def shares_most(self, text: str, other: str) -> bool | None:
        """Returns whether most of a document's text is in another one (`diffing.shared_text.shares_most`)."""
        return self._answer(shares_most, text, other)

    def _answer(self, rule: Callable[[Sequences, Sequences], bool], first: str, second: str) -> bool | None:
        question = rule, first, second
        answer = _answers.get(question)
        if answer is None:
            first_sequences, second_sequences = self._sequences_of(first), self._sequences_of(second)
            if first_sequences is None or second_sequences is None:
                return None
            answer = rule(first_sequences, second_sequences)
            if len(_answers) >= _MOST_ANSWERS:
                _answers.clear()
            _answers[question] = answer
        return answer


def shares_text_in(session: Session, history: History) -> SharesText:
    """Returns a function that tells whether two versions of a history share text. Documents are read when needed.

    If the text of one of the versions can't be read, the function returns True: damage is no change of a policy.
    """
    shared_text = SharedText(session)
    firsts = {version.id: version.first for version in history.versions}

    @cache
    def document_of(version_id: str) -> str | None:
        first = firsts[version_id]
        query = select(ReadingRow.document_sha256)
        return session.scalar(query.where(ReadingRow.capture_id == first.capture_id, ReadingRow.reader == first.reader))

    def shares_text(first_id: str, second_id: str) -> bool:
        first, second = document_of(first_id), document_of(second_id)
        return first is None or second is None or shared_text.share_text(first, second) is not False

    return shares_text
