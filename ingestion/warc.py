"""Reads WARC files (ISO 28500:2017) as captures of one policy."""

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urljoin

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

from core.addresses import urlkey
from core.archives import Provenance
from core.captures import Capture, sha256_hex
from core.dates import parse_span
from core.declarations import Policy
from core.escaping import escape_line
from core.exceptions import UsageError
from formats.content_codings import BodyTooLargeError, DamagedBodyError, UnknownCodingError, decode
from formats.warc_metadata import METADATA_TYPE, capture_in, target_uri

# A crawler requests a redirect's target at once. A record further away in time belongs to another visit.
_REDIRECT_WINDOW = timedelta(minutes=5)
# In bytes; the same limit as for pages that a crawl fetches.
_MAX_SIZE = 32 * 1024 * 1024

_BREAKS_OFF = "not a whole WARC file, it breaks off after {} responses"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that is not read as a capture of the policy. why: the reason, worded so that equal ones are counted."""

    why: str


@dataclass(frozen=True, slots=True)
class _Redirect:
    """A redirect that a response was, on the way from one of the policy's locations.

    asked_url: the location. passed: all addresses that redirected so far, this one included. captured_at: when.
    """

    asked_url: str
    passed: tuple[str, ...]
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class _Original:
    """A response that a later revisit record can refer to: its payload was yielded earlier."""

    media_type: str
    sha256: str


def is_warc(path: Path) -> bool:
    """Returns whether a file's name ends in .warc or .warc.gz, in any letter case."""
    return re.search(r"\.warc(\.gz)?$", path.name, re.I) is not None


def captures_from_warc(
    path: Path, vendor: str, policy_slug: str, policy: Policy
) -> Iterator[tuple[Capture, bytes | None] | LeftOut]:
    """Yields each response in the file that shows the policy, with its payload, and LeftOut for each other response.

    The payload is None if the same one was yielded earlier.

    WARC-Date is the time of capture. A response shows the policy if its address was one of the policy's locations at
    that time, or if a redirect in the same file led to it from a location. A revisit record (section 6.7) is another
    capture of the payload that it refers to, if that comes earlier in the file.

    Captures that `ingestion.warc_writer` wrote for this policy are yielded as they were, with their source, whatever
    the policy's locations are now. They are left out if the record's address, time, status or bytes are not those that
    its metadata names.

    UsageError if the file can't be opened, is not WARC, or breaks off. What was read before has been yielded by then.
    """
    redirects: dict[str, _Redirect] = {}
    originals: dict[str, _Original] = {}
    described: dict[str, Capture | None] = {}
    yielded_payloads: set[str] = set()
    count = 0
    try:
        with _open(path) as stream:
            for record in _records(stream):
                result = None
                if record.rec_type == "metadata":
                    _note_metadata(record, described)
                elif (record_id := record.rec_headers.get_header("WARC-Record-ID")) in described:
                    capture = described.pop(record_id)
                    result = _described_capture(record, capture, vendor, policy_slug, yielded_payloads)
                elif record.rec_type in ("response", "revisit") and record.http_headers is not None:
                    result = _capture(record, vendor, policy_slug, policy, redirects, originals)
                _read_to_end(record)
                if result is not None:
                    count += 1
                    yield result
            # If the file breaks off before a record's header, warcio stops as at the end of the file. This raises.
            stream.read(1)
    except OSError as error:
        if not isinstance(error, gzip.BadGzipFile):
            raise UsageError(f"{path}: {error.strerror or error}") from None
        raise UsageError(f"{path}: {_BREAKS_OFF.format(count)}: {error}") from None
    except (ArchiveLoadFailed, EOFError, ValueError, zlib.error) as error:
        why = escape_line(" ".join(str(error).split())[:200])
        raise UsageError(f"{path}: {_BREAKS_OFF.format(count)}: {why}") from None
    if not count:
        raise UsageError(f"{path}: not a whole WARC file: there is no response in it")


class _Decompressed(gzip.GzipFile):
    """The content of a compressed file, as far as it is undamaged.

    Python raises EOFError or BadGzipFile if the file is cut off or damaged. warcio, which can decompress too, would
    take that for the end of the file.
    """

    def read(self, size: int | None = -1) -> bytes:
        """Returns up to `size` bytes; none at the end.

        GzipFile.read would discard what it has decompressed when it raises; read1 returns it first.
        """
        return self.read1(-1 if size is None else size)


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        is_compressed = stream.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], _Decompressed(path)) if is_compressed else path.open("rb")


def _records(stream: IO[bytes]) -> Iterator[Any]:
    """Yields the file's records. EOFError if it ends inside a record's header.

    warcio prints a warning to stderr if a record does not end with two empty lines; the warning is dropped.
    """
    records = ArchiveIterator(stream)
    while True:
        try:
            with redirect_stderr(StringIO()):
                record = next(records)
        except StopIteration:
            if records.next_line:
                raise EOFError("the file ends inside a record's header") from None
            return
        except AttributeError:  # warcio raises it if a record's header ends before its address
            raise EOFError("a record's header is cut off or damaged") from None
        yield record


def _read_to_end(record: Any) -> None:
    """Skips the rest of a record. EOFError if the file ends first; warcio would take that for the record's end."""
    if not record.rec_headers.get_header("Content-Length"):
        raise EOFError("a record's header is cut off: it does not say how long the record is")
    while record.raw_stream.read(_MAX_SIZE):
        pass
    if record.raw_stream.limit:
        raise EOFError("the file ends inside a record")


