"""One capture read by itself, in whatever process: what goes in and comes out can be sent to another and back."""

from dataclasses import dataclass

from core.captures import Capture, Reading, Verdict
from diffing.sameness import version_id
from extraction import read
from extraction.screening.language_variants import sure_language, undeclared_language
from formats.document_json import encode


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """A capture, its bytes, and what the declaration says of how to read it.

    select, remove: of the capture's location. language: the policy's declared one, None when it declares none.
    """

    capture: Capture
    payload: bytes
    select: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    language: str | None = None

    def size(self) -> int:
        """In bytes, nearly."""
        return len(self.payload)


@dataclass(frozen=True, slots=True)
class CaptureText:
    """What was made of a capture.

    document: encoded; None when the bytes could not be read. language, version_id: see ReadingRow.
    lasts: False when the same bytes may give another reading by the same extractor.
    """

    verdict: Verdict
    document: bytes | None = None
    language: str | None = None
    version_id: str | None = None
    lasts: bool = True


def read_one(task: ReadingTask) -> CaptureText:
    """What the extractor makes of a capture, and the verdict that the declared language makes of it."""
    reading = _as_declared(read(task.capture, task.payload, select=task.select, remove=task.remove), task.language)
    document = reading.document
    if document is None:
        return CaptureText(reading.verdict)
    return CaptureText(
        reading.verdict,
        encode(document),
        sure_language(document),
        version_id(document) if document.clauses else None,
    )


def unreadable(why: str) -> CaptureText:
    """The reading of a capture that could not be looked into."""
    return CaptureText(Verdict("quarantined", "unreadable", why), lasts=False)


def _as_declared(reading: Reading, language: str | None) -> Reading:
    if language is None or reading.document is None or reading.verdict.name != "accepted":
        return reading
    verdict = undeclared_language(sure_language(reading.document), language)
    return Reading(verdict, reading.document) if verdict else reading
