"""The service every source hands captures to: it keeps the evidence, has it read, and keeps what is derived current."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from core.declarations import Policy
from core.exceptions import DamageError
from core.policies import PolicyKey
from intake import worker_process
from intake.evidence import FoundCapture, keep_evidence
from intake.readers import EXTRACTOR_NAME, declared_of, reader_of, reading_task, reading_values
from intake.reading import CaptureText, ReadingTask, read_one, unreadable
from intake.records import ReadCapture, UnreadCapture
from intake.unread import UnreadCaptures
from intake.worker_pool import WorkerPool
from storage import Store, readings
from storage.capture_rows import capture_from
from storage.payloads import packing
from storage.tables import seals
from storage.tables.models import CaptureRow, ReadingRow
from storage.verdicts import verdicts_without_neighbours


@dataclass(frozen=True, slots=True)
class _PlannedReading:
    """The present reader's reading of a capture, as far as it is known before it is made.

    known: the reading as stored, or one that another reader made alike. text: what is known without looking into the
    capture.
    """

    unread: UnreadCapture
    reader: str
    declared: str
    known: ReadingRow | None = None
    text: CaptureText | None = None

    @property
    def is_stored(self) -> bool:
        """Whether nothing is left to be done."""
        return self.known is not None and self.known.reader == self.reader


class Intake:
    """Keeps captures in one store. Several threads may use it, and several processes may keep captures at once.

    workers: the processes that read; None starts the usual ones when they are first needed.
    """

    def __init__(self, store: Store, workers: WorkerPool[ReadingTask, CaptureText] | None = None) -> None:
        self._database = store.database
        self._workers = workers or reading_workers()
        self._unread = UnreadCaptures(store.database)

    def close(self) -> None:
        """Ends the processes that read."""
        self._workers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def keep(self, found: FoundCapture) -> ReadCapture:
        """Stores one capture as evidence and reads it. Keeping the same capture again changes nothing.

        Two captures are the same if `storage.capture_rows.capture_identity` gives them one identity. A capture that an
        archive's listing named is no longer to be fetched. It is stored even if reading it fails, and is read together
        with the policy's next one. If another extractor or another declaration made the policy's readings, they are
        made again first, as `reextract` does.

        StorageError if the payload is neither given nor stored, or is not the one the capture names.
        """
        (read,) = self.keep_all([found])
        return read

    def keep_all(self, captures: Iterable[FoundCapture]) -> Iterator[ReadCapture]:
        """Keeps many captures as `keep` does each, on all processors, and yields what became of each, in order.

        captures: are taken as results are asked for, and some ahead. Their evidence is committed a batch at a time, and
        then read; more than a few are read in processes of their own. A page that takes down two of these in turn is
        quarantined as `unreadable`, and read again with the next `reextract`.

        What `captures` raises is raised once all captures before it are kept. StorageError as in `keep`, for the first
        capture that is refused; those before it are kept. ClausewatchError if no process can be started.
        """
        return self.read(self.keep_unread(captures))

    def keep_unread(self, captures: Iterable[FoundCapture]) -> Iterator[UnreadCapture]:
        """Stores captures as evidence, a batch at a time, and yields each once it is committed; `read` is to follow.

        Arguments and errors are those of `keep_all`. Until it is read, a capture is shown as one that is not read yet.
        """
        for unread in keep_evidence(self._database, captures):
            if unread.is_new:
                self._unread.announce([unread.capture_id])
            yield unread

    def read(self, captures: Iterable[UnreadCapture]) -> Iterator[ReadCapture]:
        """Reads captures that `keep_unread` stored, and yields what became of each, in order."""
        try:
            for batch in self._workers.map(self._plan(unread) for unread in self._after_backlog(captures)):
                yield from self._put(batch)
        except BaseException:
            self._unread.forget()
            raise

    def reextract(self, key: PolicyKey, policy: Policy, progress: Callable[[int, int], None] | None = None) -> int:
        """Reads again those captures of a policy that the present extractor has not read as it is declared now.

        progress: called after each with how many are done, of how many. Returns how many there were to read.

        Earlier readings stay beside the new ones, and are the ones shown until every capture is read; then the new ones
        replace them in one transaction. Readings are committed as they are made, so it may be interrupted, done by
        several processes at once, and called again. A capture whose payload is damaged is quarantined as `unreadable`,
        and tried again with every call. ClausewatchError if no process can be started.
        """
        return self._read_missing(key, policy, progress, relying_on_marks=False)

    def _after_backlog(self, captures: Iterable[UnreadCapture]) -> Iterator[UnreadCapture]:
        """Yields each capture once the present reader has read all earlier captures of its policy."""
        for unread in captures:
            key = unread.capture.key
            if not self._unread.is_current(key, unread.policy):
                self._read_missing(key, unread.policy, relying_on_marks=True)
                self._unread.mark_current(key, unread.policy)
            yield unread

    def _read_missing(
        self,
        key: PolicyKey,
        policy: Policy,
        progress: Callable[[int, int], None] | None = None,
        *,
        relying_on_marks: bool,
    ) -> int:
        done: set[int] = set()
        # Other processes may store captures meanwhile, so it is asked again until none is missing.
        while missing := self._unread.missing(key, policy, done, relying_on_marks=relying_on_marks):
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
        """Returns what is known of a capture's reading, and the task that makes it; None if none is needed."""
        capture, policy, payload = unread.capture, unread.policy, unread.payload
        location = policy.location_for(capture.asked_url, capture.captured_at)
        reader, declared = reader_of(policy), declared_of(policy, location)
        if not unread.is_new:
            with self._database.read_session() as session:
                known = readings.lasting_reading(session, unread.capture_id, reader, EXTRACTOR_NAME, declared)
            if known is not None:
                return _PlannedReading(unread, reader, declared, known=known), None
        if payload is None:
            try:
                with self._database.read_session() as session:
                    payload = packing.get(session, capture.sha256)
            except DamageError as error:
                # The policy's other captures can be read all the same.
                return _PlannedReading(unread, reader, declared, text=unreadable(str(error))), None
        return _PlannedReading(unread, reader, declared), reading_task(capture, payload, policy, location)

    def _put(self, batch: Sequence[tuple[_PlannedReading, CaptureText | None]]) -> list[ReadCapture]:
        """Stores readings in one transaction. Lasting readings that another process stored meanwhile stay."""
        rows = [_row(planned, text or planned.text) for planned, text in batch]
        missing = [
            (planned.unread.capture, row, text.document if text is not None else None)
            for (planned, text), row in zip(batch, rows, strict=True)
            if not planned.is_stored
        ]
        if missing:
            with self._database.write_session() as session:
                readings.put(session, missing)
        self._unread.settle(planned.unread.capture_id for planned, _ in batch)
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
    """Returns the processes that read captures; they start when they are first needed."""
    return WorkerPool(read_one, fallen=given_up, size=ReadingTask.size, prepare=worker_process.prepare)


def given_up(task: ReadingTask) -> CaptureText:
    """Returns the reading of a capture that takes down whatever process reads it."""
    return unreadable(
        f"the process that read this page ended before it was done, twice; {len(task.payload)} bytes of "
        f"{task.capture.media_type or 'no stated type'} are kept, and tried again by `clausewatch reextract`"
    )


def _row(planned: _PlannedReading, text: CaptureText | None) -> dict[str, Any]:
    """Returns the values of the reading's row; a new document's SHA-256 is filled in when it is stored."""
    if text is None:
        columns = {name: getattr(planned.known, name) for name in (*seals.READINGS, "needs_browser")}
        return {**columns, "reader": planned.reader}
    return reading_values(planned.unread.capture_id, planned.reader, planned.declared, text)
