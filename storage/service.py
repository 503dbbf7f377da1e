"""The one service every source hands captures to: it keeps the evidence, and keeps what is derived from it current."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC
from operator import attrgetter
from typing import Any

from sqlalchemy import Delete, and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from core.captures import Capture, sha256_hex
from core.declarations import Location, Policy
from core.exceptions import DamageError, StorageError
from diffing.sameness import SAMENESS
from extraction import EXTRACTOR
from storage import documents, listings, payloads, policies, queries, seals
from storage.database import Database, insert
from storage.models import CaptureRow, ReadingRow, UnreadRow
from storage.reading import AsRead, ToRead, not_readable, read_one
from storage.records import Kept, Unread
from storage.workers import Fault, Workers

# A reading's version id depends on what counts as the same text, too.
_READER = f"{EXTRACTOR}.{SAMENESS}"

# What is committed at once: so many captures, or as many as have so many bytes.
_BATCH = 16
_BATCH_SIZE = 8 * 1024 * 1024

Found = tuple[Capture, bytes | None, Policy]


@dataclass(frozen=True, slots=True)
class _Reading:
    """The present reader's reading of a capture, as far as it is known before it is made.

    known: it, or one that another reader made alike. as_read: what is known without looking into the capture.
    """

    unread: Unread
    reader: str
    declared: str
    known: ReadingRow | None = None
    as_read: AsRead | None = None

    @property
    def is_stored(self) -> bool:
        """Whether there is nothing left to be done."""
        return self.known is not None and self.known.reader == self.reader


@dataclass(frozen=True, slots=True)
class Rederived:
    """A reading made again. values: those of its row; document: what was read, encoded."""

    values: Mapping[str, object]
    document: bytes | None


class Keeper:
    """Keeps captures in one database. Several threads and processes may do so at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._workers = Workers(read_one, fallen=_fallen, size=ToRead.size, preload="storage.ready")
        # By which reader each policy's captures were last found to be read, all of them. To look through them all again
        # with every capture would make a crawl slower with every capture.
        self._current: dict[tuple[str, str], str] = {}
        # Captures that this one was the first to keep, and is about to read: they are shown as unread until then.
        self._to_come: set[int] = set()

    def close(self) -> None:
        """End the processes that read."""
        self._workers.close()

    def keep(self, capture: Capture, payload: bytes | None, policy: Policy) -> Kept:
        """See `Store.keep`."""
        (kept,) = self.keep_all([(capture, payload, policy)])
        return kept

    def keep_all(self, captures: Iterable[Found]) -> Iterator[Kept]:
        """See `Store.keep_all`."""
        return self.read(self.keep_unread(captures))

    def keep_unread(self, captures: Iterable[Found]) -> Iterator[Unread]:
        """See `Store.keep_unread`."""
        for batch in _batches(captures):
            try:
                yield from self._keep_evidence(batch)
            except StorageError:
                if len(batch) == 1:
                    raise
                for one in batch:  # those before the one that is refused
                    yield from self._keep_evidence([one])

    def read(self, captures: Iterable[Unread]) -> Iterator[Kept]:
        """See `Store.read`."""
        try:
            for readings in self._workers.map(self._reading(unread) for unread in self._in_force(captures)):
                yield from self._put(readings)
        except BaseException:
            # What has no reading now is looked for with the next capture.
            self._current.clear()
            self._to_come.clear()
            raise

    def reextract(
        self, vendor: str, policy: str, declared: Policy, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """See `Store.reextract`."""
        return self._read_missing(vendor, policy, declared, progress, relying_on_marks=False)

    def _read_missing(
        self,
        vendor: str,
        policy: str,
        declared: Policy,
        progress: Callable[[int, int], None] | None = None,
        *,
        relying_on_marks: bool,
    ) -> int:
        done: set[int] = set()
        # Others may keep captures meanwhile, so what is missing is asked again until nothing is.
        while missing := self._put_in_force(vendor, policy, declared, done, relying_on_marks):
            kept_before = (self._kept_before(capture_id, declared) for capture_id in missing)
            for readings in self._workers.map(self._reading(unread) for unread in kept_before):
                for kept in self._put(readings):
                    done.add(kept.capture_id)
                    if progress is not None:
                        progress(len(done), len(done | set(missing)))
        return len(done)

    def _keep_evidence(self, captures: Sequence[Found]) -> list[Unread]:
        """Keep captures in one transaction: nothing looks into them before it is committed."""
        for capture, payload, _ in captures:
            if payload is not None and sha256_hex(payload) != capture.sha256:
                raise StorageError(f"these are not the bytes that the capture of {capture.url} names: get it again")
        identities = [identity_of(capture) for capture, _, _ in captures]
        with self._database.reading() as session:
            known = _ids(session, identities)
            awaited = listings.wait_for(session, [capture for capture, _, _ in captures])
        ids = known
        if awaited or not known.keys() >= set(identities):
            with self._database.writing() as session:
                # In the same transaction: a capture that is stored is never asked for again, and one that is not is.
                listings.got(session, [capture for capture, _, _ in captures])
                known = _ids(session, identities)  # another process may have stored some since we looked
                new = {one: found for one, found in zip(identities, captures, strict=True) if one not in known}
                ids = known | _store(session, {one: found[:2] for one, found in new.items()})
        kept = []
        for identity, (capture, payload, policy) in zip(identities, captures, strict=True):
            kept.append(Unread(ids[identity], identity not in known, capture, payload, policy))
            known[identity] = ids[identity]  # the same once more is not new
        self._to_come.update(unread.capture_id for unread in kept if unread.is_new)
        return kept

    def _kept_before(self, capture_id: int, policy: Policy) -> Unread:
        with self._database.reading() as session:
            capture = queries.capture_from(session.get_one(CaptureRow, capture_id))
        return Unread(capture_id, False, capture, None, policy)

    def _in_force(self, captures: Iterable[Unread]) -> Iterator[Unread]:
        """Gives each capture on once its policy is shown by the present reader: what it has not read is read first."""
        for unread in captures:
            policy, reader = (unread.capture.vendor, unread.capture.policy), reader_of(unread.policy)
            if self._current.get(policy) != reader:
                self._read_missing(*policy, unread.policy, relying_on_marks=True)
                self._current[policy] = reader
            yield unread

    def _put_in_force(
        self, vendor: str, policy: str, declared: Policy, done: Set[int], relying_on_marks: bool
    ) -> list[int]:
        """Have a policy shown by the present reader if it has read all captures; else those it has not, oldest first.

        done: captures not to wait for although they have no lasting reading, since their payloads are damaged.
        relying_on_marks: of a policy that is shown by that reader already, look only among those marked as unread.
        """
        reader, done = reader_of(declared), done | self._to_come
        with self._database.reading() as session:
            in_force = policies.reader_in_force(session, vendor, policy) if relying_on_marks else None
            missing = _unread(session, vendor, policy, reader, done, marked=in_force == reader)
            # The first reading of a policy that is shown by nobody's yet puts its reader in force by itself.
            if missing or (relying_on_marks and in_force in (reader, None)):
                return missing
        with self._database.writing() as session:
            missing = _unread(session, vendor, policy, reader, done)
            if not missing:
                policies.put_in_force(session, vendor, policy, reader)
                session.execute(_unmark_those_read(vendor, policy, reader))
            return missing

    def _reading(self, unread: Unread) -> tuple[_Reading, ToRead | None]:
        """What is known of a capture's reading, and what is to be read for it; None when nothing is."""
        capture, policy, payload = unread.capture, unread.policy, unread.payload
        location = policy.location_for(capture.asked_url, capture.captured_at)
        reader, declared = reader_of(policy), declared_of(policy, location)
        if not unread.is_new:
            with self._database.reading() as session:
                known = _lasting(session, unread.capture_id, reader, declared)
            if known is not None:
                return _Reading(unread, reader, declared, known=known), None
        if payload is None:
            try:
                with self._database.reading() as session:
                    payload = payloads.get(session, capture.sha256)
            except DamageError as error:
                # Its neighbours can be read all the same.
                return _Reading(unread, reader, declared, as_read=not_readable(str(error))), None
        return _Reading(unread, reader, declared), _to_read(capture, payload, policy, location)

    def _put(self, readings: Sequence[tuple[_Reading, AsRead | None]]) -> list[Kept]:
        """Store readings, all at once. What another process stored meanwhile stays, unless it is none that lasts."""
        rows = [_row(reading, as_read or reading.as_read) for reading, as_read in readings]
        missing = [index for index, (reading, _) in enumerate(readings) if not reading.is_stored]
        if missing:
            with self._database.writing() as session:
                read = {index: as_read.document for index in missing if (as_read := readings[index][1]) is not None}
                digests = documents.put(session, [document for document in read.values() if document is not None])
                for index, document in read.items():
                    rows[index]["document_sha256"] = None if document is None else digests[document]
                statement = insert(session, ReadingRow)
                session.connection().execute(
                    statement.on_conflict_do_update(
                        index_elements=[ReadingRow.capture_id, ReadingRow.reader],
                        set_={name: statement.excluded[name] for name in (*rows[missing[0]], "seal")},
                        where=ReadingRow.extractor == "",
                    ),
                    [rows[index] for index in missing],
                )
                _note(session, [(readings[index][0].unread, rows[index]) for index in missing])
        self._to_come.difference_update(reading.unread.capture_id for reading, _ in readings)
        stored = [ReadingRow(**row) for row in rows]
        with self._database.reading() as session:
            verdicts = queries.verdicts_alone(session, stored)
        return [
            Kept(
                reading.unread.capture_id,
                reading.unread.is_new,
                verdict,
                row.version_id if verdict.name == "accepted" else None,
            )
            for (reading, _), row, verdict in zip(readings, stored, verdicts, strict=True)
        ]


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
    return _digest([*_selectors(location), policy.language])


def _selectors(location: Location | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of what is the policy's text, and of what is not."""
    return (location.select, location.remove) if location else ((), ())


def _digest(declared: object) -> str:
    return sha256_hex(json.dumps(declared).encode())[:12]


def _ids(session: Session, identities: Iterable[str]) -> dict[str, int]:
    """The keys of those captures that are stored, by identity."""
    query = select(CaptureRow.identity, CaptureRow.id).where(CaptureRow.identity.in_(identities))
    return dict(iter(session.execute(query)))


def _store(session: Session, found: Mapping[str, tuple[Capture, bytes | None]]) -> dict[str, int]:
    """Store captures with their payloads, by identity, marked as unread. Their keys. StorageError as `payloads.put`."""
    if not found:
        return {}
    payloads.put(session, list(found.values()))
    statement = insert(session, CaptureRow).returning(CaptureRow.identity, CaptureRow.id)
    rows = [columns_of(capture, identity) for identity, (capture, _) in found.items()]
    stored = dict(iter(session.connection().execute(statement, rows)))
    _mark_unread(session, {stored[identity]: capture for identity, (capture, _) in found.items()})
    policies.count(session, captures=[(capture.vendor, capture.policy) for capture, _ in found.values()])
    return stored


def _batches(captures: Iterable[Found]) -> Iterator[list[Found]]:
    """Captures that are kept at once. What the iterable raises is raised after those before."""
    batch: list[Found] = []
    size = 0
    fault = Fault()
    for found in fault.noted(captures):
        batch.append(found)
        size += len(found[1] or b"")
        if len(batch) == _BATCH or size >= _BATCH_SIZE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
    fault.raise_again()


def _lasting(session: Session, capture_id: int, reader: str, declared: str) -> ReadingRow | None:
    """The reading of that reader, or one made alike by another; None when there is none, or none that lasts."""
    row = session.get(ReadingRow, (capture_id, reader))
    if row is None:
        row = session.scalar(
            select(ReadingRow)
            .where(ReadingRow.capture_id == capture_id)
            .where(ReadingRow.extractor == _READER, ReadingRow.declared == declared)
            .limit(1)
        )
    if row is None or not row.extractor:
        return None
    session.expunge(row)
    return row


def _to_read(capture: Capture, payload: bytes, policy: Policy, location: Location | None) -> ToRead:
    return ToRead(capture, payload, *_selectors(location), policy.language)


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
    as_read = read_one(_to_read(capture, payload, policy, location))
    digest = None if as_read.document is None else sha256_hex(as_read.document)
    return Rederived(_values(capture_id, reader, declared, as_read) | {"document_sha256": digest}, as_read.document)


def _row(reading: _Reading, as_read: AsRead | None) -> dict[str, Any]:
    """The reading as ReadingRow has it, without its document where that is still to be stored."""
    if as_read is None:
        columns = {name: getattr(reading.known, name) for name in seals.READINGS}
        return {**columns, "reader": reading.reader}
    return _values(reading.unread.capture_id, reading.reader, reading.declared, as_read)


def _values(capture_id: int, reader: str, declared: str, as_read: AsRead) -> dict[str, Any]:
    return {
        "capture_id": capture_id,
        "reader": reader,
        "extractor": _READER if as_read.lasts else "",
        "declared": declared,
        "language": as_read.language,
        "verdict": as_read.verdict.name,
        "reason": as_read.verdict.reason,
        "evidence": as_read.verdict.evidence,
        "document_sha256": None,
        "version_id": as_read.version_id,
    }


def _note(session: Session, readings: Iterable[tuple[Unread, Mapping[str, Any]]]) -> None:
    """Note what readings that are stored now, as rows, make of their policies and captures."""
    of_policies: dict[tuple[str, str], list[tuple[Unread, Mapping[str, Any]]]] = defaultdict(list)
    for unread, row in readings:
        of_policies[unread.capture.vendor, unread.capture.policy].append((unread, row))
    for (vendor, policy), some in of_policies.items():
        newest = max(unread.capture.captured_at for unread, _ in some)
        in_force = policies.touch(session, vendor, policy, newest, some[-1][1]["reader"])
        read = [unread.capture_id for unread, row in some if row["extractor"] and row["reader"] == in_force]
        if read:
            session.execute(_unmark(vendor, policy, read))
        _mark_unread(session, {unread.capture_id: unread.capture for unread, row in some if not row["extractor"]})


def _fallen(task: ToRead) -> AsRead:
    """The reading of a capture that takes whatever process reads it down."""
    return not_readable(
        f"the process that read this page ended before it was done, twice; {len(task.payload)} bytes of "
        f"{task.capture.media_type or 'no stated type'} are kept, and tried again by `clausewatch reextract`"
    )


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


def _mark_unread(session: Session, captures: Mapping[int, Capture]) -> None:
    rows = [{"vendor": one.vendor, "policy": one.policy, "capture_id": key} for key, one in captures.items()]
    if rows:
        session.connection().execute(insert(session, UnreadRow).on_conflict_do_nothing(), rows)


def _unmark(vendor: str, policy: str, capture_ids: Sequence[int]) -> Delete:
    return delete(UnreadRow).where(
        UnreadRow.vendor == vendor, UnreadRow.policy == policy, UnreadRow.capture_id.in_(capture_ids)
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
