"""Measures time and memory for pages that are designed to break a parser.

Each page is read in a separate process, so that the memory is measured for each page.
"""

import gzip
import io
import multiprocessing
import resource
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pypdfium2

from core.captures import Capture, sha256_hex
from extraction import read

_MIB = 1 << 20


def _pdf(stream: bytes, *, trailer: bytes = b"", pages: int = 1) -> bytes:
    """Returns a PDF whose pages all show the same compressed content stream."""
    packed = zlib.compress(stream, 9)
    kids = b" ".join(b"%d 0 R" % (number + 5) for number in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
        *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 3 0 R>>>>>>"] * pages,
    ]
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj%s endobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def _encrypted() -> bytes:
    """Returns a PDF that can be opened only with a password."""
    key = b"<" + b"00" * 32 + b">"
    return _pdf(
        b"BT /F 12 Tf (text) Tj ET",
        trailer=b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/O %s/U %s/P -4>>" % (key, key),
    )


_TIMEOUT = 120
_TEXT = b"<p>We keep personal data for thirty days and share it with nobody.</p>"
#: The pages by name. For each page: the media type, and a function that returns the page's bytes.
CASES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "100,000 nested tags": ("text/html", lambda: b"<html><body>" + b"<div>" * 100_000 + _TEXT),
    "100,000 nested tables": ("text/html", lambda: b"<html><body>" + b"<table><tr><td>" * 100_000 + _TEXT),
    "100,000 nested lists": ("text/html", lambda: b"<html><body>" + b"<ul><li>a" * 100_000),
    "100,000 open fonts": ("text/html", lambda: b"<html><body>" + b"<font><p>x" * 100_000),
    "100,000 headings": ("text/html", lambda: b"<html><body>" + b"<h2>Data</h2>" * 100_000),
    "50 MB of one tag": ("text/html", lambda: b"<html><body><p " + b"a" * (50 * _MIB)),
    "50 MB of one attribute": ("text/html", lambda: b'<html><body><p class="' + b"a " * (25 * _MIB) + b'">' + _TEXT),
    "3 MB page": ("text/html", lambda: b"<html><body>" + _TEXT * 43_000),
    "20 MB of one word": ("text/html", lambda: b"<html><body><p>" + b"privacy" * (3 * _MIB)),
    "a million line breaks": ("text/html", lambda: b"<html><body>" + b"data<br>" * 1_000_000),
    "a row of 100,000 cells": ("text/html", lambda: b"<table><tr>" + b"<td>data" * 100_000),
    "entities": ("text/html", lambda: b"<html><body><p>" + b"&amp;&nbsp;&#x1F600;&bogus;&#xD800;" * 300_000),
    "entity bomb": (
        "application/xhtml+xml",
        lambda: b'<!DOCTYPE html [<!ENTITY a "data"><!ENTITY b "' + b"&a;" * 50 + b'">]><html><body>' + b"&b;" * 5000,
    ),
    "NULs": ("text/html", lambda: b"<html><body>" + b"\0" * 5_000_000 + _TEXT),
    "invalid UTF-8": ("text/html; charset=utf-8", lambda: b"<html><body><p>" + b"\xff\xfe\xc0\x80data " * 500_000),
    "markup shown as text": ("text/html", lambda: b"<p>" + b"&lt;p&gt;data&lt;/p&gt;" * 200_000),
    "a gzip bomb, left compressed": ("text/html", lambda: gzip.compress(b"0" * (200 * _MIB), 9)),
    "plain text, 20 MB, one line": ("text/plain", lambda: b"data " * (4 * _MIB)),
    "plain text, a million lines": ("text/plain", lambda: b"- personal data\n" * 1_000_000),
    "Markdown, nested quotes": ("text/markdown", lambda: b"> " * 50_000 + b"data"),
    "Markdown, brackets": ("text/markdown", lambda: b"[" * 100_000 + b"data"),
    "PDF bomb": ("application/pdf", lambda: _pdf(b"BT /F 1 Tf 10 10 Td (personal data ) Tj ET " * 4_000_000)),
    "PDF of 20,000 pages": ("application/pdf", lambda: _pdf(b"BT /F 12 Tf 10 10 Td (data) Tj ET", pages=20_000)),
    "encrypted PDF": ("application/pdf", _encrypted),
    "damaged PDF": ("application/pdf", lambda: b"%PDF-1.7\n" + b"\xff" * 100_000),
}


def _read(name: str, results: "multiprocessing.Queue[tuple[str, float, int]]") -> None:
    media_type, make_payload = CASES[name]
    payload = make_payload()
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    address = "https://vendor.example/privacy"
    capture = Capture(
        vendor="vendor",
        policy="privacy",
        source="live",
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        url=address,
        asked_url=address,
        status=200,
        media_type=media_type,
        sha256=sha256_hex(payload),
    )
    start = time.process_time()
    reading = read(capture, payload)
    seconds = time.process_time() - start
    verdict = reading.verdict
    clauses = len(reading.document.clauses) if reading.document else 0
    outcome = f"{verdict.reason or 'accepted'}, {clauses} clauses"
    results.put((outcome, seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_before) // 1024))


def report(details: bool) -> Iterator[str]:
    """Yields a line for each page: the verdict, the processor time in seconds, and the memory use without the page."""
    context = multiprocessing.get_context("spawn")
    slowest, largest = 0.0, 0
    for name in CASES:
        results: multiprocessing.Queue[tuple[str, float, int]] = context.Queue()
        process = context.Process(target=_read, args=(name, results))
        process.start()
        process.join(_TIMEOUT)
        if process.is_alive():
            process.kill()
            yield f"{name:34} not done after {_TIMEOUT} s"
        elif process.exitcode:
            yield f"{name:34} the process died with {process.exitcode}"
        else:
            outcome, seconds, mebibytes = results.get()
            slowest, largest = max(slowest, seconds), max(largest, mebibytes)
            yield f"{name:34} {seconds:6.2f} s {mebibytes:5} MiB  {outcome}"
    yield f"slowest {slowest:.2f} s, most memory {largest} MiB; pdfium {pypdfium2.PYPDFIUM_INFO}"
