"""The one service every source hands captures to: it keeps the evidence, and keeps what is derived from it current."""

import json
from datetime import UTC

from sqlalchemy import select

from core.captures import Capture, sha256_hex
from core.declarations import Location, Policy
from core.exceptions import StorageError
from diffing.sameness import SAMENESS, version_id
from extraction import EXTRACTOR, read
from storage import documents, payloads
from storage.database import Database, insert
from storage.models import CaptureRow, ReadingRow
from storage.queries import capture_from, verdict_from
from storage.records import Kept

# A reading's version id depends on what counts as the same text, too.
_READER = f"{EXTRACTOR}.{SAMENESS}"


class Keeper:
    """Keeps captures in one database. Several threads and processes may do so at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # By which extractor and declaration each policy's readings were last found current. To look through them all
        # again with every capture would make a crawl slower with every capture.
        self._current: dict[tuple[str, str], tuple[str, Policy]] = {}

    def keep(self, capture: Capture, payload: bytes | None, policy: Policy) -> Kept:
        """See `Store.keep`."""
        if payload is not None and sha256_hex(payload) != capture.sha256:
            raise StorageError(f"these are not the bytes that the capture of {capture.url} names: get it again")
        # The evidence is committed before anything looks into it: whatever a page does to the extractor, be it that
        # the process dies of it, the capture is there and can be read later.
        capture_id, is_new = self._keep_evidence(capture, payload)
        if is_new:
            reading = self._derive(capture_id, capture, payload, policy)
        else:
            reading = self._known_reading(capture_id, payload, policy)
        present = (_READER, policy)
        if self._current.get((capture.vendor, capture.policy)) != present:
            self.reextract(capture.vendor, capture.policy, policy)
            self._current[capture.vendor, capture.policy] = present
        return Kept(capture_id, is_new, verdict_from(reading), reading.version_id)

    def reextract(self, vendor: str, policy: str, declared: Policy) -> int:
        """See `Store.reextract`."""
        query = (
            select(
                CaptureRow.id, CaptureRow.asked_url, CaptureRow.captured_at, ReadingRow.extractor, ReadingRow.selectors
            )
            .outerjoin(ReadingRow, ReadingRow.capture_id == CaptureRow.id)
            .where(CaptureRow.vendor == vendor, CaptureRow.policy == policy)
            .order_by(CaptureRow.captured_at)
        )
        with self._database.reading() as session:
            stale = [
                capture_id
                for capture_id, asked_url, captured_at, extractor, selectors in session.execute(query)
                if (extractor, selectors) != _read_by(declared.location_for(asked_url, captured_at))
            ]
        for capture_id in stale:
            self._known_reading(capture_id, None, declared)
        return len(stale)

    def _keep_evidence(self, capture: Capture, payload: bytes | None) -> tuple[int, bool]:
        identity = _identity(capture)
        known = select(CaptureRow.id).where(CaptureRow.identity == identity)
        with self._database.reading() as session:
            capture_id = session.scalar(known)
        if capture_id is not None:
            return capture_id, False
        with self._database.writing() as session:
            if payload is not None:
                payloads.put(session, capture.sha256, payload)
            elif not payloads.holds(session, capture.sha256):
                raise StorageError(
                    f"the payload of the capture of {capture.url} is not stored: hand it over with its bytes"
                )
            statement = insert(session, CaptureRow).values(_columns(capture, identity)).on_conflict_do_nothing()
            capture_id = session.scalar(statement.returning(CaptureRow.id))
            if capture_id is not None:
                return capture_id, True
            # Another process stored it since we looked.
            return session.scalars(known).one(), False

    def _known_reading(self, capture_id: int, payload: bytes | None, policy: Policy) -> ReadingRow:
        """The reading of a stored capture; made again when it was made by another extractor or selectors, or never."""
        with self._database.reading() as session:
            capture = capture_from(session.get_one(CaptureRow, capture_id))
            row = session.get(ReadingRow, capture_id)
            if row is not None:
                session.expunge(row)
        present = _read_by(policy.location_for(capture.asked_url, capture.captured_at))
        if row is not None and (row.extractor, row.selectors) == present:
            return row
        return self._derive(capture_id, capture, payload, policy)

    def _derive(self, capture_id: int, capture: Capture, payload: bytes | None, policy: Policy) -> ReadingRow:
        """Read a stored capture, and store the reading in place of an earlier one. payload: None when not at hand."""
        if payload is None:
            with self._database.reading() as session:
                payload = payloads.get(session, capture.sha256)
        location = policy.location_for(capture.asked_url, capture.captured_at)
        if location is None:
            reading = read(capture, payload)
        else:
            reading = read(capture, payload, select=location.select, remove=location.remove)
        document, is_accepted = reading.document, reading.verdict.name == "accepted"
        extractor, selectors = _read_by(location)
        with self._database.writing() as session:
            values = {
                "extractor": extractor,
                "selectors": selectors,
                "verdict": reading.verdict.name,
                "reason": reading.verdict.reason,
                "evidence": reading.verdict.evidence,
                "document_sha256": documents.put(session, document) if document is not None else None,
                "version_id": version_id(document) if document is not None and is_accepted else None,
            }
            statement = insert(session, ReadingRow).values(capture_id=capture_id, **values)
            session.execute(statement.on_conflict_do_update(index_elements=[ReadingRow.capture_id], set_=values))
        return ReadingRow(capture_id=capture_id, **values)


def _identity(capture: Capture) -> str:
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


def _columns(capture: Capture, identity: str) -> dict[str, object]:
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


def _read_by(location: Location | None) -> tuple[str, str]:
    """By which extractor, and a digest of by which selectors, a capture of that location is to be read at present."""
    selectors = (location.select, location.remove) if location else ((), ())
    return _READER, sha256_hex(json.dumps(selectors).encode())
