"""The service every source hands captures to: it keeps the evidence, has it read, and keeps what is derived current."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from core.declarations import Policy
from core.exceptions import DamageError
from core.policies import PolicyKey
from intake import policy_reader
from intake.backlog import Backlog
from intake.evidence_batches import keep_evidence
from intake.policy_reader import declared_of, reader_of, reading_task, reading_values
from intake.reading_task import CaptureText, ReadingTask, read_capture, unreadable, warm_up
from intake.records import FoundCapture, ReadCapture, UnreadCapture
from intake.worker_pool import WorkerPool
from storage import Store, readings
from storage.capture_rows import capture_from
from storage.payloads import packing
from storage.tables import seals
from storage.tables.models import CaptureRow, ReadingRow
from storage.verdicts import verdicts_without_neighbours


@dataclass(frozen=True, slots=True)
class _PlannedReading:
    """The reading that the present reader is to make of a capture, with what is known of it before the capture is read.

    reader, declared: as in ReadingRow. known: the reading as it is stored, or an equal one that another reader made.
    text: the result, if it is known without reading the capture.
    """

    unread: UnreadCapture
    reader: str
    declared: str
    known: ReadingRow | None = None
    text: CaptureText | None = None

    @property
    def is_stored(self) -> bool:
        """Whether the present reader's reading is stored already."""
        return self.known is not None and self.known.reader == self.reader


