"""WARC files (ISO 28500) as captures of one policy."""

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
from core.captures import Capture, sha256_hex
from core.dates import parse_span
from core.declarations import Policy
from core.escaping import printable_line
from core.exceptions import UsageError
from formats.content_codings import BodyTooLargeError, DamagedBodyError, UnknownCodingError, decode
from formats.warc_metadata import METADATA_TYPE, capture_in, target_uri

# A crawler asks for a redirect's target at once; a record further away in time is of another visit.
_REDIRECT_WINDOW = timedelta(minutes=5)
# As for pages a crawl fetches; in bytes.
_MAX_SIZE = 32 * 1024 * 1024

_BREAKS_OFF = "not a whole WARC file, it breaks off after {} responses"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that is no capture of the policy, and why, in words to count by."""

    why: str


@dataclass(frozen=True, slots=True)
class _Redirect:
    """A visit of a location that was sent elsewhere: the first address, those passed so far, and when."""

    asked_url: str
    passed: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Original:
    """What a revisit refers to: a response given before, whose payload is stored by now."""

    media_type: str
    sha256: str


def is_warc(path: Path) -> bool:
    """Whether a file is a WARC by its name: .warc or .warc.gz."""
    return re.search(r"\.warc(\.gz)?$", path.name, re.I) is not None


def captures_from_warc(
    path: Path, vendor: str, policy_slug: str, policy: Policy
) -> Iterator[tuple[Capture, bytes | None] | LeftOut]:
    """Each response in the file that shows the policy, with its payload; LeftOut for each response that does not.

    The payload is None where the same one was given before in this file.

    WARC-Date is the time of capture. A response belongs to the policy when its address was one of the policy's
    locations at that time, or when a redirect in the same file led there from one. A revisit record (WARC 1.1,
    section 6.7) is a capture again of the payload it refers to, when that stands earlier in the file.

    What `ingestion.warc_writer` wrote of this policy is given back as it was, source and all, wherever the policy's
    locations are now; it is left out where address, time, status or bytes are not those its metadata names.

    UsageError when the file cannot be opened, is no WARC, or breaks off; what came before has been given.
    """
    redirects: dict[str, _Redirect] = {}
    seen: dict[str, _Original] = {}
    described: dict[str, Capture | None] = {}
    given: set[str] = set()
    count = 0
    try:
        with _opened(path) as stream:
            for record in _records(stream):
                found = None
                if record.rec_type == "metadata":
                    _note_metadata(record, described)
                elif (record_id := record.rec_headers.get_header("WARC-Record-ID")) in described:
                    found = _described(record, described.pop(record_id), vendor, policy_slug, given)
                elif record.rec_type in ("response", "revisit") and record.http_headers is not None:
                    found = _capture(record, vendor, policy_slug, policy, redirects, seen)
                _read_to_end(record)
                if found is not None:
                    count += 1
                    yield found
            stream.read(1)  # warcio takes what breaks off before a record's header for the end of the file
    except OSError as error:
        if not isinstance(error, gzip.BadGzipFile):
            raise UsageError(f"{path}: {error.strerror or error}") from None
        raise UsageError(f"{path}: {_BREAKS_OFF.format(count)}: {error}") from None
    except (ArchiveLoadFailed, EOFError, ValueError, zlib.error) as error:
        why = printable_line(" ".join(str(error).split())[:200])
        raise UsageError(f"{path}: {_BREAKS_OFF.format(count)}: {why}") from None
    if not count:
        raise UsageError(f"{path}: not a whole WARC file: there is no response in it")


class _Unpacked(gzip.GzipFile):
    """A compressed file's content, what stands before a damage included.

    By Python, which raises EOFError or BadGzipFile where a file is cut off or damaged: warcio takes that for its end.
    """

    def read(self, size: int | None = -1) -> bytes:
        """Up to that many bytes, none at the end. Asked for so many, GzipFile would keep what it has when it raises."""
        return self.read1(-1 if size is None else size)


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        compressed = stream.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], _Unpacked(path)) if compressed else path.open("rb")


def _records(stream: IO[bytes]) -> Iterator[Any]:
    """The file's records. warcio prints to stderr what it thinks of a record that is not ended as it should be."""
    records = ArchiveIterator(stream)
    while True:
        try:
            with redirect_stderr(StringIO()):
                record = next(records)
        except StopIteration:
            if records.next_line:
                raise EOFError("the file ends inside a record's header") from None
            return
        except AttributeError:  # what warcio stumbles over where a record's header ends before its address
            raise EOFError("a record's header is cut off or damaged") from None
        yield record


