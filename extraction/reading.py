"""A capture and its payload to a reading: verdict and document."""

from collections.abc import Sequence

from core.captures import Capture, Reading, Verdict
from core.exceptions import ExtractionError
from extraction.documents import joined, parse
from extraction.screening.screen import screen, speaks_as_policy, status_verdict
from formats.multipart import fault_of, is_composed, parts_of


def read(capture: Capture, payload: bytes, *, select: Sequence[str] = (), remove: Sequence[str] = ()) -> Reading:
    """What a capture shows: the verdict with its reason and evidence, and the document where one could be read.

    payload: the bytes of the capture. select, remove: CSS selectors of the declaration's location.
    Never raises for what a page holds: bytes no reader can read give the verdict `unreadable`, and so does a selector
    that is none, since the capture must be kept all the same.

    Of several pages all must show their part of the policy; of a page that was rendered the rendered form is read.
    """
    if not is_composed(capture):
        return _read_page(capture, payload, select, remove)
    try:
        parts = parts_of(capture, payload)
    except ExtractionError as error:
        return Reading(Verdict("quarantined", "unreadable", str(error)), None)
    if capture.media_type.startswith("multipart/mixed"):
        return _in_one([(part, read(part, body, select=select, remove=remove)) for part, body in parts])
    return _rendered(_read_page(*parts[-1], select, remove), fault_of(capture))


def _rendered(reading: Reading, fault: str) -> Reading:
    """The reading of what a browser made of a page. fault: what kept it from coming to an end with it."""
    verdict = reading.verdict
    if fault:
        return Reading(Verdict("quarantined", "truncated", fault), reading.document)
    if verdict.needs_browser:
        return Reading(Verdict("quarantined", "empty", "rendered, the page still shows nothing to read"), None)
    return reading


def _in_one(pages: Sequence[tuple[Capture, Reading]]) -> Reading:
    """The reading of a policy of several pages.

    A page that says nothing against it need not be named after the policy, nor speak of what a whole one speaks of;
    one of them has to.
    """
    documents = [reading.document for _, reading in pages if reading.document is not None]
    document = joined(documents) if documents else None
    for place, (page, reading) in enumerate(pages, 1):
        verdict = reading.verdict
        named = verdict.reason in ("other_document", "not_a_policy")
        if verdict.name == "accepted" or (named and reading.document and speaks_as_policy(reading.document)):
            continue
        where = f"page {place} of {len(pages)}, {page.asked_url}"
        return Reading(
            Verdict("quarantined", verdict.reason, f"{where}: {verdict.evidence}", verdict.needs_browser), document
        )
    accepted = [reading.verdict for _, reading in pages if reading.verdict.name == "accepted"]
    return Reading((accepted or [pages[0][1].verdict])[0], document)


def _read_page(capture: Capture, payload: bytes, select: Sequence[str], remove: Sequence[str]) -> Reading:
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