class Intake:
    """Keeps captures in a store.

    Several threads may use one Intake, and several processes, each with an Intake of its own, may use one database.
    """

    def __init__(self, store: Store, workers: WorkerPool[ReadingTask, CaptureText] | None = None) -> None:
        """Starts nothing yet. workers: the pool that reads captures; None stands for `reading_workers()`."""
        self._database = store.database
        self._workers = workers or reading_workers()
        self._backlog = Backlog(store.database)

    def close(self) -> None:
        """Ends the worker processes. The store stays open."""
        self._workers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def keep(self, found: FoundCapture) -> ReadCapture:
        """Stores one capture as evidence, reads it, and returns the result. Keeping it again changes nothing.

        Two captures are the same if `storage.capture_rows.capture_identity` gives them one identity. A capture that was
        listed by an archive is no longer listed as one to fetch. A capture stays stored even if reading it fails; it is
        then read together with the next capture of its policy. If the policy's readings were made by another extractor
        or for another declaration, they are made again first, as `reextract` does.

        StorageError if the payload is neither handed in nor stored, or is not the payload whose SHA-256 the capture
        names.
        """
        (read,) = self.keep_all([found])
        return read

    def keep_all(self, captures: Iterable[FoundCapture]) -> Iterator[ReadCapture]:
        """Keeps many captures as `keep` does each, using all processors, and yields the results in order.

        captures: taken as results are asked for, and some ahead. They are committed as evidence in batches before they
        are read. If there are more than a few, worker processes read them. A page that kills two workers in turn is
        quarantined as `unreadable`, and is read again by the next `reextract`.

        An exception that `captures` raises is raised after all captures before it are kept. StorageError as in `keep`,
        for the first capture that is refused; the captures before it are kept. ClausewatchError if no worker can be
        started.
        """
        return self.read(self.keep_unread(captures))

    def keep_unread(self, captures: Iterable[FoundCapture]) -> Iterator[UnreadCapture]:
        """Stores captures as evidence, in batches, and yields each after its batch is committed. `read` has to follow.

        Arguments and errors are those of `keep_all`. Until a capture is read, it is shown as not read yet.
        """
        for batch in keep_evidence(self._database, captures):
            # The whole batch at once: another thread, which reads the policy's backlog, must not take captures of this
            # batch that are still to be yielded for captures that nobody is about to read.
            self._backlog.announce(unread.capture_id for unread in batch if unread.is_new)
            yield from batch

    def read(self, captures: Iterable[UnreadCapture]) -> Iterator[ReadCapture]:
        """Reads captures that `keep_unread` stored, and yields the results in order. Errors as in `keep_all`."""
        try:
            for batch in self._workers.map(self._plan(unread) for unread in self._after_backlog(captures)):
                yield from self._put(batch)
        except BaseException:
            # Some captures may have no reading now. They are looked for before the next capture is read.
            self._backlog.forget()
            raise

    def reextract(self, key: PolicyKey, policy: Policy, progress: Callable[[int, int], None] | None = None) -> int:
        """Reads those captures of a policy again that the present reader has not read. Returns how many they were.

        policy: as it is declared now. progress: called after each capture with how many are done, of how many.

        Earlier readings stay stored, and are shown until the present reader has read every capture; then its readings
        are shown instead, from one transaction on. Readings are committed as they are made, so this may be interrupted
        and called again, and several processes may do it at once. A capture whose payload is damaged is quarantined as
        `unreadable`, and is tried again by every call. ClausewatchError if no worker can be started.
        """
        return self._read_backlog(key, policy, progress, relying_on_marks=False)

    def _after_backlog(self, captures: Iterable[UnreadCapture]) -> Iterator[UnreadCapture]:
        """Yields each capture after the backlog of its policy is read."""
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
        # Until none is missing: other processes may store captures meanwhile.
        while missing := self._backlog.missing(key, policy, done, relying_on_marks=relying_on_marks):
            stored = (self._stored(capture_id, policy) for capture_id in missing)
            for batch in self._workers.map(self._plan(unread) for unread in stored):
                for read in self._put(batch):
                    done.add(read.capture_id)
                    if progress is not None:
                        progress(len(done), len(done | set(missing)))
        return len(done)

    def _stored(self, capture_id: int, policy: Policy) -> UnreadCapture:
        with self._database.read_session() as session:
            capture = capture_from(session.get_one(CaptureRow, capture_id))
        return UnreadCapture(capture_id, False, capture, None, policy)

    def _plan(self, unread: UnreadCapture) -> tuple[_PlannedReading, ReadingTask | None]:
        """Returns the planned reading of a capture, and the task that makes it; None if no task is needed."""
        capture, policy, payload = unread.capture, unread.policy, unread.payload
        location = policy.location_for(capture.asked_url, capture.captured_at)
        reader, declared = reader_of(policy), declared_of(policy, location)
        if not unread.is_new:
            with self._database.read_session() as session:
                known = readings.lasting_reading(
                    session, unread.capture_id, reader, policy_reader.EXTRACTOR_NAME, declared
                )
            if known is not None:
                return _PlannedReading(unread, reader, declared, known=known), None
        if payload is None:
            try:
                with self._database.read_session() as session:
                    payload = packing.get(session, capture.sha256)
            except DamageError as error:
                # An error here would keep the policy's other captures from being read.
                return _PlannedReading(unread, reader, declared, text=unreadable(str(error))), None
        return _PlannedReading(unread, reader, declared), reading_task(capture, payload, policy, location)

    def _put(self, batch: Sequence[tuple[_PlannedReading, CaptureText | None]]) -> list[ReadCapture]:
        """Stores readings in one transaction, and returns what became of their captures.

        A lasting reading that another process has stored meanwhile stays.
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


def reading_workers() -> WorkerPool[ReadingTask, CaptureText]:
    """Returns a pool of processes that read captures. They start when they are first needed."""
    return WorkerPool(read_capture, give_up=given_up, size=ReadingTask.size, prepare=warm_up)


def given_up(task: ReadingTask) -> CaptureText:
    """Returns the result for a capture that has killed two workers."""
    return unreadable(
        f"the process that read this page ended before it was done, twice; {len(task.payload)} bytes of "
        f"{task.capture.media_type or 'no stated type'} are kept, and tried again by `clausewatch reextract`"
    )


def _row(planned: _PlannedReading, text: CaptureText | None) -> dict[str, Any]:
    """Returns the values of the reading's row. A new document's SHA-256 is set when the document is stored."""
    if text is None:
        columns = {name: getattr(planned.known, name) for name in (*seals.READINGS, "needs_browser")}
        return {**columns, "reader": planned.reader}
    return reading_values(planned.unread.capture_id, planned.reader, planned.declared, text)
