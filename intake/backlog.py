"""The backlog of a policy: the captures that the policy's current policy reader has not read yet.

A policy reader is a combination of three things: the extractor, the sameness rule, and the policy's declaration (see
`intake.policy_reader`). The *current* policy reader consists of the present code and the present declaration. Users see
the readings by the policy reader *in force*. After an update, the current policy reader comes into force as soon as it
has read all captures of the policy.
"""

from collections.abc import Iterable, Set

from core.declarations import Policy
from core.policies import PolicyKey
from intake.policy_reader import reader_of
from storage import policies, unread
from storage.database import Database


class Backlog:
    """Finds the captures in the backlog of a policy. Puts the current policy reader in force if the backlog is empty.

    Several threads may use the same Backlog.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # For each policy, the name of a policy reader that has read all captures of the policy. With this record, a new
        # capture does not cause a search of all captures of its policy.
        self._read_by: dict[PolicyKey, str] = {}
        # The ids of the new captures that this process has stored and is about to read.
        self._announced: set[int] = set()

    def announce(self, capture_ids: Iterable[int]) -> None:
        """Records that this process is about to read captures. `missing_or_put_in_force` leaves out these captures."""
        self._announced.update(capture_ids)

    def settle(self, capture_ids: Iterable[int]) -> None:
        """Records that announced captures were read. These captures are no longer announced."""
        self._announced.difference_update(capture_ids)

    def forget(self) -> None:
        """Clears all records of this object. Called after an error, because announced captures may be unread."""
        self._read_by.clear()
        self._announced.clear()

    def is_done(self, key: PolicyKey, policy: Policy) -> bool:
        """Returns whether `mark_done` has recorded that the current policy reader has read all captures of a policy."""
        return self._read_by.get(key) == reader_of(policy)

    def mark_done(self, key: PolicyKey, policy: Policy) -> None:
        """Records that the current policy reader has read all captures of a policy."""
        self._read_by[key] = reader_of(policy)

    def missing_or_put_in_force(
        self, key: PolicyKey, policy: Policy, done: Set[int], *, relying_on_marks: bool
    ) -> list[int]:
        """Returns the ids of the captures that the current policy reader has not read, oldest first.

        If there is no unread capture, puts the current policy reader in force. Announced captures are left out.

        done: the ids of the captures that the caller has just tried to read. They are left out, too. Otherwise, a
        capture with a damaged payload, which can't get a lasting reading, would be returned again and again.
        relying_on_marks: whether to search only the captures that are marked as unread. This has an effect only if the
        current policy reader is in force. Otherwise all captures of the policy are searched. If false, the result
        includes the captures whose reading was stopped (`core.captures.STOPPED_READINGS`).
        """
        reader, done = reader_of(policy), done | self._announced
        with self._database.read_session() as session:
            in_force = policies.reader_in_force(session, key) if relying_on_marks else None
            missing = unread.unread_captures(
                session, key, reader, done, marked_only=in_force == reader, with_stopped=not relying_on_marks
            )
            # In two cases, nothing has to be put in force here: the current policy reader is in force already; or the
            # policy has no reading yet, and storing the first reading will put the current policy reader in force.
            if missing or (relying_on_marks and in_force in (reader, None)):
                return missing
        with self._database.write_session() as session:
            # The search is repeated in the write transaction, because another process may have stored captures since
            # the first search.
            missing = unread.unread_captures(session, key, reader, done, with_stopped=not relying_on_marks)
            if not missing:
                policies.put_in_force(session, key, reader)
                unread.unmark_read(session, key, reader)
            return missing
