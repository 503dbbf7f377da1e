"""Captures as the index of a web archive names them, before they are got."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_TIMESTAMP = "%Y%m%d%H%M%S"
_DIGEST = re.compile(r"[0-9A-Za-z:]{1,128}")


@dataclass(frozen=True, slots=True)
class ListedCapture:
    """A capture as the archive's index names it.

    timestamp: 14 digits. statuscode: three digits, or `-` for a revisit. mimetype: `warc/revisit` for a revisit.
    """

    urlkey: str
    timestamp: str
    original: str
    mimetype: str
    statuscode: str
    digest: str

    @property
    def captured_at(self) -> datetime:
        """The timestamp as a time (aware UTC)."""
        return moment_of(self.timestamp)

    @property
    def checksum(self) -> str | None:
        """The digest, when another row's being the same tells that the page was the same: not so for an error page."""
        tells = self.statuscode == "200" or self.mimetype == "warc/revisit"
        return self.digest if tells and _DIGEST.fullmatch(self.digest) else None


def moment_of(timestamp: str) -> datetime:
    """A timestamp of 4 to 14 digits as its first instant. ValueError when there is no such time."""
    return datetime.strptime(timestamp + "00000101000000"[len(timestamp) :], _TIMESTAMP).replace(tzinfo=UTC)


def timestamp_of(moment: datetime) -> str:
    """A time as the archive's 14 digits, in UTC."""
    return moment.astimezone(UTC).strftime(_TIMESTAMP)
