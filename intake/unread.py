"""What is still unread: which captures the present reader has to read before a policy can be shown by its readings."""

from collections.abc import Iterable, Set

from core.declarations import Policy
from core.policies import PolicyKey
from intake.readers import reader_of
from storage import policies, unread
from storage.database import Database


class UnreadCaptures:
    """Finds unread captures, and puts the present reader in force once a policy has none left."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # By which reader all captures of a policy were last known to be read. Looking through them all with every new
        # capture would make a crawl slower with every capture.
        self._current: dict[PolicyKey, str] = {}
        # Captures that this process was the first to store, and is about to read.
        self._announced: set[int] = set()

    def announce(self, capture_ids: Iterable[int]) -> None:
        """Records captures that this process is about to read, so that nobody here reads them twice."""
        self._announced.update(capture_ids)

    def settle(self, capture_ids: Iterable[int]) -> None:
        """Records that announced captures are read."""
        self._announced.difference_update(capture_ids)

    def forget(self) -> None:
        """Forgets what was announced and known, after reading was cut short: the next call looks again."""
        self._current.clear()
        self._announced.clear()

    def is_current(self, key: PolicyKey, policy: Policy) -> bool:
        """Returns whether the present reader is known to have read all captures of a policy."""
        return self._current.get(key) == reader_of(policy)

    def mark_current(self, key: PolicyKey, policy: Policy) -> None:
        """Records that the present reader has read all captures of a policy."""
        self._current[key] = reader_of(policy)

    def missing(self, key: PolicyKey, policy: Policy, done: Set[int], *, relying_on_marks: bool) -> list[int]:
        """Returns the captures of a policy that the present reader has not read, oldest first.

        If there are none, puts that reader in force. done: captures to leave out although they have no lasting reading,
        since their payloads are damaged. relying_on_marks: if the reader is in force already, looks only among the
        captures that are marked as unread.
        """
        reader, done = reader_of(policy), done | self._announced
        with self._database.read_session() as session:
            in_force = policies.reader_in_force(session, key) if relying_on_marks else None
            missing = unread.unread_captures(session, key, reader, done, marked_only=in_force == reader)
            # The first reading of a new policy puts its reader in force by itself.
            if missing or (relying_on_marks and in_force in (reader, None)):
                return missing
        with self._database.write_session() as session:
            missing = unread.unread_captures(session, key, reader, done)
            if not missing:
                policies.put_in_force(session, key, reader)
                unread.unmark_read(session, key, reader)
            return missing
