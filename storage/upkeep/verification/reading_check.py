"""Checks readings and their documents. Can replace a damaged reading by reading the capture again."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from sqlalchemy import delete, exists, select

from core.captures import STOPPED_READINGS, Capture
from core.declarations import Policy
from core.policies import PolicyKey
from storage import documents, policies
from storage.database import Database
from storage.records import Finding, Rederived
from storage.tables import seals
from storage.tables.models import DocumentRow, ReadingRow
from storage.upkeep.verification.row_scan import ALTERED, UNREADABLE, fault_of, is_as_written, scan_keys, scan_rows


class Rederive(Protocol):
    """Reads a capture again."""

    def __call__(
        self,
        capture_id: int,
        capture: Capture,
        payload: bytes,
        policy: Policy,
        reader: str,
        made_by: tuple[str, str] | None,
    ) -> Rederived | None:
        """Returns the new reading; None if the stored reading can't be reproduced with the present code.

        policy: the policy's current declaration. reader: the name of the policy reader that made the stored reading.
        made_by: the columns `extractor` and `declared` of the stored reading; None if they can't be read.
        """


class ReadingCheck:
    """Checks readings and documents.

    declared: the policies' current declarations. The captures of a policy without a declaration are not read again.
    rederive: the function that reads a capture again. repair: whether to replace a damaged reading with the new
    reading.
    """

    def __init__(
        self, database: Database, declared: Mapping[PolicyKey, Policy], rederive: Rederive, repair: bool
    ) -> None:
        self._database = database
        self._declared = declared
        self._rederive = rederive
        self._repair = repair
        # The fault of each missing or damaged document, by the document's SHA-256.
        self._document_faults: dict[str, str] = {}
        # The SHA-256s of the documents whose faults were reported with a reading.
        self._reported_documents: set[str] = set()

    def check_documents(self) -> Iterator[Finding]:
        """Records which documents are missing or damaged. Yields nothing: `check` reports the faults with readings."""
        for sha256 in scan_keys(self._database, DocumentRow.sha256):
            try:
                with self._database.read_session() as session:
                    documents.get(session, sha256)
            except UNREADABLE as error:
                self._document_faults[sha256] = fault_of(error)
        missing = select(ReadingRow.document_sha256).where(
            ReadingRow.document_sha256.is_not(None), ~exists().where(DocumentRow.sha256 == ReadingRow.document_sha256)
        )
        for (sha256,) in scan_rows(self._database, missing.distinct()):
            self._document_faults[sha256] = f"the document {sha256} is missing from the database"
        yield from ()

    def check_documents_without_reading(self) -> Iterator[Finding]:
        """Yields the damaged documents that `check` has not reported with a reading."""
        for sha256, fault in self._document_faults.items():
            if sha256 not in self._reported_documents:
                yield Finding(f"document {sha256}", fault, "backup")

    def check(self, capture_id: int, capture: Capture, payload: bytes | None, place: str) -> Iterator[Finding]:
        """Yields the faults of a capture's readings and documents. Replaces damaged readings if `repair` is set.

        payload: the capture's payload; None if the payload or the capture's row is damaged. The capture can't be read
        again without a payload. place: the text by which findings name the capture.
        """
        query = select(ReadingRow.reader).where(ReadingRow.capture_id == capture_id)
        try:
            readers = [reader for (reader,) in scan_rows(self._database, query)]
        except UNREADABLE as error:
            yield Finding(place, f"its readings can't be read: {fault_of(error)}", "backup")
            return
        policy = self._declared.get(capture.key)
        for reader in readers:
            row, fault = self._stored_reading(capture_id, reader)
            rederived: Rederived | None = None
            # A reading that was stopped depends on the machine, so another reading would prove nothing.
            was_stopped = row is not None and not row.extractor and row.rule in STOPPED_READINGS and not fault
            if payload is not None and policy is not None and not was_stopped:
                made_by = (row.extractor, row.declared) if row is not None else None
                rederived = self._rederive(capture_id, capture, payload, policy, reader, made_by)
            if rederived is not None and rederived.values["rule"] in STOPPED_READINGS:
                evidence = rederived.values["evidence"]
                yield Finding(place, f"could not be read again, so its reading was not compared: {evidence}", "none")
                rederived = None
            if row is not None and not fault and rederived is not None and row.extractor:
                different = sorted(name for name, value in rederived.values.items() if getattr(row, name) != value)
                if different:
                    fault = f"its reading differs from a new reading in: {', '.join(different)}"
            if row is not None and row.document_sha256 in self._document_faults:
                self._reported_documents.add(row.document_sha256)
                fault = fault or self._document_faults[row.document_sha256]
            if fault:
                yield self._damaged_reading(place, fault, capture, (capture_id, reader), rederived)
            elif row is not None and not row.extractor and payload is not None and not was_stopped:
                yield Finding(place, "its payload was damaged when the reading was made", "reextract")

    def _stored_reading(self, capture_id: int, reader: str) -> tuple[ReadingRow | None, str]:
        """Returns a reading and the fault of its row. The reading is None if the row can't be read.

        The fault is '' if the row has no fault.
        """
        try:
            with self._database.read_session() as session:
                row = session.get_one(ReadingRow, (capture_id, reader))
                is_whole = is_as_written(row, seals.READINGS)
                session.expunge(row)
        except UNREADABLE as error:
            return None, f"its reading can't be read: {fault_of(error)}"
        return row, "" if is_whole else f"its reading {ALTERED}"

    def _damaged_reading(
        self, place: str, fault: str, capture: Capture, row_key: tuple[int, str], rederived: Rederived | None
    ) -> Finding:
        """Returns the finding on a damaged reading. If `repair` is set, replaces the reading if possible.

        rederived: the new reading; None if the capture can't be read again.
        """
        if rederived is None:
            return Finding(place, f"{fault}; the reading was made with another extractor or declaration", "backup")
        if not self._repair:
            return Finding(place, fault, "repair")
        capture_id, reader = row_key
        with self._database.write_session() as session:
            policies.touch(session, capture.key, capture.captured_at)
            if rederived.document is not None:
                documents.replace(session, rederived.document)
            is_this_reading = (ReadingRow.capture_id == capture_id, ReadingRow.reader == reader)
            session.execute(delete(ReadingRow).where(*is_this_reading))
            session.add(ReadingRow(**rederived.values))
        return Finding(place, fault, "mended")
