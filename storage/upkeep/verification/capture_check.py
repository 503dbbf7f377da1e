"""Checks each capture with its payload and its readings."""

from collections.abc import Callable, Iterator

from sqlalchemy import func, select

from storage.capture_rows import capture_from, capture_identity
from storage.database import Database
from storage.records import Finding
from storage.tables import seals
from storage.tables.models import CaptureRow
from storage.upkeep.verification.payload_check import PayloadCheck
from storage.upkeep.verification.reading_check import ReadingCheck
from storage.upkeep.verification.row_scan import ALTERED, UNREADABLE, capture_place, fault_of, is_as_written, scan_keys


def check_captures(
    database: Database,
    newest_id: int,
    payloads: PayloadCheck,
    readings: ReadingCheck,
    progress: Callable[[int, int], None],
) -> Iterator[Finding]:
    """Yields the faults of captures, of their payloads and of their readings.

    newest_id: captures with higher ids are not checked. progress: called after each capture with the number of checked
    captures and the total number of captures to check.
    """
    with database.read_session() as session:
        total = session.scalar(select(func.count()).select_from(CaptureRow).where(CaptureRow.id <= newest_id)) or 0
    for done, capture_id in enumerate(scan_keys(database, CaptureRow.id, CaptureRow.id <= newest_id), 1):
        yield from _check_capture(database, capture_id, payloads, readings)
        progress(done, total)


def _check_capture(
    database: Database, capture_id: int, payloads: PayloadCheck, readings: ReadingCheck
) -> Iterator[Finding]:
    try:
        with database.read_session() as session:
            row = session.get_one(CaptureRow, capture_id)
            capture = capture_from(row)
            is_whole = is_as_written(row, seals.CAPTURES) and row.identity == capture_identity(capture)
    except UNREADABLE as error:
        yield Finding(f"capture {capture_id}", f"its stored record can't be read: {fault_of(error)}", "backup")
        return
    place = capture_place(capture_id, capture)
    if not is_whole:
        yield Finding(place, f"its stored record {ALTERED}", "backup")
    payload, damage = payloads.check(capture.sha256, place)
    if damage is not None:
        yield damage
    # If the capture's row was altered, the capture is not read again. A reading of an altered capture would prove
    # nothing about the stored reading.
    yield from readings.check(capture_id, capture, payload if is_whole else None, place)
