"""What clausewatch's own WARC files say of each capture beyond what WARC has a field for.

A `metadata` record (ISO 28500:2017, section 6.6) before the record of a capture, which it names in WARC-Refers-To,
holds the whole capture as JSON: without it the time we asked, the headers as received, the source and the archive's
identifiers would be lost, and a capture that comes back would count as another one.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from string import punctuation
from urllib.parse import quote

from pydantic import TypeAdapter

from core.captures import Capture

#: The Content-Type of such a record's block.
METADATA_TYPE = "application/vnd.clausewatch.capture+json"

_CAPTURE = TypeAdapter(Capture)


def metadata_of(capture: Capture) -> bytes:
    """The capture as JSON; times in ISO 8601, in UTC to the microsecond. Equal captures give equal bytes."""
    return json.dumps(asdict(capture), default=_utc, sort_keys=True, separators=(",", ":")).encode()


def capture_in(metadata: bytes) -> Capture | None:
    """The capture that `metadata_of` wrote; None when it is none."""
    try:
        return _CAPTURE.validate_python(json.loads(metadata))
    except (ValueError, RecursionError):  # pydantic's own error is a ValueError
        return None


def target_uri(url: str) -> str:
    """An address as WARC-Target-URI holds it: a URI (RFC 3986), so spaces, controls and non-ASCII are escaped."""
    return quote(url, safe=punctuation, errors="surrogatepass")


def warc_date(moment: datetime) -> str:
    """A time as WARC-Date holds it: in UTC, with a fraction of a second where there is one (section 5.4)."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
