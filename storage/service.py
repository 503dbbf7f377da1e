"""The one service every source hands captures to: it keeps the evidence, and keeps what is derived from it current."""

import json
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC
from operator import attrgetter
from typing import Any

from sqlalchemy import Delete, Insert, and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from core.captures import Capture, Reading, Verdict, sha256_hex
from core.clauses import Document
from core.declarations import Location, Policy
from core.exceptions import DamageError, StorageError
from diffing.sameness import SAMENESS, version_id
from extraction import EXTRACTOR, read
from extraction.context import not_as_declared, sure_language
from storage import documents, listings, payloads, policies, queries
from storage.database import Database, insert
from storage.models import CaptureRow, ReadingRow, UnreadRow
from storage.records import Kept

# A reading's version id depends on what counts as the same text, too.
_READER = f"{EXTRACTOR}.{SAMENESS}"


@dataclass(frozen=True, slots=True)
class Rederived:
    """A reading made again. values: those of its row; document: what was read."""

    values: Mapping[str, object]
    document: Document | None


class Keeper:
    """Keeps captures in one database. Several threads and processes may do so at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # By which reader each policy's captures were last found to be read, all of them: to be asked once a process.
        self._current: dict[tuple[str, str], str] = {}

    def keep(self, capture: Capture, payload: bytes | None, policy: Policy) -> Kept:
        """See `Store.keep`."""
        if payload is not None and sha256_hex(payload) != capture.sha256:
            raise StorageError(f"these are not the bytes that the capture of {capture.url} names: get it again")
        # The evidence is committed before anything looks into it: whatever a page does to the extractor, be it that
        # the process dies of it, the capture is there and can be read later.
        capture_id, is_new = self._keep_evidence(capture, payload)
        reading = self._reading(capture_id, payload, policy)
        reader = reader_of(policy)
        if self._current.get((capture.vendor, capture.policy)) != reader:
            self.reextract(capture.vendor, capture.policy, policy)
            self._current[capture.vendor, capture.policy] = reader
        with self._database.reading() as session:
            verdict = queries.verdict_alone(session, reading)
        return Kept(capture_id, is_new, verdict, reading.version_id if verdict.name == "accepted" else None)

    def reextract(
        self, vendor: str, policy: str, declared: Policy, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """See `Store.reextract`."""
        done: set[int] = set()
        # Others may keep captures meanwhile, so what is missing is asked again until nothing is.
        while missing := self._put_in_force(vendor, policy, declared, done):
            for capture_id in missing:
                self._reading(capture_id, None, declared)
                done.add(capture_id)
                if progress is not None:
                    progress(len(done), len(done | set(missing)))
        return len(done)

    def _put_in_force(self, vendor: str, policy: str, declared: Policy, done: Set[int]) -> list[int]:
        """Have a policy shown by the present reader if it has read all captures; else those it has not, oldest first.

        done: captures not to wait for although they have no lasting reading, since their payloads are damaged.
        """
        reader = reader_of(declared)
        with self._database.reading() as session:
            if policies.reader_in_force(session, vendor, policy) == reader:
                return _unread(session, vendor, policy, reader, done, marked=True)
            if missing := _unread(session, vendor, policy, reader, done):
                return missing
        with self._database.writing() as session:
            policies.lock(session, vendor, policy)
            missing = _unread(session, vendor, policy, reader, done)
            if not missing:
                policies.put_in_force(session, vendor, policy, reader)
                session.execute(_unmark_those_read(vendor, policy, reader))
            return missing

    def _keep_evidence(self, capture: Capture, payload: bytes | None) -> tuple[int, bool]:
        identity = identity_of(capture)
        known = select(CaptureRow.id).where(CaptureRow.identity == identity)
        with self._database.reading() as session:
            capture_id = session.scalar(known)
            waits = listings.waits_for(session, capture)
        if capture_id is not None and not waits:
            return capture_id, False
        with self._database.writing() as session:
            # In the same transaction: a capture that is stored is never asked for again, and one that is not is.
            listings.got(session, capture)
            if capture_id is not None:
                return capture_id, False
            if payload is not None:
                payloads.put(session, capture, payload)
            elif not payloads.holds(session, capture.sha256):
                raise StorageError(
                    f"the payload of the capture of {capture.url} is not stored: hand it over with its bytes"
                )
            statement = insert(session, CaptureRow).values(columns_of(capture, identity)).on_conflict_do_nothing()
            capture_id = session.scalar(statement.returning(CaptureRow.id))
            if capture_id is not None:
                session.execute(_mark_unread(session, capture, capture_id))
                return capture_id, True
            # Another process stored it since we looked.
            return session.scalars(known).one(), False

    def _reading(self, capture_id: int, payload: bytes | None, policy: Policy) -> ReadingRow:
        """The present reader's reading of a stored capture; made when there is none, or none that lasts.

        payload: None when not at hand.
        """
        reader = reader_of(policy)
        with self._database.reading() as session:
            capture = queries.capture_from(session.get_one(CaptureRow, capture_id))
            location = policy.location_for(capture.asked_url, capture.captured_at)
            declared = declared_of(policy, location)
            row = session.get(ReadingRow, (capture_id, reader))
            if row is None:
                row = session.scalar(
                    select(ReadingRow)
                    .where(ReadingRow.capture_id == capture_id)
                    .where(ReadingRow.extractor == _READER, ReadingRow.declared == declared)
                    .limit(1)
                )
            if row is not None:
                session.expunge(row)
        if row is not None and row.extractor:
            return row if row.reader == reader else self._put(capture, _copied(row, reader))
        try:
            if payload is None:
                with self._database.reading() as session:
                    payload = payloads.get(session, capture.sha256)
        except DamageError as error:
            # Its neighbours can be read all the same. By no extractor: so this one is tried again by the next process.
            reading, extractor = Reading(Verdict("quarantined", "unreadable", str(error)), None), ""
        else:
            reading, extractor = _read(capture, payload, policy, location), _READER
        origin = {"capture_id": capture_id, "reader": reader, "extractor": extractor, "declared": declared}
        return self._put(capture, origin | _derived(reading), reading.document)

    def _put(self, capture: Capture, values: dict[str, Any], document: Document | None = None) -> ReadingRow:
        """Store a reading. What another process stored meanwhile stays, unless the payload was damaged then."""
        with self._database.writing() as session:
            if document is not None:
                values = {**values, "document_sha256": documents.put(session, document)}
            statement = insert(session, ReadingRow).values(values)
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=[ReadingRow.capture_id, ReadingRow.reader],
                    set_={**values, "seal": statement.excluded.seal},
                    where=ReadingRow.extractor == "",
                )
            )
            in_force = policies.touch(session, capture.vendor, capture.policy, capture.captured_at)
            if not values["extractor"]:
                session.execute(_mark_unread(session, capture, values["capture_id"]))
            elif values["reader"] == in_force:
                session.execute(_unmark(capture, values["capture_id"]))
        return ReadingRow(**values)


def reader_of(policy: Policy) -> str:
    """Names what makes the readings of a policy at present: equal names, equal readings of every capture of it.

    It is the extractor's version alone while the declaration has no say in what a reading is, else a digest of the
    declaration follows.
    """
    if policy.language is None and not any(place.select or place.remove for place in policy.locations):
        return _READER
    return f"{_READER}.{_digest(policy.model_dump(mode='json'))}"


def declared_of(policy: Policy, location: Location | None) -> str:
    """A digest of what the declaration says of how to read a capture of that location; None: one of none declared."""
    chosen, removed = (location.select, location.remove) if location else ((), ())
    return _digest([chosen, removed, policy.language])


def _digest(declared: object) -> str:
    return sha256_hex(json.dumps(declared).encode())[:12]


def _read(capture: Capture, payload: bytes, policy: Policy, location: Location | None) -> Reading:
    """What the extractor makes of a capture, and the verdict that the declared language makes of it."""
    if location is None:
        reading = read(capture, payload)
    else:
        reading = read(capture, payload, select=location.select, remove=location.remove)
    if policy.language is None or reading.document is None or reading.verdict.name != "accepted":
        return reading
    verdict = not_as_declared(sure_language(reading.document), policy.language)
    return Reading(verdict, reading.document) if verdict else reading


def read_again(
    capture_id: int, capture: Capture, payload: bytes, policy: Policy, reader: str, row: ReadingRow | None
) -> Rederived | None:
    """What the reading of a capture by that reader must be.

    row: the reading as it is stored; None when that cannot be read. None when neither the reader nor what made the row
    is the present one.
    """
    location = policy.location_for(capture.asked_url, capture.captured_at)
    declared = declared_of(policy, location)
    if reader != reader_of(policy) and (row is None or (row.extractor, row.declared) != (_READER, declared)):
        return None
    reading = _read(capture, payload, policy, location)
    origin = {"capture_id": capture_id, "reader": reader, "extractor": _READER, "declared": declared}
    digest = sha256_hex(documents.encode(reading.document)) if reading.document is not None else None
    return Rederived(origin | _derived(reading) | {"document_sha256": digest}, reading.document)


def _derived(reading: Reading) -> dict[str, object]:
    """What a reading's row says of the capture."""
    document = reading.document
    return {
        "language": sure_language(document) if document is not None else None,
        "verdict": reading.verdict.name,
        "reason": reading.verdict.reason,
        "evidence": reading.verdict.evidence,
        "version_id": version_id(document) if document is not None and document.clauses else None,
    }


