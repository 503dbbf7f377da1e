"""Reading one capture: the task and its result can be sent to another process and back."""

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
    """A capture to read, its payload, and what the declaration says about reading it.

    select, remove: the CSS selectors that the capture's location declares. language: the language that the policy
    declares; None if it declares none.
    """

    capture: Capture
    payload: bytes
    select: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    language: str | None = None

    def size(self) -> int:
        """Returns about how many bytes of memory the task takes."""
        return len(self.payload)


@dataclass(frozen=True, slots=True)
class CaptureText:
    """What was read from a capture.

    document: encoded as `formats.document_json` does; None if the payload could not be read.
    language: the language the document is surely in; None if that is not sure.
    version_id: the version whose text the capture has, also if the capture is quarantined; None without any text.
    lasts: False if reading the same payload with the same extractor again may give another result.
    """

    verdict: Verdict
    document: bytes | None = None
    language: str | None = None
    version_id: str | None = None
    lasts: bool = True


def read_capture(task: ReadingTask) -> CaptureText:
    """Returns what the extractor reads from a capture. A text in another language than declared is quarantined."""
    reading = _checked_language(read(task.capture, task.payload, select=task.select, remove=task.remove), task.language)
    document = reading.document
    if document is None:
        return CaptureText(reading.verdict)
    return CaptureText(
        reading.verdict,
        encode(document),
        sure_language(document),
        version_id(document) if document.clauses else None,
    )


def unreadable(evidence: str) -> CaptureText:
    """Returns the result for a capture that can't be read now, but perhaps later. evidence: says why, to a person."""
    return CaptureText(Verdict("quarantined", "unreadable", evidence), lasts=False)


def warm_up() -> None:
    """Loads what extraction otherwise loads with the first page it reads: the language model, the names of months."""
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
