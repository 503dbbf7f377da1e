"""A capture and its payload to a reading: the verdict, and the document."""

from collections.abc import Sequence

from core.captures import Capture, Reading, Verdict
from core.exceptions import ExtractionError
from extraction.documents import join_documents, parse
from extraction.screening.facts import uses_policy_vocabulary
from extraction.screening.rules import screen
from extraction.screening.transfer_rules import status_verdict
from formats.multipart import fault_of, is_composed, parts_of


def read(capture: Capture, payload: bytes, *, select: Sequence[str] = (), remove: Sequence[str] = ()) -> Reading:
    """Returns the verdict on a capture, with reason and evidence, and the document its payload holds.

    payload: the bytes of the capture. select, remove: CSS selectors that the declaration gives for the location.

    Never raises for anything a page holds, since the capture must be kept all the same. The verdict is `unreadable` for
    bytes that no reader can read, and for a selector that isn't valid CSS; then there is no document.

    Several pages make one reading: each must show its part of the policy. Of a page that a browser rendered, the
    rendered form is read.
    """
    if not is_composed(capture):
        return _read_page(capture, payload, select, remove)
    try:
        parts = parts_of(capture, payload)
    except ExtractionError as error:
        return Reading(Verdict("quarantined", "unreadable", str(error)), None)
    if capture.media_type.startswith("multipart/mixed"):
        return _join([(part, read(part, body, select=select, remove=remove)) for part, body in parts])
    return _rendered(_read_page(*parts[-1], select, remove), fault_of(capture))


def _rendered(reading: Reading, fault: str) -> Reading:
    """Adapts the reading of a page that a browser rendered.

    fault: what kept the browser from finishing the page; '' if nothing did.
    """
    verdict = reading.verdict
    if fault:
        return Reading(Verdict("quarantined", "truncated", fault), reading.document)
    if verdict.needs_browser:
        return Reading(Verdict("quarantined", "empty", "rendered, the page still shows nothing to read"), None)
    return reading


def _join(pages: Sequence[tuple[Capture, Reading]]) -> Reading:
    """Joins the readings of a policy's pages into one.

    At least one page must be accepted. Any other page counts as a part of the policy too if its only fault is that it
    isn't named as the policy, and it uses the policy vocabulary as densely as a policy does.
    """
    documents = [reading.document for _, reading in pages if reading.document is not None]
    document = join_documents(documents) if documents else None
    for number, (page, reading) in enumerate(pages, 1):
        verdict = reading.verdict
        may_be_part = verdict.reason in ("other_document", "not_a_policy")
        if verdict.name == "accepted" or (
            may_be_part and reading.document and uses_policy_vocabulary(reading.document)
        ):
            continue
        where = f"page {number} of {len(pages)}, {page.asked_url}"
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
    """Returns the verdict on a page where the declaration's selectors match no text: the whole page is screened."""
    verdict = screen(capture, payload, *parse(payload, capture.media_type, url=capture.url))
    if verdict.name == "quarantined":
        return verdict
    return Verdict("quarantined", "empty", "the declaration's selectors choose no text on this page")
