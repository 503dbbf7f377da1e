"""A capture and its payload to a reading: verdict and document."""

from collections.abc import Sequence

from core.captures import Capture, Reading, Verdict
from core.exceptions import ExtractionError
from extraction.documents import parse
from extraction.screening import screen, status_verdict


def read(capture: Capture, payload: bytes, *, select: Sequence[str] = (), remove: Sequence[str] = ()) -> Reading:
    """What a capture shows: the verdict with its reason and evidence, and the document where one could be read.

    payload: the bytes of the capture. select, remove: CSS selectors of the declaration's location.
    Never raises for what a page holds: bytes no reader can read give the verdict `unreadable`, and so does a selector
    that is none, since the capture must be kept all the same.
    """
    verdict = status_verdict(capture, payload)
    try:
        document, page = parse(payload, capture.media_type, url=capture.url, select=select, remove=remove)
        if verdict is None and select and not document.clauses:
            verdict = _without_selection(capture, payload)
    except ExtractionError as error:
        return Reading(verdict or Verdict("quarantined", "unreadable", str(error)), None)
    return Reading(verdict or screen(capture, payload, document, page), document)


def _without_selection(capture: Capture, payload: bytes) -> Verdict:
    """The verdict on a page of which the declaration's selectors choose nothing: what the whole page shows."""
    verdict = screen(capture, payload, *parse(payload, capture.media_type, url=capture.url))
    if verdict.name == "quarantined":
        return verdict
    return Verdict("quarantined", "empty", "the declaration's selectors choose no text on this page")
