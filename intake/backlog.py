"""The backlog of a policy: captures that its present reader has not read yet."""

from collections.abc import Iterable, Set

from core.declarations import Policy
from core.policies import PolicyKey
from intake.policy_reader import reader_of
from storage import policies, unread
from storage.database import Database


class Backlog:
    """Finds the captures that a policy's present reader has not read, and puts that reader in force when none is left.

    The reader in force is the reader whose readings are shown. Several threads may use one Backlog.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # By policy, the reader that was last known to have read all captures. Without it every new capture would mean
        # a look at all captures of its policy, and a crawl would become slower with every capture.
        self._read_by: dict[PolicyKey, str] = {}
        # Captures that this process was the first to store, and is about to read.
        self._announced: set[int] = set()

    def announce(self, capture_ids: Iterable[int]) -> None:
        """Records captures that this process is about to read, so that `missing` leaves them out."""
        self._announced.update(capture_ids)

    def settle(self, capture_ids: Iterable[int]) -> None:
        """Records that captures are read. Those that were announced no longer are."""
        self._announced.difference_update(capture_ids)

    def forget(self) -> None:
        """Forgets everything recorded here. To be called after an error: some announced captures may never be read."""
        self._read_by.clear()
        self._announced.clear()

    def is_done(self, key: PolicyKey, policy: Policy) -> bool:
        """Returns whether the present reader is known to have read all captures of a policy."""
        return self._read_by.get(key) == reader_of(policy)

    def mark_done(self, key: PolicyKey, policy: Policy) -> None:
        """Records that the present reader has read all captures of a policy."""
        self._read_by[key] = reader_of(policy)

    def missing(self, key: PolicyKey, policy: Policy, done: Set[int], *, relying_on_marks: bool) -> list[int]:
        """Returns the ids of the captures that the present reader has not read, oldest first.

        If there are none, puts that reader in force. Announced captures are left out, and so are those in `done`:
        captures that were just tried, and have no lasting reading because their payloads are damaged.
        relying_on_marks: if the present reader is in force already, looks only at the captures marked as unread instead
        of at all captures of the policy.
        """
        reader, done = reader_of(policy), done | self._announced
        with self._database.read_session() as session:
            in_force = policies.reader_in_force(session, key) if relying_on_marks else None
            missing = unread.unread_captures(session, key, reader, done, marked_only=in_force == reader)
            # Nothing to do if the reader is in force already. If the policy has no reading yet,
            # storing its first reading puts the reader in force.
            if missing or (relying_on_marks and in_force in (reader, None)):
                return missing
        with self._database.write_session() as session:
            # Once more, since another process may have stored captures meanwhile.
            missing = unread.unread_captures(session, key, reader, done)
            if not missing:
                policies.put_in_force(session, key, reader)
                unread.unmark_read(session, key, reader)
            return missing
