"""Queries what the timelines of policies and the list of vendors show, without reading whole documents."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from core.exceptions import StorageError
from core.history import Observation, SettledHistory
from core.lineage import Step
from core.policies import PolicyKey
from storage.database import Database
from storage.histories import history_of, settled_in
from storage.lineages import is_current, restored
from storage.payloads.compression import restore
from storage.tables.models import CaptureRow, DocumentRow, PolicyRow, ReadingRow, StepRow
from storage.verdicts import judged_captures

# How many documents are in memory at a time, compressed.
_AT_ONCE = 100
# What follows the head of a document's JSON (`formats.document_json`). A string in it has no quote without a backslash.
_CLAUSES = b',"clauses":['


@dataclass(frozen=True, slots=True)
class NewestStep:
    """The newest change of a policy.

    at: the first capture of the newest version. old_id, new_id: the ids of the versions before and after.
    step: the comparison of both; None if it isn't kept yet.
    """

    key: PolicyKey
    at: datetime
    old_id: str
    new_id: str
    step: Step | None


class Timelines:
    """What the timelines of policies show. Every method raises StorageError if the database can't be read."""

    def __init__(self, database: Database, hold: timedelta) -> None:
        self._database = database
        self._hold = hold

    def revision(self, key: PolicyKey) -> int:
        """Returns the counter that rises whenever a policy's history may have changed; 0 if nothing was read yet."""
        query = select(PolicyRow.revision).where(PolicyRow.vendor == key.vendor, PolicyRow.policy == key.policy)
        with self._database.read_session() as session:
            return session.scalar(query) or 0

    def settled(self, key: PolicyKey) -> tuple[SettledHistory, tuple[datetime, ...]]:
        """Returns a policy's settled history, and the times of its quarantined captures, oldest first."""
        with self._database.read_session() as session:
            captures = judged_captures(session, key)
            quarantined = sorted(capture.captured_at for capture in captures if capture.version_id is None)
            return settled_in(session, history_of(captures), self._hold), tuple(quarantined)

    def stated_dates(self, texts: Sequence[Observation]) -> dict[str, str]:
        """Returns the date that each version states, in ISO 8601, by the version's id. Versions without are left out.

        texts: a capture of each version. A damaged document counts as one without a date: `verify` reports it.
        """
        readers = {text.capture_id: text for text in texts}
        result: dict[str, str] = {}
        ids = list(readers)
        columns = ReadingRow.capture_id, ReadingRow.reader, DocumentRow.sha256, DocumentRow.size, DocumentRow.data
        with self._database.read_session() as session:
            for start in range(0, len(ids), _AT_ONCE):
                query = select(*columns).join(DocumentRow, DocumentRow.sha256 == ReadingRow.document_sha256)
                some = query.where(ReadingRow.capture_id.in_(ids[start : start + _AT_ONCE]))
                for capture_id, reader, sha256, size, data in session.execute(some):
                    text = readers[capture_id]
                    if reader == text.reader and (stated := _stated_date(sha256, size, data)):
                        result[text.version_id] = stated
        return result

    def newest_steps(self, changes: Mapping[PolicyKey, datetime]) -> dict[PolicyKey, NewestStep]:
        """Returns the newest change of each policy, in one query. Policies whose change isn't found are left out.

        changes: for each policy, when its newest version was captured first (`storage.records.Standing.last_change`).
        """
        if not changes:
            return {}
        with self._database.read_session() as session:
            return {step.key: step for step in _newest_steps(session, changes)}


def _stated_date(sha256: str, size: int, data: bytes) -> str | None:
    try:
        head = restore(data, size, sha256).partition(_CLAUSES)[0]
        values = json.loads(head.decode("utf-8", "surrogatepass") + "}")
    except (StorageError, ValueError):
        return None
    stated = values.get("stated_date", values.get("effective_date"))
    return stated if isinstance(stated, str) else None


def _newest_steps(session: Session, changes: Mapping[PolicyKey, datetime]) -> Iterable[NewestStep]:
    """Yields the newest changes.

    The text before is that of the last capture before that was accepted when it was read. Persons' reviews may have
    decided otherwise; then no step is kept between the two texts, and the change is told without its size.
    """
    earlier, earlier_reading, old_reading = aliased(CaptureRow), aliased(ReadingRow), aliased(ReadingRow)
    before = (
        select(earlier.id)
        .join(earlier_reading, earlier_reading.capture_id == earlier.id)
        .where(earlier.vendor == CaptureRow.vendor, earlier.policy == CaptureRow.policy)
        .where(earlier.captured_at < CaptureRow.captured_at)
        .where(earlier_reading.reader == PolicyRow.reader, earlier_reading.verdict == "accepted")
        .order_by(earlier.captured_at.desc())
        .limit(1)
        .correlate(CaptureRow, PolicyRow)
        .scalar_subquery()
    )
    is_step = and_(
        StepRow.new_sha256 == ReadingRow.document_sha256,
        StepRow.old_sha256 == old_reading.document_sha256,
        is_current(StepRow),
    )
    columns: tuple[Any, ...] = (
        CaptureRow.vendor,
        CaptureRow.policy,
        CaptureRow.captured_at,
        old_reading.version_id,
        ReadingRow.version_id,
        StepRow.checksum,
        StepRow.data,
    )
    query = (
        select(*columns)
        .join(PolicyRow, and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy))
        .join(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
        .join(old_reading, and_(old_reading.capture_id == before, old_reading.reader == PolicyRow.reader))
        .outerjoin(StepRow, is_step)
        .where(ReadingRow.version_id.is_not(None), old_reading.version_id.is_not(None))
        .where(ReadingRow.version_id != old_reading.version_id, or_(*(_is_at(*change) for change in changes.items())))
    )
    for vendor, policy, at, old_id, new_id, checksum, data in session.execute(query):
        yield NewestStep(PolicyKey(vendor, policy), at, old_id, new_id, restored(data, checksum) if data else None)


def _is_at(key: PolicyKey, moment: datetime) -> ColumnElement[bool]:
    return and_(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy, CaptureRow.captured_at == moment)
