"""A capture and its payload to a reading: verdict and document."""

from collections.abc import Sequence

from core.captures import Capture, Reading, Verdict
from core.exceptions import ExtractionError
from extraction.documents import extract


def read(capture: Capture, payload: bytes, *, select: Sequence[str] = (), remove: Sequence[str] = ()) -> Reading:
    try:
        document = extract(payload, capture.media_type, url=capture.url, select=select, remove=remove)
    except ExtractionError as error:
        return Reading(Verdict("quarantined", "unreadable", str(error)), None)
    return Reading(Verdict("accepted"), document)