def _copied(row: ReadingRow, reader: str) -> dict[str, object]:
    """The values of a reading that another reader made alike."""
    return {
        **{column.key: getattr(row, column.key) for column in ReadingRow.__table__.columns if column.key != "seal"},
        "reader": reader,
    }


def _unread(
    session: Session, vendor: str, policy: str, reader: str, done: Set[int], *, marked: bool = False
) -> list[int]:
    """The captures of a policy of which that reader has no lasting reading, but for those done, oldest first.

    marked: look among those alone that are marked as unread by the reader in force.
    """
    query = (
        select(CaptureRow.captured_at, CaptureRow.id)
        .outerjoin(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == reader))
        .where(or_(ReadingRow.capture_id.is_(None), ReadingRow.extractor == ""))
    )
    if marked:
        query = query.join(UnreadRow, UnreadRow.capture_id == CaptureRow.id)
    table = UnreadRow if marked else CaptureRow
    rows = session.execute(query.where(table.vendor == vendor, table.policy == policy)).all()
    return [row.id for row in sorted(rows, key=attrgetter("captured_at")) if row.id not in done]


def _mark_unread(session: Session, capture: Capture, capture_id: int) -> Insert:
    values = {"vendor": capture.vendor, "policy": capture.policy, "capture_id": capture_id}
    return insert(session, UnreadRow).values(values).on_conflict_do_nothing()


