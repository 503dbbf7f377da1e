"""Writes captures as a WARC file (WARC 1.1, ISO 28500:2017), from which `ingestion.warc` reads the same captures.

warcio's own writer is not used, since it percent-encodes header values that are not ASCII, and captures are evidence.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from http.client import FOUND, responses
from importlib.metadata import version
from itertools import pairwise
from typing import IO
from uuid import NAMESPACE_URL, uuid5

from core.captures import Capture, Source, sha256_hex
from formats.warc_metadata import METADATA_TYPE, metadata_of, target_uri, warc_date

_RESPONSE = "application/http; msgtype=response"
_REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
# Headers that describe how the body was transferred, not how it is stored; and its type, which the capture has.
_BODY_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length", "content-type"})
# An archive's answer has headers of the archive's own. Those of the captured page have this prefix, by source.
_PAGE_HEADER_PREFIXES: dict[Source, str] = {"wayback": "x-archive-orig-"}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")

_DESCRIPTION = (
    "Each capture has a metadata record before it, which holds as JSON all that was kept of it, with the headers as "
    "received. The response's headers are made to fit its body, whose codings are undone; of a page got from an "
    "archive they are the page's own. Of a redirect the addresses alone were kept: its response is written anew, and "
    "Clausewatch-Written-Anew says so."
)

Fields = list[tuple[str, str]]


def write_captures(stream: IO[bytes], captures: Sequence[Capture], payload_of: Callable[[str], bytes | None]) -> int:
    """Writes captures as WARC records, in their order, each compressed by itself (annex D). Returns how many.

    captures: all distinct. payload_of: returns the payload with a SHA-256, or None if it is lost; captures with a lost
    payload are left out.

    A page becomes a `response`, after a `response` for each redirect that led to it. If an earlier capture of the same
    policy has the same payload, the page becomes a `revisit` of that one. A saved file becomes a `resource`. The bytes
    written depend on the captures alone.
    """
    if not captures:
        return 0
    stream.write(_warcinfo(max(capture.captured_at for capture in captures)))
    # Revisits stay within a policy, so that the payloads are there if somebody ingests the captures of one policy.
    written: dict[tuple[str, str, str], Capture] = {}
    count = 0
    for capture in captures:
        key = (capture.vendor, capture.policy, capture.sha256)
        before = written.get(key) if capture.status is not None else None
        payload = payload_of(capture.sha256) if before is None else b""
        if payload is None:
            continue
        stream.writelines(_redirects(capture))
        stream.write(_metadata(capture))
        if capture.status is None:
            stream.write(_resource(capture, payload))
        elif before is None:
            stream.write(_response(capture, capture.status, payload))
            written[key] = capture
        else:
            stream.write(_revisit(capture, capture.status, before))
        count += 1
    return count


def _warcinfo(date: datetime) -> bytes:
    """Returns the record that describes the file.

    date: its WARC-Date. The time of writing would make the bytes differ each time.
    """
    lines = {
        "software": f"clausewatch/{version('clausewatch')}",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description": _DESCRIPTION,
    }
    block = "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode()
    record_id = _id("warcinfo", date.isoformat(), sha256_hex(block))
    return _record("warcinfo", record_id, date, "application/warc-fields", block)


def _redirects(capture: Capture) -> Iterator[bytes]:
    """Yields a response for each redirect on the way to the capture, with the capture's own time."""
    for index, (url, target) in enumerate(pairwise((*capture.redirects, capture.url))):
        fields = [
            ("WARC-Target-URI", target_uri(url)),
            ("WARC-Payload-Digest", _digest(b"")),
            ("Clausewatch-Written-Anew", "redirect"),
        ]
        block = _head(FOUND, [("Location", target_uri(target)), ("Content-Length", "0")])
        record_id = _capture_id(capture, f"redirect {index}")
        yield _record("response", record_id, capture.captured_at, _RESPONSE, block, fields)


