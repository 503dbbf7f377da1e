"""What clausewatch's own WARC files say of a capture beyond the fields that WARC has.

A `metadata` record (ISO 28500:2017, section 6.6) stands before the record of each capture and names it in
WARC-Refers-To. It holds the whole capture as JSON. Without it, the time of the request, the headers as received, the
source and the archive's identifiers would be lost, and ingesting the file would make another capture.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from string import punctuation
from urllib.parse import quote

from pydantic import TypeAdapter

from core.captures import Capture
from formats.capture_json import PlainCapture, from_plain, to_plain

#: The Content-Type of such a record's block.
METADATA_TYPE = "application/vnd.clausewatch.capture+json"

_ADAPTER = TypeAdapter(PlainCapture)


def metadata_of(capture: Capture) -> bytes:
    """Returns a capture as JSON; times are ISO 8601, in UTC to the microsecond. Equal captures give equal bytes."""
    return json.dumps(asdict(to_plain(capture)), default=_utc, sort_keys=True, separators=(",", ":")).encode()


def capture_in(metadata: bytes) -> Capture | None:
    """Returns the capture that `metadata_of` was given; None if the bytes are not its output."""
    try:
        return from_plain(_ADAPTER.validate_python(json.loads(metadata)))
    except (ValueError, RecursionError):  # pydantic's ValidationError is a ValueError
        return None


def target_uri(url: str) -> str:
    """Returns an address as WARC-Target-URI holds it: a URI (RFC 3986), with spaces, controls and non-ASCII escaped."""
    return quote(url, safe=punctuation, errors="surrogatepass")


def warc_date(moment: datetime) -> str:
    """Returns a time as WARC-Date holds it: in UTC, with a fraction of a second only if there is one (section 5.4)."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
