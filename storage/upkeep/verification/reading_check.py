"""Checks readings and their documents, and derives them again if that is wanted."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from sqlalchemy import delete, exists, select

from core.captures import Capture
from core.declarations import Policy
from core.policies import PolicyKey
from storage import documents, policies
from storage.database import Database
from storage.records import Finding
from storage.tables import seals
from storage.tables.models import DocumentRow, ReadingRow
from storage.upkeep.verification.row_scan import ALTERED, UNREADABLE, is_as_written, scan_keys, scan_rows


class Rederived(Protocol):
    """A reading made again."""

    @property
    def values(self) -> Mapping[str, object]:
        """The values of its row, by the names of the columns."""

    @property
    def document(self) -> bytes | None:
        """The document that was read, encoded; None if none was."""


class Rederive(Protocol):
    """Makes the reading of a capture again."""

    def __call__(
        self,
        capture_id: int,
        capture: Capture,
        payload: bytes,
        policy: Policy,
        reader: str,
        made_by: tuple[str, str] | None,
    ) -> Rederived | None:
        """Returns the reading; None if the present code can't make it.

        policy: as it is declared now. reader: the one that made the stored reading. made_by: `extractor` and `declared`
        of the stored reading; None if they can't be read.
        """


class ReadingCheck:
    """Checks readings and documents.

    declared: the policies as they are declared; the readings of other policies are not made again. rederive: makes a
    reading again. repair: whether to store a reading that was made again in place of a damaged one.
    """

    def __init__(
        self, database: Database, declared: Mapping[PolicyKey, Policy], rederive: Rederive, repair: bool
    ) -> None:
        self._database = database
        self._declared = declared
        self._rederive = rederive
        self._repair = repair
        # What is wrong with each document that is gone or damaged, by its SHA-256.
        self._document_faults: dict[str, str] = {}
        # The SHA-256s of those documents whose faults were reported with a reading.
        self._reported_documents: set[str] = set()

    def check_documents(self) -> Iterator[Finding]:
        """Finds the documents that are gone or damaged. Yields nothing: `check` reports them with their readings."""
        for sha256 in scan_keys(self._database, DocumentRow.sha256):
            try:
                with self._database.read_session() as session:
                    documents.get(session, sha256)
            except UNREADABLE as error:
                self._document_faults[sha256] = str(error)
        missing = select(ReadingRow.document_sha256).where(
            ReadingRow.document_sha256.is_not(None), ~exists().where(DocumentRow.sha256 == ReadingRow.document_sha256)
        )
        for (sha256,) in scan_rows(self._database, missing.distinct()):
            self._document_faults[sha256] = f"the document {sha256} is gone from the database"
        yield from ()

    def check_documents_without_reading(self) -> Iterator[Finding]:
        """Yields the damaged documents that no reading was reported with."""
        for sha256, fault in self._document_faults.items():
            if sha256 not in self._reported_documents:
                yield Finding(f"document {sha256}", fault, "backup")

    def check(self, capture_id: int, capture: Capture, payload: bytes | None, place: str) -> Iterator[Finding]:
        """Yields what is wrong with the readings of a capture and with their documents, and repairs it if wanted.

        payload: the capture's; None if it is damaged, so that no reading can be made again. place: names the capture.
        """
        query = select(ReadingRow.reader).where(ReadingRow.capture_id == capture_id)
        try:
            readers = [reader for (reader,) in scan_rows(self._database, query)]
        except UNREADABLE as error:
            yield Finding(place, f"its rows in readings cannot be read: {error}", "backup")
            return
        policy = self._declared.get(capture.key)
        for reader in readers:
            row, fault = self._stored_reading(capture_id, reader)
            rederived: Rederived | None = None
            if payload is not None and policy is not None:
                made_by = (row.extractor, row.declared) if row is not None else None
                rederived = self._rederive(capture_id, capture, payload, policy, reader, made_by)
            if row is not None and not fault and rederived is not None and row.extractor:
                different = sorted(name for name, value in rederived.values.items() if getattr(row, name) != value)
                if different:
                    fault = f"its row in readings differs from what is read now: {', '.join(different)}"
            if row is not None and row.document_sha256 in self._document_faults:
                self._reported_documents.add(row.document_sha256)
                fault = fault or self._document_faults[row.document_sha256]
            if fault:
                yield self._damaged_reading(place, fault, capture, (capture_id, reader), rederived)
            elif row is not None and not row.extractor and payload is not None:
                yield Finding(place, "its payload was damaged when it was read", "reextract")

    def _stored_reading(self, capture_id: int, reader: str) -> tuple[ReadingRow | None, str]:
        """Returns a reading and what is wrong with its row. None if the row can't be read; '' if nothing is wrong."""
        try:
            with self._database.read_session() as session:
                row = session.get_one(ReadingRow, (capture_id, reader))
                is_whole = is_as_written(row, seals.READINGS)
                session.expunge(row)
        except UNREADABLE as error:
            return None, f"its row in readings cannot be read: {error}"
        return row, "" if is_whole else f"its row in readings {ALTERED}"

    def _damaged_reading(
        self, place: str, fault: str, capture: Capture, row_key: tuple[int, str], rederived: Rederived | None
    ) -> Finding:
        """Returns the finding on a damaged reading, after replacing the reading if that is possible and wanted."""
        if rederived is None:
            return Finding(place, f"{fault}; another extractor or declaration made it", "backup")
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