def _unmark(capture: Capture, capture_id: int) -> Delete:
    return delete(UnreadRow).where(
        UnreadRow.vendor == capture.vendor, UnreadRow.policy == capture.policy, UnreadRow.capture_id == capture_id
    )


def _unmark_those_read(vendor: str, policy: str, reader: str) -> Delete:
    lasting = exists().where(
        ReadingRow.capture_id == UnreadRow.capture_id, ReadingRow.reader == reader, ReadingRow.extractor != ""
    )
    return delete(UnreadRow).where(UnreadRow.vendor == vendor, UnreadRow.policy == policy, lasting)


def identity_of(capture: Capture) -> str:
    """SHA-256 of what makes a capture this one and no other."""
    parts = (
        capture.vendor,
        capture.policy,
        capture.source,
        capture.asked_url,
        capture.captured_at.astimezone(UTC).isoformat(timespec="microseconds"),
        capture.sha256,
    )
    return sha256_hex(json.dumps(parts).encode())


def columns_of(capture: Capture, identity: str) -> dict[str, object]:
    """The values of a capture's row."""
    return {
        "identity": identity,
        "vendor": capture.vendor,
        "policy": capture.policy,
        "source": capture.source,
        "captured_at": capture.captured_at,
        "url": capture.url,
        "asked_url": capture.asked_url,
        "redirects": list(capture.redirects),
        "status": capture.status,
        "headers": [list(header) for header in capture.headers],
        "media_type": capture.media_type,
        "sha256": capture.sha256,
        "requested_at": capture.requested_at,
        "answered_at": capture.answered_at,
        "archive": dict(capture.archive),
    }
