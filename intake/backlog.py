"""The backlog of a policy: the captures that the policy's current policy reader has not read yet.

The current policy reader is the one that the present code and the present declaration make (`intake.policy_reader`). It
comes into force, which means that users see its readings, only after it has read all captures of the policy.
"""

from collections.abc import Iterable, Set

from core.declarations import Policy
from core.policies import PolicyKey
from intake.policy_reader import reader_of
from storage import policies, unread
from storage.database import Database


class Backlog:
    """Finds the captures in policies' backlogs. Puts the current policy reader in force when a backlog is empty.

    Several threads may use the same Backlog.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # For each policy, the name of the policy reader that is known to have read all captures. Without this record,
        # each new capture would cause a search of all captures of its policy.
        self._read_by: dict[PolicyKey, str] = {}
        # The ids of the new captures that this process has stored and is about to read.
        self._announced: set[int] = set()

    def announce(self, capture_ids: Iterable[int]) -> None:
        """Records that this process is about to read captures, so that `missing_or_put_in_force` leaves them out."""
        self._announced.update(capture_ids)

    def settle(self, capture_ids: Iterable[int]) -> None:
        """Records that captures were read, so that they are no longer announced."""
        self._announced.difference_update(capture_ids)

    def forget(self) -> None:
        """Forgets everything recorded here.

        Called after an error, because announced captures may not have been read.
        """
        self._read_by.clear()
        self._announced.clear()

    def is_done(self, key: PolicyKey, policy: Policy) -> bool:
        """Returns whether the current policy reader is known to have read all captures of a policy."""
        return self._read_by.get(key) == reader_of(policy)

    def mark_done(self, key: PolicyKey, policy: Policy) -> None:
        """Records that the current policy reader has read all captures of a policy."""
        self._read_by[key] = reader_of(policy)

    def missing_or_put_in_force(
        self, key: PolicyKey, policy: Policy, done: Set[int], *, relying_on_marks: bool
    ) -> list[int]:
        """Returns the ids of the captures that the current policy reader has not read, oldest first.

        If there are none, puts the current policy reader in force. Announced captures are left out.

        done: the ids of further captures to leave out. They were just tried, and still have no lasting reading because
        their payloads are damaged. relying_on_marks: whether to search only the captures marked as unread, if the
        current policy reader is in force already. Otherwise all captures of the policy are searched.
        """
        reader, done = reader_of(policy), done | self._announced
        with self._database.read_session() as session:
            in_force = policies.reader_in_force(session, key) if relying_on_marks else None
            missing = unread.unread_captures(session, key, reader, done, marked_only=in_force == reader)
            # If the policy reader is in force already, there is nothing to do. If the policy has no reading yet,
            # storing the first reading will put the policy reader in force.
            if missing or (relying_on_marks and in_force in (reader, None)):
                return missing
        with self._database.write_session() as session:
            # Searched again in the write transaction, because another process may have stored captures meanwhile.
            missing = unread.unread_captures(session, key, reader, done)
            if not missing:
                policies.put_in_force(session, key, reader)
                unread.unmark_read(session, key, reader)
            return missing