def _read_to_end(record: Any) -> None:
    """EOFError when the file ends before the record does, which warcio takes for the end of the record."""
    if not record.rec_headers.get_header("Content-Length"):
        raise EOFError("a record's header is cut off: it does not say how long the record is")
    while record.raw_stream.read(_MAX_SIZE):
        pass
    if record.raw_stream.limit:
        raise EOFError("the file ends inside a record")


def _note_metadata(record: Any, described: dict[str, Capture | None]) -> None:
    """Keep what the file says of the capture that follows, by the id of its record; None where it can't be read."""
    headers = record.rec_headers
    if headers.get_header("Content-Type") == METADATA_TYPE:
        described[headers.get_header("WARC-Refers-To")] = capture_in(record.raw_stream.read(_MAX_SIZE))


def _described(
    record: Any, capture: Capture | None, vendor: str, policy_slug: str, given: set[str]
) -> tuple[Capture, bytes | None] | LeftOut:
    """The capture as its metadata has it, when that is of this record and of this policy.

    given: the SHA-256 of what was given before.
    """
    if capture is not None and (capture.vendor, capture.policy) != (vendor, policy_slug):
        return LeftOut("of another policy")
    if capture is None or not _is_of(capture, record):
        return LeftOut("that is not what its metadata says")
    if record.rec_type == "revisit":
        if capture.sha256 not in given:
            return LeftOut("a revisit of a record that is not in the file")
        return capture, None
    try:
        payload = _payload(record)
    except (DamagedBodyError, BodyTooLargeError, UnknownCodingError):
        return LeftOut("whose body is cut off, damaged or too large")
    if sha256_hex(payload) != capture.sha256:
        return LeftOut("that is not what its metadata says")
    given.add(capture.sha256)
    return capture, payload


def _is_of(capture: Capture, record: Any) -> bool:
    """Whether address, time and status of a record are those of the capture."""
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
    seen: dict[str, _Original],
) -> tuple[Capture, bytes | None] | LeftOut:
    headers, http = record.rec_headers, record.http_headers
    url = (headers.get_header("WARC-Target-URI") or "").strip("<>")  # WARC 1.0 examples put it in angle brackets
    try:
        captured_at = parse_span(headers.get_header("WARC-Date") or "").begin
        key = urlkey(url)
        status = int(http.get_statuscode())
    except (ValueError, UsageError):
        return LeftOut("malformed")

    location = policy.location_for(url, captured_at)
    led_here = redirects.get(key)
    passed: tuple[str, ...] = ()
    if location is not None and location.pages:
        return LeftOut("of one page of a policy of several")
    if location is not None:
        asked_url = url
    elif led_here is not None and abs(captured_at - led_here.at) <= _REDIRECT_WINDOW:
        asked_url, passed = led_here.asked_url, led_here.passed
    elif any(place.urlkey == key for place in policy.locations):
        return LeftOut("of a location at a time it does not hold")
    else:
        return LeftOut("of another address")

    target = http.get_header("Location")
    if 300 <= status < 400 and target:
        with suppress(ValueError):  # it leads to what is no address
            redirects[urlkey(urljoin(url, target))] = _Redirect(asked_url, (*passed, url), captured_at)
        return LeftOut("a redirect")

    digest = headers.get_header("WARC-Payload-Digest") or ""
    if record.rec_type == "revisit":
        if digest not in seen:
            return LeftOut("a revisit of a record that is not in the file")
        original, payload = seen[digest], None
    else:
        try:
            payload = _payload(record)
        except (DamagedBodyError, BodyTooLargeError):
            return LeftOut("whose body is cut off, damaged or too large")
        except UnknownCodingError:
            return LeftOut("in a content coding that is not known")
        original = _Original(http.get_header("Content-Type") or "", sha256_hex(payload))
        if digest:
            seen[digest] = original
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
        archive={"record_id": headers.get_header("WARC-Record-ID") or ""},
    )
    return capture, payload


def _payload(record: Any) -> bytes:
    """The body without its codings. warcio undoes content codings, too, but takes a cut-off body for a shorter one."""
    http, stream = record.http_headers, record.raw_stream
    if http is not None and (http.get_header("Transfer-Encoding") or "").strip().lower() == "chunked":
        stream = ChunkedDataReader(stream)
    body: bytes = stream.read(_MAX_SIZE + 1)
    if len(body) > _MAX_SIZE:
        raise BodyTooLargeError
    codings = [value for name, value in http.headers if name.lower() == "content-encoding"] if http is not None else []
    return decode(body, codings, _MAX_SIZE)
