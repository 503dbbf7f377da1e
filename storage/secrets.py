"""Keeps the secret with which this installation signs the links and a header in its e-mails, and its webhooks."""

import secrets

from sqlalchemy import select

from storage.database import Database
from storage.tables.models import SecretRow

_LINKS = "links"
_LENGTH = 32  # bytes, as long as the signature (HMAC-SHA-256)


class Secrets:
    """The secrets of this installation. A backup contains them, so that links stay valid after it is restored.

    Every method raises StorageError if a database operation fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def for_links(self) -> str:
        """Returns the secret that signs links and webhooks. It is made when it is first needed, and stays the same."""
        return self.known_for_links() or self._made()

    def known_for_links(self) -> str:
        """Returns the secret that signs links; '' if none was made yet, so that no link was signed either."""
        with self._database.read_session() as session:
            return session.scalar(select(SecretRow.value).where(SecretRow.name == _LINKS)) or ""

    def _made(self) -> str:
        with self._database.write_session() as session:
            # Another process may have made it.
            row = session.get(SecretRow, _LINKS)
            if row is None:
                row = SecretRow(name=_LINKS, value=secrets.token_urlsafe(_LENGTH))
                session.add(row)
            return row.value
