"""The intake service. It stores the captures of all sources as evidence, reads them, and stores the readings."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from core.captures import Capture
from core.declarations import Policy
from core.escaping import escape_line
from core.exceptions import DamageError, RefusedError
from core.limits import Limits, WorkFault
from core.policies import PolicyKey
from intake import policy_reader
from intake.backlog import Backlog
from intake.derived import Derived
from intake.evidence_batches import OnRefusal, keep_evidence
from intake.kept_standings import KeptStandings
from intake.policy_reader import declared_of, reader_of, reading_task, reading_values
from intake.reading_task import CaptureText, ReadingTask, read_capture, unreadable, warm_up
from intake.records import FoundCapture, ReadCapture, UnreadCapture
from intake.worker_pool import WorkerPool
from storage import Rederived, Store, readings
from storage.capture_rows import capture_from
from storage.payloads import packing
from storage.tables import seals
from storage.tables.models import CaptureRow, ReadingRow
from storage.verdicts import verdicts_without_neighbours


@dataclass(frozen=True, slots=True)
class _PlannedReading:
    """The reading that the current policy reader has to make of a capture.

    unread: the capture.
    reader: the name of the current policy reader.
    declared: the SHA-256 of the parts of the declaration that apply to the capture (see ReadingRow).
    known: a stored reading that makes a new reading unnecessary: by the current policy reader, or an equal reading by
        another policy reader. None if no such reading is stored.
    text: the result for a capture that can't be read because its payload is damaged; otherwise None.
    """

    unread: UnreadCapture
    reader: str
    declared: str
    known: ReadingRow | None = None
    text: CaptureText | None = None

    @property
    def is_stored(self) -> bool:
        """Whether the current policy reader's reading is stored already."""
        return self.known is not None and self.known.reader == self.reader


def _raise(capture: Capture, error: RefusedError) -> None:
    raise error


