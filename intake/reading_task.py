"""The task of reading one capture, and the result. Task and result can be pickled, so worker processes can use them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from core.captures import Capture, Reading, Verdict, sha256_hex
from diffing.sameness import version_id
from extraction import read
from extraction.screening.language_variants import sure_language, undeclared_language
from formats.document_json import encode

_SAMPLE_PAGE = b"""<!DOCTYPE html><title>Privacy policy</title><h1>Privacy policy</h1><p>Last updated: 1 March 2021</p>
<p>This privacy policy says which personal data we collect when you use our service, why we do so, with whom we share
it, and for how long we keep it. You may ask us at any time for a copy of your personal data, or to delete it.</p>"""


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """A capture to read, with its payload and the parts of the declaration that apply to it.

    capture: the capture.
    payload: the capture's payload.
    select: the CSS selectors of the policy's text, from the declaration of the capture's location.
    remove: the CSS selectors of the parts to remove, from the declaration of the capture's location.
    ignore: the patterns of the text to ignore, from the declaration of the capture's location.
    language: the declared language of the policy; None if no language is declared.
    """

    capture: Capture
    payload: bytes
    select: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    language: str | None = None

    def size(self) -> int:
        """Returns the approximate size of the task in memory, in bytes."""
        return len(self.payload)


@dataclass(frozen=True, slots=True)
class CaptureText:
    """The result of reading a capture.

    verdict: the verdict on the capture.
    document: the document, encoded by `formats.document_json`; None if the payload could not be read as a document.
    language: the language of the document; None if the language is not certain.
    version_id: the id of the version that has the document's clauses; None if the document has no text. A quarantined
        capture also has a `version_id` if its document has text.
    lasts: whether the result is final for this extractor. If false, for example for a damaged payload or after a limit
        was exceeded, the result is stored, but the capture is read again later (`storage.unread`).
    """

    verdict: Verdict
    document: bytes | None = None
    language: str | None = None
    version_id: str | None = None
    lasts: bool = True


def read_capture(task: ReadingTask) -> CaptureText:
    """Reads a capture with the extractor. Quarantines the capture if its language is not the declared language."""
    reading = read(task.capture, task.payload, select=task.select, remove=task.remove, ignore=task.ignore)
    reading = _checked_language(reading, task.language)
    document = reading.document
    if document is None:
        return CaptureText(reading.verdict, lasts=not reading.verdict.depends_on_machine)
    return CaptureText(
        reading.verdict,
        encode(document),
        sure_language(document),
        version_id(document) if document.clauses else None,
    )


def unreadable(rule: str, evidence: str) -> CaptureText:
    """Returns the result for a capture that can't be read now, but may be readable later.

    rule: the name of the verdict's rule.
    evidence: the reason, for users.
    """
    return CaptureText(Verdict("quarantined", "unreadable", evidence, rule=rule), lasts=False)


def warm_up() -> None:
    """Loads the language model and the names of months, which extraction would otherwise load with the first page."""
    capture = Capture(
        vendor="",
        policy="",
        source="file",
        captured_at=datetime(2021, 3, 1, tzinfo=UTC),
        url="https://example.org/privacy",
        asked_url="https://example.org/privacy",
        status=None,
        media_type="text/html",
        sha256=sha256_hex(_SAMPLE_PAGE),
    )
    read_capture(ReadingTask(capture, _SAMPLE_PAGE))


def _checked_language(reading: Reading, language: str | None) -> Reading:
    if language is None or reading.document is None or reading.verdict.name != "accepted":
        return reading
    verdict = undeclared_language(sure_language(reading.document), language)
    return Reading(verdict, reading.document) if verdict else reading