def _note_metadata(record: Any, described: dict[str, Capture | None]) -> None:
    """Notes the capture that a metadata record describes, by the id of the record it refers to.

    None stands for a description that can't be read. Metadata of other programs is ignored.
    """
    headers = record.rec_headers
    if headers.get_header("Content-Type") == METADATA_TYPE:
        described[headers.get_header("WARC-Refers-To")] = capture_in(record.raw_stream.read(_MAX_SIZE))


def _described_capture(
    record: Any, capture: Capture | None, vendor: str, policy_slug: str, yielded_payloads: set[str]
) -> tuple[Capture, bytes | None] | LeftOut:
    """Returns the capture that its metadata describes, if it is of this policy and the record agrees with it.

    yielded_payloads: the SHA-256 of the payloads yielded before; that of this capture is added.
    """
    if capture is not None and (capture.vendor, capture.policy) != (vendor, policy_slug):
        return LeftOut("of another policy")
    if capture is None or not _agrees(capture, record):
        return LeftOut("that is not what its metadata says")
    if record.rec_type == "revisit":
        if capture.sha256 not in yielded_payloads:
            return LeftOut("a revisit of a record that is not in the file")
        return capture, None
    try:
        payload = _payload(record)
    except (DamagedBodyError, BodyTooLargeError, UnknownCodingError):
        return LeftOut("whose body is cut off, damaged or too large")
    if sha256_hex(payload) != capture.sha256:
        return LeftOut("that is not what its metadata says")
    yielded_payloads.add(capture.sha256)
    return capture, payload


def _agrees(capture: Capture, record: Any) -> bool:
    """Returns whether address, time and status of a record are those of the capture."""
    headers, http = record.rec_headers, record.http_headers
    try:
        captured_at = parse_span(headers.get_header("WARC-Date") or "").begin
        status = int(http.get_statuscode()) if http is not None else None
    except (ValueError, UsageError):
        return False
    return (headers.get_header("WARC-Target-URI"), captured_at, status) == (
        target_uri(capture.url),
        capture.captured_at,
        capture.status,
    )


def _capture(
    record: Any,
    vendor: str,
    policy_slug: str,
    policy: Policy,
    redirects: dict[str, _Redirect],
    originals: dict[str, _Original],
) -> tuple[Capture, bytes | None] | LeftOut:
    """Returns the capture that a record without clausewatch's metadata is, with its payload.

    redirects: by the urlkey of their targets, the redirects so far. originals: by their payload digest, the responses
    that a revisit can refer to. The record is added to one of the two if it belongs there.
    """
    headers, http = record.rec_headers, record.http_headers
    url = (headers.get_header("WARC-Target-URI") or "").strip("<>")  # WARC 1.0 examples put it in angle brackets
    try:
        captured_at = parse_span(headers.get_header("WARC-Date") or "").begin
        key = urlkey(url)
        status = int(http.get_statuscode())
    except (ValueError, UsageError):
        return LeftOut("malformed")

    location = policy.location_for(url, captured_at)
    redirect = redirects.get(key)
    passed: tuple[str, ...] = ()
    if location is not None and location.pages:
        return LeftOut("of one page of a policy of several")
    if location is not None:
        asked_url = url
    elif redirect is not None and abs(captured_at - redirect.captured_at) <= _REDIRECT_WINDOW:
        asked_url, passed = redirect.asked_url, redirect.passed
    elif any(location.urlkey == key for location in policy.locations):
        return LeftOut("of a location at a time it does not hold")
    else:
        return LeftOut("of another address")

    target = http.get_header("Location")
    if 300 <= status < 400 and target:
        with suppress(ValueError):  # the target is no web address
            redirects[urlkey(urljoin(url, target))] = _Redirect(asked_url, (*passed, url), captured_at)
        return LeftOut("a redirect")

    digest = headers.get_header("WARC-Payload-Digest") or ""
    if record.rec_type == "revisit":
        if digest not in originals:
            return LeftOut("a revisit of a record that is not in the file")
        original, payload = originals[digest], None
    else:
        try:
            payload = _payload(record)
        except (DamagedBodyError, BodyTooLargeError):
            return LeftOut("whose body is cut off, damaged or too large")
        except UnknownCodingError:
            return LeftOut("in a content coding that is not known")
        original = _Original(http.get_header("Content-Type") or "", sha256_hex(payload))
        if digest:
            originals[digest] = original
    capture = Capture(
        vendor=vendor,
        policy=policy_slug,
        source="warc",
        captured_at=captured_at,
        url=url,
        asked_url=asked_url,
        redirects=passed,
        status=status,
        headers=tuple(http.headers),
        media_type=original.media_type,
        sha256=original.sha256,
        provenance=Provenance("warc", {"record_id": headers.get_header("WARC-Record-ID") or ""}),
    )
    return capture, payload


def _payload(record: Any) -> bytes:
    """Returns a record's body with its codings undone.

    DamagedBodyError, BodyTooLargeError, UnknownCodingError as `formats.content_codings.decode` raises them. warcio
    undoes content codings too, but takes a body that is cut off for a shorter one.
    """
    http, stream = record.http_headers, record.raw_stream
    if http is not None and (http.get_header("Transfer-Encoding") or "").strip().lower() == "chunked":
        stream = ChunkedDataReader(stream)
    body: bytes = stream.read(_MAX_SIZE + 1)
    if len(body) > _MAX_SIZE:
        raise BodyTooLargeError
    codings = [value for name, value in http.headers if name.lower() == "content-encoding"] if http is not None else []
    return decode(body, codings, _MAX_SIZE)