class Intake:
    """Stores captures in a database, and reads them.

    Several threads may use the same Intake. Several processes may use the same database, each with a separate Intake.
    """

    def __init__(
        self,
        store: Store,
        workers: WorkerPool[ReadingTask, CaptureText] | None = None,
        limits: Limits = Limits(),  # noqa: B008  (it is immutable)
    ) -> None:
        """Doesn't start worker processes yet.

        workers: the pool that reads captures; by default a new pool. `close` closes the pool.
        limits: the limits on reading one capture in a new pool.
        """
        self._database = store.database
        self._workers = workers or reading_workers(limits)
        self._backlog = Backlog(store.database)
        self._standings = KeptStandings(store.library)
        self._derived = Derived(store, limits)

    def close(self) -> None:
        """Ends the worker processes. Does not close the store."""
        self._workers.close()
        self._standings.update()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self.close()
        if error is None:
            self.refresh_derived()

    def refresh_derived(self) -> None:
        """Makes what is derived from the captures that this object has read (`intake.derived`). Call it at the end."""
        self._derived.update()

    def keep(self, incoming: FoundCapture) -> ReadCapture:
        """Stores a capture as evidence, reads the capture, and returns the result.

        If the capture is stored already, it is not stored again. Two captures are the same capture if they have the
        same `storage.capture_rows.capture_identity`.

        The capture is taken off the list of captures to fetch from an archive. If the extractor fails, the capture
        stays stored, and the next capture of the policy causes a second attempt. If the extractor or the declaration
        has changed, the policy's earlier captures are read again first (see `reextract`).

        StorageError if the payload is None and not stored, or if the payload does not match the capture's SHA-256.
        """
        (read,) = self.keep_all([incoming])
        return read

    def keep_all(self, captures: Iterable[FoundCapture]) -> Iterator[ReadCapture]:
        """Stores and reads captures like `keep`, on all processors. Yields the results in the order of the captures.

        captures: an iterable. It is consumed while the caller iterates over the results, somewhat ahead of the results.

        Captures are committed as evidence in batches before they are read. Worker processes read them. If the reading
        of a capture exceeds a limit, fails, or kills two workers one after the other, the capture is quarantined as
        `unreadable`. The next `reextract` reads the capture again.

        If `captures` raises an exception, the captures before the exception are stored and read first; then the
        exception is raised. StorageError in the same cases as in `keep`, again after the preceding captures have been
        stored and read. ClausewatchError if no worker can be started.
        """
        return self.read(self.keep_unread(captures))

    def keep_unread(self, captures: Iterable[FoundCapture], on_refusal: OnRefusal = _raise) -> Iterator[UnreadCapture]:
        """Stores captures as evidence, in batches, and yields each capture after its batch was committed.

        on_refusal: called with each capture that the database refuses to store, and with the RefusedError; by default,
            the error is raised.

        The caller must pass the captures to `read`. Until then, users see the captures as not read yet. Arguments and
        errors are the same as in `keep_all`.
        """
        for batch in keep_evidence(self._database, captures, on_refusal):
            # The whole batch is announced before its first capture is yielded. Otherwise, another thread could find the
            # rest of the batch in the backlog, and read these captures a second time.
            self._backlog.announce(unread.capture_id for unread in batch if unread.is_new)
            yield from batch

    def read(self, captures: Iterable[UnreadCapture]) -> Iterator[ReadCapture]:
        """Reads captures that `keep_unread` stored. Yields the results in the order of the captures.

        Raises the same errors as `keep_all`.
        """
        try:
            for batch in self._workers.map(self._plan(unread) for unread in self._after_backlog(captures)):
                yield from self._put(batch)
        except BaseException:
            # After an error, some captures may be unread. `forget` makes the next call search for them.
            self._backlog.forget()
            raise

    def reextract(self, key: PolicyKey, policy: Policy, progress: Callable[[int, int], None] | None = None) -> int:
        """Reads the captures of a policy that the current policy reader has not read. Returns how many there were.

        policy: the policy's current declaration. progress: called after each capture with the number of captures that
        were read and the total number of captures to read.

        Users see the earlier readings until the current policy reader has read every capture. Then one transaction puts
        the current policy reader in force, and users see the new readings. Earlier readings are not deleted.

        The new readings are committed in small batches. So a call may be interrupted and repeated, and several
        processes may call this method at the same time. A capture with a damaged payload is quarantined as
        `unreadable`, and every call tries to read it again.

        ClausewatchError if no worker can be started.
        """
        count = self._read_backlog(key, policy, progress, relying_on_marks=False)
        self._derived.note_whole(key)
        return count

    def read_unread(self, key: PolicyKey, policy: Policy) -> None:
        """Reads the captures of a policy that were stored but not read, because a command was killed.

        The next capture of the policy has the same effect. ClausewatchError if no worker can be started.
        """
        self._read_backlog(key, policy, relying_on_marks=True)

    def rederive(
        self,
        capture_id: int,
        capture: Capture,
        payload: bytes,
        policy: Policy,
        reader: str,
        made_by: tuple[str, str] | None,
    ) -> Rederived | None:
        """Reads a capture again, to check its stored reading. See `intake.policy_reader.rederive`.

        ClausewatchError if no worker can be started.
        """
        return policy_reader.rederive(self._workers.call, capture_id, capture, payload, policy, reader, made_by)

    def _after_backlog(self, captures: Iterable[UnreadCapture]) -> Iterator[UnreadCapture]:
        """Yields each capture after the backlog of its policy has been read."""
        for unread in captures:
            key = unread.capture.key
            if not self._backlog.is_done(key, unread.policy):
                self._read_backlog(key, unread.policy, relying_on_marks=True)
                self._backlog.mark_done(key, unread.policy)
            yield unread

    def _read_backlog(
        self,
        key: PolicyKey,
        policy: Policy,
        progress: Callable[[int, int], None] | None = None,
        *,
        relying_on_marks: bool,
    ) -> int:
        done: set[int] = set()
        # The search is repeated until the backlog is empty, because other processes may store captures during the loop.
        while missing := self._backlog.missing_or_put_in_force(key, policy, done, relying_on_marks=relying_on_marks):
            stored = (self._stored(capture_id, policy) for capture_id in missing)
            plans = (self._plan(unread, reads_stopped=not relying_on_marks) for unread in stored)
            for batch in self._workers.map(plans):
                for read in self._put(batch):
                    done.add(read.capture_id)
                    if progress is not None:
                        progress(len(done), len(done | set(missing)))
        return len(done)

    def _stored(self, capture_id: int, policy: Policy) -> UnreadCapture:
        with self._database.read_session() as session:
            capture = capture_from(session.get_one(CaptureRow, capture_id))
        return UnreadCapture(capture_id, False, capture, None, policy)

    def _plan(self, unread: UnreadCapture, reads_stopped: bool = False) -> tuple[_PlannedReading, ReadingTask | None]:
        """Returns the planned reading of a capture, and the task for a worker; None if the capture need not be read.

        reads_stopped: whether to read the capture again if its reading was stopped (`core.captures.STOPPED_READINGS`).
        """
        capture, policy, payload = unread.capture, unread.policy, unread.payload
        location = policy.location_for(capture.asked_url, capture.captured_at)
        reader, declared = reader_of(policy), declared_of(policy, location)
        if not unread.is_new:
            with self._database.read_session() as session:
                extractor = policy_reader.EXTRACTOR_NAME
                known = readings.settled_reading(session, unread.capture_id, reader, extractor, declared)
                if reads_stopped and known is not None and known.to_verdict().depends_on_machine:
                    known = None
            if known is not None:
                return _PlannedReading(unread, reader, declared, known=known), None
        if payload is None:
            try:
                with self._database.read_session() as session:
                    payload = packing.get(session, capture.sha256)
            except DamageError as error:
                # The error is not raised, so that the policy's other captures are still read.
                return _PlannedReading(unread, reader, declared, text=unreadable("damaged_payload", str(error))), None
        return _PlannedReading(unread, reader, declared), reading_task(capture, payload, policy, location)

    def _put(self, batch: Sequence[tuple[_PlannedReading, CaptureText | None]]) -> list[ReadCapture]:
        """Stores readings in one transaction, and returns the results for the captures.

        If another process has already stored a lasting reading of a capture, that reading stays.
        """
        rows = [_row(planned, text or planned.text) for planned, text in batch]
        missing = [
            (planned.unread.capture, row, text.document if text is not None else None)
            for (planned, text), row in zip(batch, rows, strict=True)
            if not planned.is_stored
        ]
        if missing:
            with self._database.write_session() as session:
                readings.put(session, missing)
            self._standings.note(capture.vendor for capture, *_ in missing)
            self._derived.note((capture, row) for capture, row, _ in missing)
        self._backlog.settle(planned.unread.capture_id for planned, _ in batch)
        stored = [ReadingRow(**row) for row in rows]
        with self._database.read_session() as session:
            verdicts = verdicts_without_neighbours(session, stored)
        return [
            ReadCapture(
                planned.unread.capture_id,
                planned.unread.is_new,
                verdict,
                row.version_id if verdict.name == "accepted" else None,
            )
            for (planned, _), row, verdict in zip(batch, stored, verdicts, strict=True)
        ]


def reading_workers(limits: Limits) -> WorkerPool[ReadingTask, CaptureText]:
    """Returns a pool of worker processes that read captures. The processes start when they are first needed.

    limits: the limits on reading one capture.
    """
    return WorkerPool(read_capture, give_up=given_up, size=ReadingTask.size, prepare=warm_up, limits=limits)


def given_up(task: ReadingTask, fault: WorkFault) -> CaptureText:
    """Returns the result for a capture whose reading was stopped."""
    return unreadable(
        fault.kind,
        f"the reading of this page {fault.sentence}; the {len(task.payload)} bytes of "
        f"{escape_line(task.capture.media_type)[:100] or 'unknown type'} are stored; `clausewatch reextract` tries "
        "again to read them",
    )


def _row(planned: _PlannedReading, text: CaptureText | None) -> dict[str, Any]:
    """Returns the values of the reading's row. `storage.readings.put` sets the SHA-256 of a new document later."""
    if text is None:
        columns = {name: getattr(planned.known, name) for name in (*seals.READINGS, *seals.UNSEALED)}
        return {**columns, "reader": planned.reader}
    return reading_values(planned.unread.capture_id, planned.reader, planned.declared, text)
