"""What a web archive says of its captures: the rows of its index, and its own identifiers of a capture."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

#: The web archives that can be crawled, by the names clausewatch gives them. Each has a module in `crawler.archives`.
WebArchive = Literal["wayback"]
#: Where an archived capture can come from: a web archive, or a WARC file that somebody brought.
ArchiveName = Literal[WebArchive, "warc"]

_TIMESTAMP = "%Y%m%d%H%M%S"
_DIGEST = re.compile(r"[0-9A-Za-z:]{1,128}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which archive a capture comes from, and the identifiers by which that archive knows it.

    identifiers: for `wayback`, the `timestamp`, `digest` and `urlkey` of the row of its index, and `memento`, the
        address in the archive that the bytes came from; for `warc`, `record_id`, the record's WARC-Record-ID.
        Captures of any archive whose index was listed have `timestamp`, `digest` and `urlkey`.
    """

    archive: ArchiveName
    identifiers: Mapping[str, str]

    @property
    def index_key(self) -> tuple[str, str] | None:
        """The `index_key` of the row of the index that led to the capture; None if no index did."""
        urlkey, timestamp = self.identifiers.get("urlkey"), self.identifiers.get("timestamp")
        return None if urlkey is None or timestamp is None else (urlkey, timestamp)


@dataclass(frozen=True, slots=True)
class ArchiveSite:
    """A web archive and where to reach it. address: scheme, host and port, without a slash at the end."""

    name: WebArchive
    address: str


@dataclass(frozen=True, slots=True)
class ListedCapture:
    """A capture as a row of an archive's index describes it, with the field names of CDX.

    timestamp: 14 digits. statuscode: three digits, or `-` for a revisit. mimetype: `warc/revisit` for a revisit.
    digest: the archive's checksum of what it captured.
    """

    urlkey: str
    timestamp: str
    original: str
    mimetype: str
    statuscode: str
    digest: str

    @property
    def captured_at(self) -> datetime:
        """The timestamp as a time (timezone-aware UTC)."""
        return parse_timestamp(self.timestamp)

    @property
    def index_key(self) -> tuple[str, str]:
        """The urlkey and the timestamp, which name the capture within the archive."""
        return self.urlkey, self.timestamp

    @property
    def is_revisit(self) -> bool:
        """Whether the archive recorded the capture by reference to an earlier one with the same bytes."""
        return self.mimetype == "warc/revisit"

    @property
    def checksum(self) -> str | None:
        """The digest, if another capture with the same digest shows the same page; None if that can't be concluded.

        It can't for error pages, nor for a digest that is missing or malformed.
        """
        is_page = self.statuscode == "200" or self.is_revisit
        return self.digest if is_page and _DIGEST.fullmatch(self.digest) else None


def parse_timestamp(timestamp: str) -> datetime:
    """Returns the first instant of a timestamp of 4 to 14 digits (UTC). ValueError if there is no such time."""
    return datetime.strptime(timestamp + "00000101000000"[len(timestamp) :], _TIMESTAMP).replace(tzinfo=UTC)


def format_timestamp(moment: datetime) -> str:
    """Returns a time as 14 digits, in UTC, as archives write it."""
    return moment.astimezone(UTC).strftime(_TIMESTAMP)
