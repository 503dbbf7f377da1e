"""Makes the reading of a capture: the verdict and the document."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from core.captures import Capture, Reading, Verdict
from core.clauses import Document
from core.exceptions import ExtractionError, StoppedReadingError
from extraction.documents import join_documents, parse
from extraction.screening.facts import is_running_text
from extraction.screening.rules import screen
from extraction.screening.transfer_rules import implausible_capture, incomplete_transfer, status_verdict
from formats.multipart import fault_of, is_composed, parts_of


@dataclass(frozen=True, slots=True)
class _Options:
    """What the declaration says about reading a location: see the arguments of `extract`."""

    select: Sequence[str]
    remove: Sequence[str]
    ignore: Sequence[str]


def read(
    capture: Capture,
    payload: bytes,
    *,
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Reading:
    """Returns the reading of a capture: the verdict, with its reason and evidence, and the document.

    payload: the bytes of the capture.
    select, remove, ignore: CSS selectors and patterns that the declaration states for the location (see `extract`).

    The function raises no exception for any payload. If the bytes can't be read, or if a selector or a pattern isn't
    valid, the verdict's reason is `unreadable` and the document is None.

    The parts of a composed capture (`formats.multipart`) are read as follows. Several pages are read as one document,
    and each page must show a part of the policy. Of two forms of one page, only the form that a browser rendered is
    read.
    """
    return _read(capture, payload, _Options(select, remove, ignore))


def _read(capture: Capture, payload: bytes, options: _Options) -> Reading:
    if not is_composed(capture):
        return _read_page(capture, payload, options)
    try:
        parts = parts_of(capture, payload)
    except ExtractionError as error:
        return Reading(Verdict("quarantined", "unreadable", str(error), rule="unreadable_parts"), None)
    if capture.media_type.startswith("multipart/mixed"):
        return _join([(part, _read(part, body, options)) for part, body in parts])
    return _rendered(_read_page(*parts[-1], options), fault_of(capture))


def _rendered(reading: Reading, fault: str) -> Reading:
    """Returns the reading of a page that a browser rendered.

    reading: the reading of the rendered page, made by the rules for a page that a server sent.
    fault: the reason why the browser couldn't finish the page; '' if the browser finished the page.
    """
    verdict = reading.verdict
    if fault:
        return Reading(Verdict("quarantined", "truncated", fault, rule="unfinished_rendering"), reading.document)
    if verdict.needs_browser:
        evidence = "rendered, the page still shows nothing to read"
        return Reading(Verdict("quarantined", "empty", evidence, rule="rendered_without_text"), None)
    return reading


def _join(pages: Sequence[tuple[Capture, Reading]]) -> Reading:
    """Returns the joined reading of a policy's pages.

    The joined reading is accepted if at least one page is accepted and each other page is a part of the policy. A
    quarantined page is a part of the policy if the page's reason is `other_document` or `not_a_policy`, and the page
    has running text: a policy's first page may be a hub, and a part may be called "Cookies".

    pages: the capture and the reading of each page, in order.
    """
    documents = [reading.document for _, reading in pages if reading.document is not None]
    document = join_documents(documents) if documents else None
    for number, (page, reading) in enumerate(pages, 1):
        verdict = reading.verdict
        may_be_part = verdict.reason in ("other_document", "not_a_policy")
        if verdict.name == "accepted" or (may_be_part and reading.document and _has_running_text(reading.document)):
            continue
        where = f"page {number} of {len(pages)}, {page.asked_url}"
        return Reading(replace(verdict, evidence=f"{where}: {verdict.evidence}"), document)
    accepted = [reading.verdict for _, reading in pages if reading.verdict.name == "accepted"]
    return Reading((accepted or [pages[0][1].verdict])[0], document)


def _has_running_text(document: Document) -> bool:
    return any(is_running_text(clause.text) for clause in document.clauses if clause.kind != "heading")


def _read_page(capture: Capture, payload: bytes, options: _Options) -> Reading:
    if verdict := implausible_capture(capture):
        verdict = replace(verdict, rule="implausible_capture")
    elif verdict := status_verdict(capture, payload):
        verdict = replace(verdict, rule="http_status")
    elif verdict := incomplete_transfer(capture, payload):
        verdict = replace(verdict, rule="incomplete_transfer")
    try:
        document, page = parse(payload, capture.media_type, url=capture.url, **asdict(options))
        if verdict is None and options.select and not document.clauses:
            verdict = _without_selection(capture, payload)
    except StoppedReadingError as error:
        # This verdict precedes the others: a reading that depends on the machine must say so.
        return Reading(Verdict("quarantined", "unreadable", str(error), rule=error.kind), None)
    except ExtractionError as error:
        return Reading(verdict or Verdict("quarantined", "unreadable", str(error), rule="unreadable_payload"), None)
    return Reading(verdict or screen(capture, payload, document, page), document)


def _without_selection(capture: Capture, payload: bytes) -> Verdict:
    """Returns the verdict on a page on which the declaration's selectors match no text.

    If the whole page would be quarantined without the selectors, that verdict is returned. Otherwise the page seems to
    be a policy, and the verdict says that the selectors match no text.
    """
    verdict = screen(capture, payload, *parse(payload, capture.media_type, url=capture.url))
    if verdict.name == "quarantined":
        return verdict
    evidence = "the declaration's selectors choose no text on this page"
    return Verdict("quarantined", "empty", evidence, rule="empty_selection")
