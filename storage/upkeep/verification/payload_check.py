"""Checks payloads, in the database and in the payload stores."""

from collections.abc import Iterator

from sqlalchemy import exists, select

from core.plurals import plural
from storage.database import Database
from storage.payloads import packing
from storage.payloads.object_stores import UnavailableError
from storage.records import Finding
from storage.tables.models import CaptureRow, PayloadRow
from storage.upkeep.verification.row_scan import ALTERED, UNREADABLE, fault_of, scan_rows


class PayloadCheck:
    """Checks payloads, and remembers which payload stores can't be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unavailable_stores: set[str] = set()

    def check(self, sha256: str, place: str) -> tuple[bytes | None, Finding | None]:
        """Returns (payload, None), or (None, finding) if the payload has a fault.

        Returns (None, None) if the payload is in a payload store that an earlier finding reported as unreachable.

        sha256: the payload's SHA-256. place: the text by which the finding names the payload's capture.
        """
        try:
            with self._database.read_session() as session:
                row = session.get(PayloadRow, sha256)
                if row is None:
                    return None, Finding(place, f"its payload {sha256} is missing from the database", "backup")
                if row.store and row.data:
                    return None, Finding(place, f"the stored record of its payload {ALTERED}", "backup")
                if self._unavailable_stores and self._unavailable_stores & packing.needed_stores(session, sha256):
                    return None, None
                return packing.unpack(session, row), None
        except UNREADABLE as error:
            return None, Finding(place, f"its payload can't be read: {fault_of(error)}", "backup")
        except UnavailableError as error:
            # The store is not tried again: it may contain a million payloads, and each request would wait for the
            # timeout.
            self._unavailable_stores.add(error.url)
            return None, Finding(error.url, str(error), "retry")

    def check_orphaned_payloads(self) -> Iterator[Finding]:
        """Yields the payloads that no capture refers to, and the faults of these payloads.

        A payload is only ever stored together with a capture. So if no capture refers to a payload, a capture was lost.
        """
        query = select(PayloadRow.sha256).where(~exists().where(CaptureRow.sha256 == PayloadRow.sha256))
        for (sha256,) in scan_rows(self._database, query):
            place = f"payload {sha256}"
            yield Finding(place, "belongs to no capture, so the record of a capture was lost", "backup")
            _, damage = self.check(sha256, place)
            if damage is not None:
                yield damage

    def check_unused_objects(self) -> Iterator[Finding]:
        """Yields a finding for each payload store with unused objects, to which no row in the database refers.

        If a process is killed after it has written an object and before it commits the row, the object stays unused.
        """
        with self._database.read_session() as session:
            urls = {url for (url,) in session.execute(select(PayloadRow.store).distinct()) if url}
            for url in urls - self._unavailable_stores:
                keys = packing.object_stores_of(session).keys(url)
                unused = sum(1 for key in keys if not packing.is_payload_object(session, url, key))
                if unused:
                    belong = "that belongs" if unused == 1 else "that belong"
                    fault = (
                        f"{plural(unused, 'file')} {belong} to no capture, left by an interrupted crawl or by "
                        "`clausewatch vendors forget`; this is no damage, and you need do nothing"
                    )
                    yield Finding(url, fault, "none")
