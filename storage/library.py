"""Queries the captures of all policies: histories, documents, payloads and summaries. Also records reviews."""

from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from core.captures import Capture
from core.clauses import Document
from core.exceptions import ExtractionError, StorageError, UsageError
from core.history import History, Period, SettledHistory, period_for
from core.policies import PolicyKey
from formats.multipart import is_composed, parts_of
from storage import counts, documents, policies, recent_changes, standings
from storage.clause_index import ClauseIndex
from storage.database import Database
from storage.histories import history_of, settled_in
from storage.payloads import packing
from storage.records import Review, Standing, StoredCapture
from storage.review_rows import review_row
from storage.tables.models import CaptureRow, PolicyRow, ReadingRow
from storage.verdicts import UNREAD, capture_row, judged_captures, stored_capture, stored_captures


class Library:
    """The captures of all policies, the readings of the captures, and users' reviews.

    Every method raises StorageError if a database operation fails.
    """

    def __init__(self, database: Database, hold: timedelta) -> None:
        self._database = database
        self._hold = hold

    def captures(self, key: PolicyKey) -> tuple[StoredCapture, ...]:
        """Returns all captures of a policy, accepted and quarantined, oldest first."""
        with self._database.read_session() as session:
            return stored_captures(session, key)

    def capture(self, capture_id: int) -> StoredCapture:
        """Returns the capture with that id. UsageError if no capture has that id."""
        with self._database.read_session() as session:
            row = capture_row(session, capture_id)
            key = PolicyKey(row.vendor, row.policy)
            judged = {capture.capture_id: capture for capture in judged_captures(session, key)}
            return stored_capture(row, judged.get(capture_id))

    def history(self, key: PolicyKey) -> History:
        """Returns a policy's history: the periods and versions that the policy's accepted captures show.

        The history is computed from the readings by the policy reader in force (see `storage.tables.models.PolicyRow`).
        """
        with self._database.read_session() as session:
            return history_of(judged_captures(session, key))

    def state(self, key: PolicyKey) -> str:
        """Returns a text that is another one whenever the policy's history may be another one.

        A caller that keeps what follows from a history must ask for the state before it reads the history.
        """
        columns = PolicyRow.reader, PolicyRow.newest, PolicyRow.revision
        query = select(*columns).where(PolicyRow.vendor == key.vendor, PolicyRow.policy == key.policy)
        with self._database.read_session() as session:
            row = session.execute(query).one_or_none()
            return " ".join(map(str, row)) if row else ""

    def state_of_all(self) -> str:
        """Returns a text that is another one whenever the history of any policy may be another one."""
        query = select(func.count(), func.sum(PolicyRow.revision), func.max(PolicyRow.newest)).select_from(PolicyRow)
        with self._database.read_session() as session:
            return " ".join(map(str, session.execute(query).one()))

    def settled(self, key: PolicyKey, history: History | None = None) -> SettledHistory:
        """Returns a policy's history, divided into the periods that stand, did not last, are held or not confirmed.

        history: the policy's history, if the caller has it; None to read it.
        """
        history = history or self.history(key)
        with self._database.read_session() as session:
            return settled_in(session, history, self._hold)

    def period(self, key: PolicyKey, history: History, when: str) -> Period:
        """Returns the period of a policy's history that a user names.

        when: a date, a version's number, or `@` and the beginning of a version id, as for `core.history.period_for`. In
        addition, the id can be an earlier id of a version, from a reading by an earlier policy reader. For example, a
        user may have noted the id before an update of clausewatch changed it. The method then finds a capture that had
        the earlier id, and returns a period of the version that this capture shows now.

        UsageError under the same conditions as `period_for`.
        """
        prefix, now = when[1:], datetime.now(UTC)
        if not when.startswith("@") or not prefix or any(version.id.startswith(prefix) for version in history.versions):
            return period_for(history, when, now, str(key))
        current = {
            observation.capture_id: period.version_id
            for period in history.periods
            for observation in period.observations
        }
        query = (
            select(CaptureRow.id, ReadingRow.version_id)
            .join(ReadingRow, ReadingRow.capture_id == CaptureRow.id)
            .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
            .where(ReadingRow.version_id.is_not(None))
            .order_by(CaptureRow.captured_at)
        )
        with self._database.read_session() as session:
            present_ids = {
                str(version_id): current[capture_id]
                for capture_id, version_id in session.execute(query)
                if capture_id in current and str(version_id).startswith(prefix)
            }
        named = f"@{present_ids.popitem()[1]}" if len(present_ids) == 1 else when
        return period_for(history, named, now, str(key))

    def document(self, capture_id: int, reader: str | None = None) -> Document:
        """Returns the document that was read from a capture, accepted or quarantined.

        reader: the name of the policy reader that read the capture, for instance `Observation.reader`; None for the
        policy reader in force.

        ExtractionError if the capture could not be read as a document. UsageError if no capture has that id.
        """
        with self._database.read_session() as session:
            row = capture_row(session, capture_id)
            reader = reader or policies.reader_in_force(session, PolicyKey(row.vendor, row.policy))
            reading = session.get(ReadingRow, (capture_id, reader)) if reader else None
            if reading is None or reading.document_sha256 is None:
                evidence = reading.evidence if reading else UNREAD.evidence
                raise ExtractionError(f"capture {capture_id} ({row.url}) could not be read: {evidence}")
            return documents.get(session, reading.document_sha256)

    def payload(self, sha256: str) -> bytes:
        """Returns the payload with that SHA-256. StorageError if it is not stored; DamageError if it is damaged."""
        with self._database.read_session() as session:
            return packing.get(session, sha256)

    def parts(self, capture: Capture) -> tuple[tuple[Capture, bytes], ...]:
        """Returns the captures that a composed capture consists of, with their payloads, in order.

        A capture that is not composed is its own only part. ExtractionError if the payload doesn't contain the parts.
        StorageError if the payload is not stored; DamageError if it is damaged.
        """
        payload = self.payload(capture.sha256)
        return parts_of(capture, payload) if is_composed(capture) else ((capture, payload),)

    def standings(self, vendors: Collection[str] = ()) -> tuple[Standing, ...]:
        """Returns a summary of the captures of each policy, in no particular order (see `storage.records.Standing`).

        Policies without captures are left out. vendors: the slugs of the vendors; empty for all vendors.

        What was derived for this is kept, so that the next call takes a second at most for a million captures. If the
        database can't be written at the moment, it is derived once more.
        """
        with self._database.snapshot() as session:
            result, derived = standings.standings(session, vendors, self._hold)
        if derived:
            with suppress(StorageError), self._database.write_session() as session:
                standings.keep(session, derived)
        return tuple(result)

    def maybe_changed(self, since: datetime, vendors: Collection[str] = ()) -> tuple[PolicyKey, ...]:
        """Returns every policy whose text changed since a time, and perhaps a few others, in alphabetical order.

        since: timezone-aware UTC. vendors: the slugs of the vendors; empty for all vendors.
        """
        with self._database.read_session() as session:
            return tuple(sorted(recent_changes.maybe_changed_policies(session, since, vendors)))

    def revisions(self, keys: Collection[PolicyKey]) -> dict[PolicyKey, int]:
        """Returns for each policy a counter that rises whenever its history may have changed.

        Policies of which nothing has been read yet are left out.
        """
        columns = PolicyRow.vendor, PolicyRow.policy, PolicyRow.revision
        # Not by pairs: for a list of pairs, SQLite reads the whole table.
        query = select(*columns).where(PolicyRow.vendor.in_({key.vendor for key in keys}))
        with self._database.read_session() as session:
            rows = [(PolicyKey(vendor, policy), revision) for vendor, policy, revision in session.execute(query)]
        wanted = set(keys)
        return {key: revision for key, revision in rows if key in wanted}

    def review(self, capture_ids: Collection[int], review: Review) -> None:
        """Records a user's decision on captures, and on their texts. If an error is raised, nothing is recorded.

        The decision takes precedence over the verdicts of all readings, also of later readings, until a user reviews
        the capture or the text again. Unless `review.only` is set, the decision also holds for every other capture of
        the policy with the same text or the same bytes.

        UsageError if no capture has one of the ids, or if the decision accepts a capture without text.
        """
        with self._database.write_session() as session:
            times: dict[PolicyKey, list[datetime]] = defaultdict(list)
            for capture_id in capture_ids:
                row = capture_row(session, capture_id)
                key = PolicyKey(row.vendor, row.policy)
                reader = policies.reader_in_force(session, key)
                reading = session.get(ReadingRow, (capture_id, reader)) if reader else None
                if review.decision == "accepted" and (reading is None or reading.version_id is None):
                    evidence = reading.evidence if reading else UNREAD.evidence
                    raise UsageError(
                        f"capture {capture_id} can't be accepted, because no text could be read from it: {evidence}"
                    )
                session.add(review_row(capture_id, review))
                times[key].append(row.captured_at)
            for key, captured_at in times.items():
                policies.touch(session, key, max(captured_at))
            counts.add(session, reviews=[key for key, captured_at in times.items() for _ in captured_at])
        with suppress(StorageError):  # the decision is recorded; the next search or run brings the index up to date
            ClauseIndex(self._database, self._hold).refresh(times)
