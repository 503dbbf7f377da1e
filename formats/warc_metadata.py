"""The metadata of captures in the WARC files that clausewatch writes.

In these files, a `metadata` record (ISO 28500:2017, section 6.6) comes before the record of each capture. The metadata
record contains the whole capture as JSON, and its field WARC-Refers-To names the record of the capture. The
`response` record alone isn't enough: it has no place for the time of the request, the source and the archive's
identifiers, and its HTTP headers are changed, because the written body is decoded. Without the metadata record,
ingesting the file would produce a different capture.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from string import punctuation
from urllib.parse import quote

from pydantic import TypeAdapter

from core.captures import Capture
from formats.capture_json import PlainCapture, from_plain, to_plain

#: The Content-Type of a metadata record's block.
METADATA_TYPE = "application/vnd.clausewatch.capture+json"

_ADAPTER = TypeAdapter(PlainCapture)


def metadata_of(capture: Capture) -> bytes:
    """Returns a capture as JSON. Times are ISO 8601 in UTC, to the microsecond. Equal captures have equal bytes."""
    return json.dumps(asdict(to_plain(capture)), default=_utc, sort_keys=True, separators=(",", ":")).encode()


def capture_in(metadata: bytes) -> Capture | None:
    """Returns the capture that `metadata_of` encoded as these bytes; None if the bytes don't describe a capture."""
    try:
        return from_plain(_ADAPTER.validate_python(json.loads(metadata)))
    except (ValueError, RecursionError):  # pydantic's ValidationError is a ValueError
        return None


def target_uri(url: str) -> str:
    """Returns an address in the form of WARC-Target-URI, which must be a URI (RFC 3986).

    Spaces, control characters and non-ASCII characters are percent-encoded.
    """
    return quote(url, safe=punctuation, errors="surrogatepass")


def warc_date(moment: datetime) -> str:
    """Returns a time in the form of WARC-Date (section 5.4), in UTC: `2016-10-18T22:57:56Z`.

    Microseconds follow the seconds if they are not zero.
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