def _metadata(capture: Capture) -> bytes:
    """Returns a capture's metadata record, without WARC-Target-URI: replay tools would show it as the page."""
    fields = [("WARC-Refers-To", _capture_id(capture))]
    record_id = _capture_id(capture, "metadata")
    return _record("metadata", record_id, capture.captured_at, METADATA_TYPE, metadata_of(capture), fields)


def _resource(capture: Capture, payload: bytes) -> bytes:
    return _capture_record("resource", capture, _line(capture.media_type) or "application/octet-stream", payload)


def _response(capture: Capture, status: int, payload: bytes) -> bytes:
    head = _head(status, [*_page_headers(capture), ("Content-Length", str(len(payload)))])
    return _capture_record("response", capture, _RESPONSE, head + payload)


def _revisit(capture: Capture, status: int, before: Capture) -> bytes:
    fields = [
        ("WARC-Profile", _REVISIT_PROFILE),
        ("WARC-Refers-To", _capture_id(before)),
        ("WARC-Refers-To-Target-URI", target_uri(before.url)),
        ("WARC-Refers-To-Date", warc_date(before.captured_at)),
    ]
    return _capture_record("revisit", capture, _RESPONSE, _head(status, _page_headers(capture)), fields)


def _capture_record(kind: str, capture: Capture, media_type: str, block: bytes, fields: Fields | None = None) -> bytes:
    common = [("WARC-Target-URI", target_uri(capture.url)), ("WARC-Payload-Digest", f"sha256:{capture.sha256}")]
    return _record(kind, _capture_id(capture), capture.captured_at, media_type, block, [*common, *(fields or ())])


def _record(
    kind: str, record_id: str, date: datetime, media_type: str, block: bytes, fields: Fields | None = None
) -> bytes:
    """Returns a record as a member of a gzip file, without the time of compression: the bytes must not depend on it."""
    lines = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", warc_date(date)),
        *(fields or ()),
        ("WARC-Block-Digest", _digest(block)),
        ("Content-Type", media_type),
        ("Content-Length", str(len(block))),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return gzip.compress(f"WARC/1.1\r\n{head}\r\n".encode() + block + b"\r\n\r\n", compresslevel=6, mtime=0)


def _capture_id(capture: Capture, what: str = "capture") -> str:
    return _id(what, sha256_hex(metadata_of(capture)))


def _id(*parts: str) -> str:
    """Returns a URI for a record that is made of its parts (RFC 9562, section 5.5), and so never changes."""
    return f"<urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(['clausewatch', *parts]))}>"


def _digest(data: bytes) -> str:
    return f"sha256:{sha256_hex(data)}"


def _page_headers(capture: Capture) -> Fields:
    """Returns the headers of the page itself, without those on the length and the transfer of the body."""
    headers: Fields = [("Content-Type", capture.media_type)] if capture.media_type else []
    prefix = _PAGE_HEADER_PREFIXES.get(capture.source, "")
    for name, value in capture.headers:
        if not name.lower().startswith(prefix):
            continue
        name = name[len(prefix) :]
        if name.lower() not in _BODY_HEADERS and _TOKEN.fullmatch(name):
            headers.append((name, value))
    return headers


def _head(status: int, headers: Fields) -> bytes:
    """Returns status line and headers (RFC 9112).

    The HTTP version and the reason phrase were not stored; they are filled in, since no reader needs them.
    """
    lines = [
        f"HTTP/1.1 {status:03d} {responses.get(status, '')}",
        *(f"{name}: {_line(value)}" for name, value in headers),
    ]
    text = "\r\n".join(lines) + "\r\n\r\n"
    try:
        return text.encode("latin-1")  # the encoding in which headers are received (RFC 9110, section 5.5)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _line(value: str) -> str:
    """Returns a header's value on one line, without control characters."""
    return _CONTROLS.sub(" ", value).strip()
