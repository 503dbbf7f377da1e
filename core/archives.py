"""The descriptions that web archives give of captures: rows of an archive's index, and identifiers of captures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

#: The names of the web archives that can be crawled. `crawler.archives` has a module for each of these archives.
WebArchive = Literal["wayback"]
#: The possible origins of an archived capture: a web archive, or a WARC file that a user ingests.
ArchiveName = Literal[WebArchive, "warc"]

_TIMESTAMP = "%Y%m%d%H%M%S"
_DIGEST = re.compile(r"[0-9A-Za-z:]{1,128}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """The archive from which a capture comes, and the archive's identifiers for the capture.

    archive: the name of the archive.
    identifiers: the identifiers by name. A capture that was found through a row of an archive's index has the
        `timestamp`, `digest` and `urlkey` of the row. A capture of `wayback` also has `memento`, the address in
        the archive from which the bytes were fetched. A capture of `warc` has `record_id`, the record's
        WARC-Record-ID. A capture that lacks a part of the page also has `truncated`, which says what shows that, for
        example `WARC-Truncated: length`.
    """

    archive: ArchiveName
    identifiers: Mapping[str, str]

    @property
    def truncated(self) -> str:
        """What shows that the capture lacks a part of the page; '' if nothing does."""
        return self.identifiers.get("truncated", "")

    @property
    def index_key(self) -> tuple[str, str] | None:
        """The urlkey and timestamp of the index row through which the capture was found.

        None if the capture was found without an index, for example in a WARC file.
        """
        urlkey, timestamp = self.identifiers.get("urlkey"), self.identifiers.get("timestamp")
        return None if urlkey is None or timestamp is None else (urlkey, timestamp)


@dataclass(frozen=True, slots=True)
class ArchiveSite:
    """A web archive that can be crawled.

    name: the archive's name.
    address: the scheme, host and port under which the archive is reached, without a slash at the end.
    """

    name: WebArchive
    address: str


@dataclass(frozen=True, slots=True)
class ListedCapture:
    """A capture that a row of an archive's index describes. The fields have the names that CDX servers use.

    urlkey: the archive's key of the address (see core.addresses.urlkey).
    timestamp: the time of the capture in UTC, as 14 digits.
    original: the address that was captured.
    mimetype: the media type of the page; `warc/revisit` for a revisit.
    statuscode: the HTTP status as three digits; `-` for a revisit.
    digest: the archive's checksum of the captured bytes.
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
        """The urlkey and the timestamp, which together identify the capture within the archive."""
        return self.urlkey, self.timestamp

    @property
    def is_revisit(self) -> bool:
        """Whether the archive stored only a reference to an earlier capture with the same bytes."""
        return self.mimetype == "warc/revisit"

    @property
    def checksum(self) -> str | None:
        """The `digest`, if two captures with this digest can be assumed to show the same page.

        None if the capture is an error page, or if the digest is missing or malformed.
        """
        is_page = self.statuscode == "200" or self.is_revisit
        return self.digest if is_page and _DIGEST.fullmatch(self.digest) else None


def parse_timestamp(timestamp: str) -> datetime:
    """Returns the first instant, in UTC, of the time span that a timestamp names.

    timestamp: 4 to 14 digits, from a year (`2016`) to a second (`20161018225756`).

    ValueError if the timestamp names a time that doesn't exist.
    """
    return datetime.strptime(timestamp + "00000101000000"[len(timestamp) :], _TIMESTAMP).replace(tzinfo=UTC)


def format_timestamp(moment: datetime) -> str:
    """Returns a time as the 14 digits of an archive's timestamp, in UTC: `20161018225756`."""
    return moment.astimezone(UTC).strftime(_TIMESTAMP)
