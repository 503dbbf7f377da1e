"""Checks all stored data, and reports damaged data. Each finding says whether the data can be derived again.

Other processes may write to the database during the check. Rows that are committed together are also read together, so
a half-finished change is never reported as damage.
"""

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import func, select

from core.declarations import Policy
from core.policies import PolicyKey
from storage.records import Finding
from storage.store import Store
from storage.tables.models import CaptureRow
from storage.upkeep.verification import table_checks
from storage.upkeep.verification.capture_check import check_captures
from storage.upkeep.verification.payload_check import PayloadCheck
from storage.upkeep.verification.reading_check import ReadingCheck, Rederive
from storage.upkeep.verification.row_scan import UNREADABLE, fault_of

__all__ = ["Rederive", "verify"]


def verify(
    store: Store,
    declared: Mapping[PolicyKey, Policy],
    rederive: Rederive,
    repair: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Finding]:
    """Checks all stored data, and yields each fault as soon as it is detected.

    The checks cover checksums, seals, counts and references. Captures that were read with the current extractor and the
    current declaration are read again, and the two readings are compared.

    declared: the policies' current declarations. The captures of a policy without a declaration are not read again.
    rederive: the function that reads a capture again. repair: whether to derive damaged data again if possible.
    progress: called after each capture with the number of checked captures and the total number of captures.

    StorageError if the database can't be read at all, or if the objects of a payload store can't be listed.
    """
    database = store.database
    with database.read_session() as session:
        newest_id = session.scalar(select(func.max(CaptureRow.id))) or 0
    payloads = PayloadCheck(database)
    readings = ReadingCheck(database, declared, rederive, repair)
    yield from table_checks.check_file(database)
    for tables, findings in (
        ("documents", readings.check_documents()),
        ("captures", check_captures(database, newest_id, payloads, readings, progress)),
        ("documents", readings.check_documents_without_reading()),
        ("reviews", table_checks.check_reviews(database)),
        ("payloads", payloads.check_orphaned_payloads()),
        # This check runs late, because another process may read captures during the preceding checks.
        ("policies", table_checks.check_policies(database, newest_id)),
        ("counts", table_checks.check_counts(database, repair)),
        ("readings", table_checks.check_references(database)),
        (
            "subscribers, listings, unread, failed_fetches, moved_pages or runs",
            table_checks.check_unsealed_tables(database),
        ),
        ("payloads", payloads.check_unused_objects()),
    ):
        try:
            yield from findings
        except UNREADABLE as error:
            yield Finding(f"the table {tables}", f"can't be read: {fault_of(error)}", "backup")
