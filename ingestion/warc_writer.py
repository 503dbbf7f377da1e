"""Writes captures to a WARC file (WARC 1.1, ISO 28500:2017). `ingestion.warc` reads the same captures from the file.

warcio's own writer is not used, because it percent-encodes header values with non-ASCII characters. Captures are
evidence, so the headers of a capture must be written unchanged.
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
from core.policies import PolicyKey
from formats.warc_metadata import METADATA_TYPE, metadata_of, target_uri, warc_date

_RESPONSE = "application/http; msgtype=response"
_REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
# Headers that are not copied from the capture. The first three describe how the body was transferred. Content-Type is
# written from `capture.media_type`.
_BODY_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length", "content-type"})
# An archive's HTTP response has headers of the archive itself, and headers of the captured page. The names of the
# page's headers begin with a prefix that depends on the archive.
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
    """Writes captures as WARC records, in their order. Returns the number of captures that were written.

    captures: the captures to write, all distinct.
    payload_of: a function that returns the payload with a given SHA-256, or None if the payload is lost. Captures with
        a lost payload are left out.

    A capture with an HTTP status becomes a `response` record. If an earlier capture of the same policy has the same
    payload, the capture becomes a `revisit` record instead. A capture without an HTTP status, such as a saved file,
    becomes a `resource` record. Two kinds of records come before the record of the capture: a `response` record for
    each redirect, and then a `metadata` record.

    Each record is compressed separately (annex D). The same captures always result in the same bytes.
    """
    if not captures:
        return 0
    stream.write(_warcinfo(max(capture.captured_at for capture in captures)))
    # A revisit record never refers to a capture of another policy. If it did, a user who ingests only one policy of the
    # file would get captures without payloads.
    written: dict[tuple[PolicyKey, str], Capture] = {}
    count = 0
    for capture in captures:
        key = (capture.key, capture.sha256)
        earlier_capture = written.get(key) if capture.status is not None else None
        payload = payload_of(capture.sha256) if earlier_capture is None else b""
        if payload is None:
            continue
        stream.writelines(_redirects(capture))
        stream.write(_metadata(capture))
        if capture.status is None:
            stream.write(_resource(capture, payload))
        elif earlier_capture is None:
            stream.write(_response(capture, capture.status, payload))
            written[key] = capture
        else:
            stream.write(_revisit(capture, capture.status, earlier_capture))
        count += 1
    return count


def _warcinfo(date: datetime) -> bytes:
    """Returns the `warcinfo` record, which describes the file.

    date: the record's WARC-Date: the time of the newest capture. The time of writing would make two files of the same
        captures differ.
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
    """Yields a `response` record for each redirect on the way to the capture.

    The WARC-Date is the time of the capture, because the time of the redirect was not stored.
    """
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
    """Returns a capture's metadata record.

    The record has no WARC-Target-URI, because replay tools would otherwise show the metadata instead of the page.
    """
    fields = [("WARC-Refers-To", _capture_id(capture))]
    record_id = _capture_id(capture, "metadata")
    return _record("metadata", record_id, capture.captured_at, METADATA_TYPE, metadata_of(capture), fields)


def _resource(capture: Capture, payload: bytes) -> bytes:
    return _capture_record("resource", capture, _one_line(capture.media_type) or "application/octet-stream", payload)


def _response(capture: Capture, status: int, payload: bytes) -> bytes:
    head = _head(status, [*_page_headers(capture), ("Content-Length", str(len(payload)))])
    return _capture_record("response", capture, _RESPONSE, head + payload)


def _revisit(capture: Capture, status: int, earlier_capture: Capture) -> bytes:
    fields = [
        ("WARC-Profile", _REVISIT_PROFILE),
        ("WARC-Refers-To", _capture_id(earlier_capture)),
        ("WARC-Refers-To-Target-URI", target_uri(earlier_capture.url)),
        ("WARC-Refers-To-Date", warc_date(earlier_capture.captured_at)),
    ]
    return _capture_record("revisit", capture, _RESPONSE, _head(status, _page_headers(capture)), fields)


def _capture_record(kind: str, capture: Capture, media_type: str, block: bytes, fields: Fields | None = None) -> bytes:
    common = [("WARC-Target-URI", target_uri(capture.url)), ("WARC-Payload-Digest", f"sha256:{capture.sha256}")]
    return _record(kind, _capture_id(capture), capture.captured_at, media_type, block, [*common, *(fields or ())])


def _record(
    kind: str, record_id: str, date: datetime, media_type: str, block: bytes, fields: Fields | None = None
) -> bytes:
    """Returns a record as a member of a gzip file.

    The gzip header contains no time of compression, so the same record always results in the same bytes.
    """
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


def _capture_id(capture: Capture, role: str = "capture") -> str:
    """Returns the URI of a record that belongs to a capture.

    role: distinguishes the records of one capture: `capture`, `metadata`, `redirect 0`.
    """
    return _id(role, sha256_hex(metadata_of(capture)))


def _id(*parts: str) -> str:
    """Returns the URI of a record: a name-based UUID of `parts` (RFC 9562, section 5.5).

    The same parts always result in the same URI.
    """
    return f"<urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(['clausewatch', *parts]))}>"


def _digest(data: bytes) -> str:
    return f"sha256:{sha256_hex(data)}"


def _page_headers(capture: Capture) -> Fields:
    """Returns the headers of the captured page, without the headers about the length and transfer of the body."""
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
    """Returns the status line and the headers of an HTTP response (RFC 9112).

    The HTTP version and the reason phrase of the response were not stored, so HTTP/1.1 and the standard phrase are
    written. Programs that read WARC files rely on neither value.
    """
    lines = [
        f"HTTP/1.1 {status:03d} {responses.get(status, '')}",
        *(f"{name}: {_one_line(value)}" for name, value in headers),
    ]
    text = "\r\n".join(lines) + "\r\n\r\n"
    try:
        return text.encode("latin-1")  # the encoding in which headers are received (RFC 9110, section 5.5)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _one_line(value: str) -> str:
    """Returns a header's value on one line, without control characters."""
    return _CONTROLS.sub(" ", value).strip()
