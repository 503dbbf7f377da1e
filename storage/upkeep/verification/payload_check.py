"""Checks payloads, in the database and in the payload stores."""

from collections.abc import Iterator

from sqlalchemy import exists, select

from core.plurals import plural
from storage.database import Database
from storage.payloads import packing
from storage.payloads.object_stores import UnavailableError
from storage.records import Finding
from storage.tables.models import CaptureRow, PayloadRow
from storage.upkeep.verification.row_scan import ALTERED, UNREADABLE, scan_rows


class PayloadCheck:
    """Checks payloads, and remembers which payload stores can't be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unavailable_stores: set[str] = set()

    def check(self, sha256: str, place: str) -> tuple[bytes | None, Finding | None]:
        """Returns a payload, or what is wrong with it; neither if it is in a store that was reported already.

        place: names what the payload belongs to, for the finding.
        """
        try:
            with self._database.read_session() as session:
                row = session.get(PayloadRow, sha256)
                if row is None:
                    return None, Finding(place, f"its payload {sha256} is gone from the database", "backup")
                if row.store and row.data:
                    return None, Finding(place, f"its row in payloads {ALTERED}", "backup")
                if self._unavailable_stores and self._unavailable_stores & packing.needed_stores(session, sha256):
                    return None, None
                return packing.unpack(session, row), None
        except UNREADABLE as error:
            return None, Finding(place, f"its payload: {error}", "backup")
        except UnavailableError as error:
            # Each further try would wait for the timeout, and the store may hold a million payloads.
            self._unavailable_stores.add(error.url)
            return None, Finding(error.url, str(error), "backup")

    def check_without_capture(self) -> Iterator[Finding]:
        """Yields the payloads that no capture has, and what is wrong with them.

        A payload is stored together with a capture, so the capture's row was lost.
        """
        query = select(PayloadRow.sha256).where(~exists().where(CaptureRow.sha256 == PayloadRow.sha256))
        for (sha256,) in scan_rows(self._database, query):
            place = f"payload {sha256}"
            yield Finding(place, "belongs to no capture: the row of one is gone", "backup")
            _, damage = self.check(sha256, place)
            if damage is not None:
                yield damage

    def check_unused_objects(self) -> Iterator[Finding]:
        """Yields, for each payload store, how many of its objects hold no payload.

        A process that is killed after it has written an object and before it has written the row leaves such an object.
        """
        with self._database.read_session() as session:
            urls = {url for (url,) in session.execute(select(PayloadRow.store).distinct()) if url}
            for url in urls - self._unavailable_stores:
                keys = packing.object_stores_of(session).keys(url)
                unused = sum(1 for key in keys if not packing.is_payload_object(session, url, key))
                if unused:
                    fault = f"{plural(unused, 'object')} that no payload names, left by an interrupted crawl: harmless"
                    yield Finding(url, fault, "none")
