"""The stages that an input goes through, from bytes to report, and the time that each stage takes."""

import hashlib
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.hostile.shapes.shape import SENTENCE, Kind
from core.captures import Capture
from core.changes import Comparison
from core.clauses import Clause, Document
from core.declarations import load_vendor
from core.exceptions import ArchiveError, DeclarationError
from core.history import Announcement, Observation, Period
from crawler.archives.wayback import WaybackMachine, read_memento
from crawler.robots import ROBOT_NAME
from crawler.robots_rules import parse_robots
from diffing import compare
from diffing.sameness import version_id
from extraction import read
from formats.document_json import decode, encode
from reports.digest_email import as_email, digest_entry
from reports.report import Interval, Report, VersionSide
from reports.report_formats import REPORT_FORMATS
from storage import Subscriber

_MEDIA_TYPES: dict[Kind, str] = {
    "html": "text/html",
    "xml": "application/xhtml+xml",
    "markdown": "text/markdown",
    "text": "text/plain",
    "pdf": "application/pdf",
}
# Every clause at a multiple of this number is edited in the text with which a document is compared.
_EDITED = 5
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
# The page to which hostile selectors are applied.
_PAGE = f"<html><body><h1>Privacy policy</h1>{f'<div><p class=a>{SENTENCE}</p></div>' * 200}</body></html>".encode()


@dataclass(slots=True)
class Passage:
    """How an input went through the stages.

    seconds: the processor time of each stage, by name.
    outcome: what became of the input, in a few words: for example the verdict and the number of clauses.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    outcome: str = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measures the processor time of a stage, with that of the processes that it starts and waits for."""
        start = _processor_time()
        try:
            yield
        finally:
            self.seconds[name] = _processor_time() - start


def pass_through(kind: Kind, payload: bytes, *, with_reports: bool = True) -> Passage:
    """Passes an input through the stages for its kind, and returns how long each of them took.

    with_reports: whether reports are made of a document, too.
    """
    passage = Passage()
    if kind in _MEDIA_TYPES:
        _pass_document(passage, payload, kind, with_reports=with_reports)
    else:
        _PASSAGES[kind](passage, payload)
    return passage


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _pass_document(passage: Passage, payload: bytes, kind: Kind, *, with_reports: bool) -> None:
    capture = _capture(_MEDIA_TYPES[kind], payload)
    with passage.stage("read"):
        reading = read(capture, payload)
    verdict = reading.verdict
    if reading.document is None:
        passage.outcome = f"{verdict.reason}: {verdict.evidence}"
        return
    document = reading.document
    passage.outcome = f"{verdict.reason or 'accepted'}, {len(document.clauses)} clauses"
    with passage.stage("store"):
        version_id(decode(encode(document)))
    edited = _edited(document)
    with passage.stage("compare"):
        comparison = compare(document, edited)
    passage.outcome += "".join(f"; {note}" for note in comparison.coarse)
    if with_reports:
        _pass_reports(passage, document, edited, comparison)


def _pass_reports(passage: Passage, document: Document, edited: Document, comparison: Comparison) -> None:
    old, new = _side(document, 1), _side(edited, 2)
    interval = Interval(old.period.last, new.period.first)
    report = Report(old, new, interval, (), comparison)
    for name, render in REPORT_FORMATS.items():
        with passage.stage(name):
            render(report)
    with passage.stage("mail"):
        entry = digest_entry(report, Announcement(old.period, new.period))
        as_email([entry], Subscriber(1, "reader@example.org", ()), {}, _NOW, "clausewatch@example.org")


def _side(document: Document, number: int) -> VersionSide:
    capture = Observation(number, _NOW, "https://vendor.example/privacy", "live", "0" * 64, str(number) * 64)
    period = Period(capture.version_id, (capture,))
    return VersionSide("vendor", "Vendor", "privacy", number, period, document)


def _pass_selector(passage: Passage, payload: bytes) -> None:
    capture = _capture("text/html", _PAGE)
    with passage.stage("read"):
        reading = read(capture, _PAGE, remove=[payload.decode()])
    passage.outcome = f"{reading.verdict.reason or 'accepted'}: {reading.verdict.evidence}"


def _pass_declaration(passage: Passage, payload: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "acme.yaml"
        path.write_bytes(payload)
        try:
            with passage.stage("load"):
                vendor = load_vendor(path)
        except DeclarationError as error:
            passage.outcome = str(error).replace(folder, "")
            return
        with passage.stage("find"):
            for policy in vendor.policies.values():
                policy.location_for("https://acme.example/", _NOW)
        passage.outcome = f"{len(vendor.policies)} policies"


def _pass_robots(passage: Passage, payload: bytes) -> None:
    with passage.stage("parse"):
        rules = parse_robots(payload, ROBOT_NAME)
    with passage.stage("ask"):
        allowed = [rules.allows(url) for url in ("https://a.example/privacy", f"https://a.example/{'a' * 7_900}")]
    passage.outcome = f"allowed: {allowed}"


def _pass_listing(passage: Passage, payload: bytes) -> None:
    archive = WaybackMachine("https://archive.example")
    with passage.stage("check"):
        error = archive.temporary_error("listing", 200, {}, payload)
    if error is not None:
        passage.outcome = str(error)
    else:
        with passage.stage("parse"):
            page = archive.parse_listing(200, payload)
        passage.outcome = f"{len(page.captures)} captures, {page.malformed} malformed"
    with passage.stage("refuse"), suppress(ArchiveError):
        archive.parse_listing(403, payload)
    text = payload.decode("latin-1")
    headers = {"memento-datetime": "Wed, 01 May 2019 12:30:00 GMT", "link": text}
    with passage.stage("header"):
        read_memento(headers, "https://vendor.example/")


_PASSAGES: dict[Kind, Callable[[Passage, bytes], None]] = {
    "selector": _pass_selector,
    "declaration": _pass_declaration,
    "robots": _pass_robots,
    "listing": _pass_listing,
}


def _capture(media_type: str, payload: bytes) -> Capture:
    address = "https://vendor.example/privacy"
    return Capture(
        vendor="vendor",
        policy="privacy",
        source="live",
        captured_at=_NOW,
        url=address,
        asked_url=address,
        status=200,
        media_type=media_type,
        sha256=hashlib.sha256(payload).hexdigest(),
    )


def _edited(document: Document) -> Document:
    """Returns the text with which a document is compared.

    Of each fifth clause, the first word and the middle are changed, and the links. A clause of several thousand
    characters becomes two.
    """
    clauses: list[Clause] = []
    for clause in document.clauses:
        texts = [clause.text]
        if clause.position % _EDITED == 0:
            middle = len(clause.text) // 2
            texts = [f"Henceforth {clause.text[:middle]} thirty", f"days {clause.text[middle:]}".rstrip()]
            if len(clause.text) < 2_000:
                texts = [" ".join(texts)]
            clause = replace(clause, links=tuple(f"{link}?new" for link in clause.links))
        clauses += [replace(clause, position=len(clauses) + number, text=text) for number, text in enumerate(texts)]
    return replace(document, clauses=tuple(clauses))
