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
from core.policies import PolicyKey
from formats.content_codings import BodyTooLargeError, DamagedBodyError, UnknownCodingError, decode
from formats.warc_metadata import METADATA_TYPE, capture_in, target_uri

# The longest time between a redirect and the capture of its target. Crawlers follow redirects at once, so two records
# that are further apart do not belong to the same visit.
_REDIRECT_WINDOW = timedelta(minutes=5)
# Upper limit of a body's size in bytes, before and after decompression. Crawls have the same limit.
_MAX_SIZE = 32 * 1024 * 1024

_BREAKS_OFF = "not a whole WARC file; it breaks off after {} responses"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that is not read as a capture of the policy.

    why: the reason as a phrase that can follow "3 records", for example "of another policy". Equal reasons have equal
        phrases, so the records of each reason can be counted.
    """

    why: str


@dataclass(frozen=True, slots=True)
class _Redirect:
    """A redirecting response, on the way from a location of the policy to a page.

    asked_url: the address of the location.
    redirects_so_far: the addresses that redirected on the way from `asked_url`, in order. The last of these addresses
        is the address of this response.
    captured_at: the time of this redirect.
    """

    asked_url: str
    redirects_so_far: tuple[str, ...]
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class _Original:
    """A response whose payload was yielded already. A later revisit record can refer to this response.

    media_type: the Content-Type of the response.
    sha256: the SHA-256 of the payload.
    """

    media_type: str
    sha256: str


def is_warc(path: Path) -> bool:
    """Returns whether a file's name ends in .warc or .warc.gz, in any letter case."""
    return re.search(r"\.warc(\.gz)?$", path.name, re.I) is not None


def captures_from_warc(path: Path, key: PolicyKey, policy: Policy) -> Iterator[tuple[Capture, bytes | None] | LeftOut]:
    """Yields a capture and the payload for each response of the policy, and LeftOut for each other response.

    The payload is None if the same bytes were yielded with an earlier capture.

    The time of a capture is the record's WARC-Date. A response belongs to the policy if the address of the response was
    a location of the policy at that time. A response also belongs to the policy if redirects in the same file point
    from a location to the address of the response. A revisit record (section 6.7) refers to an earlier record with the
    same payload. The revisit record becomes a capture with that payload if the file contains the earlier record.

    If `ingestion.warc_writer` wrote the file, a metadata record describes each capture completely. The described
    capture is yielded unchanged, with its original source, even if its address is no location of the policy today.
    LeftOut is yielded if the address, time, status or bytes of the capture's record contradict the metadata.

    UsageError if the file can't be opened, is not a WARC file, contains no response, or is cut off or damaged. All
    captures before the damage are yielded first.
    """
    redirects: dict[str, _Redirect] = {}
    originals: dict[str, _Original] = {}
    described: dict[str, Capture | None] = {}
    yielded_payloads: set[str] = set()
    count = 0
    has_records = False
    try:
        with _open(path) as stream:
            for record in _records(stream):
                has_records = True
                result = None
                if record.rec_type == "metadata":
                    _note_metadata(record, described)
                elif (record_id := record.rec_headers.get_header("WARC-Record-ID")) in described:
                    capture = described.pop(record_id)
                    result = _described_capture(record, capture, key, yielded_payloads)
                elif record.rec_type in ("response", "revisit") and record.http_headers is not None:
                    result = _capture_without_metadata(record, key, policy, redirects, originals)
                _read_to_end(record)
                if result is not None:
                    count += 1
                    yield result
            # warcio reports no error if the file is cut off before a record's header. This read raises EOFError then.
            stream.read(1)
    except OSError as error:
        if not isinstance(error, gzip.BadGzipFile):
            raise UsageError(f"{path}: {error.strerror or error}") from None
        raise UsageError(f"{path}: {_BREAKS_OFF.format(count)}: {error}") from None
    except (ArchiveLoadFailed, EOFError, ValueError, zlib.error) as error:
        why = escape_line(" ".join(str(error).split())[:200])
        raise UsageError(f"{path}: {_BREAKS_OFF.format(count)}: {why}") from None
    if not has_records:
        raise UsageError(f"{path}: not a whole WARC file: it contains no record")
    if not count:
        raise UsageError(f"{path}: the file contains no HTTP response, so there is nothing to ingest")


class _Decompressed(gzip.GzipFile):
    """The decompressed content of a gzip file, up to the first damaged or missing byte.

    Reading at this byte raises EOFError if the file is cut off, and BadGzipFile if the file is damaged. warcio's own
    decompression is not used, because it treats a damaged byte as the end of the file.
    """

    def read(self, size: int | None = -1) -> bytes:
        """Returns up to `size` bytes; no bytes at the end of the file.

        The bytes come from GzipFile.read1, because GzipFile.read discards the bytes before a damaged byte.
        """
        return self.read1(-1 if size is None else size)


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        is_compressed = stream.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], _Decompressed(path)) if is_compressed else path.open("rb")


def _records(stream: IO[bytes]) -> Iterator[Any]:
    """Yields the records of a WARC file. EOFError if the file ends inside a record's header.

    If a record does not end with two empty lines, warcio prints a warning to stderr. The warning is discarded.
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
        except AttributeError:  # warcio raises AttributeError if a record's header ends before its address
            raise EOFError("a record's header is cut off or damaged") from None
        yield record


def _read_to_end(record: Any) -> None:
    """Skips the rest of a record. EOFError if the file ends inside the record, which warcio itself does not report."""
    if not record.rec_headers.get_header("Content-Length"):
        raise EOFError("a record's header is cut off: it does not say how long the record is")
    while record.raw_stream.read(_MAX_SIZE):
        pass
    if record.raw_stream.limit:
        raise EOFError("the file ends inside a record")


def _note_metadata(record: Any, described: dict[str, Capture | None]) -> None:
    """Adds the capture that a metadata record describes to `described`. Ignores metadata records of other programs.

    described: maps the WARC-Record-ID of a capture's record to the capture that the metadata describes. The value is
        None if the metadata can't be read.
    """
    headers = record.rec_headers
    if headers.get_header("Content-Type") == METADATA_TYPE:
        described[headers.get_header("WARC-Refers-To")] = capture_in(record.raw_stream.read(_MAX_SIZE))


def _described_capture(
    record: Any, capture: Capture | None, key: PolicyKey, yielded_payloads: set[str]
) -> tuple[Capture, bytes | None] | LeftOut:
    """Returns the capture that a record's metadata describes, and the payload.

    Returns LeftOut if the capture belongs to another policy, or if the record contradicts the metadata.

    capture: the capture from the metadata; None if the metadata can't be read.
    yielded_payloads: the SHA-256 of each payload that was yielded with an earlier capture. If the function returns a
        payload, it adds the SHA-256 of the payload.
    """
    if capture is not None and capture.key != key:
        return LeftOut("of another policy")
    if capture is None or not _agrees(capture, record):
        return LeftOut("whose metadata contradicts the record or cannot be read")
    if record.rec_type == "revisit":
        if capture.sha256 not in yielded_payloads:
            return LeftOut("with a revisit of a record that is not in the file")
        return capture, None
    try:
        payload = _payload(record)
    except (DamagedBodyError, BodyTooLargeError, UnknownCodingError):
        return LeftOut("whose body is cut off, damaged or too large")
    if sha256_hex(payload) != capture.sha256:
        return LeftOut("whose metadata contradicts the record or cannot be read")
    yielded_payloads.add(capture.sha256)
    return capture, payload


def _agrees(capture: Capture, record: Any) -> bool:
    """Returns whether a record has the address, time and status of the capture."""
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


def _capture_without_metadata(
    record: Any,
    key: PolicyKey,
    policy: Policy,
    redirects: dict[str, _Redirect],
    originals: dict[str, _Original],
) -> tuple[Capture, bytes | None] | LeftOut:
    """Returns a capture made from a record without clausewatch's metadata, and the payload.

    Returns LeftOut if the record is not a capture of the policy, or if the record can't be read.

    redirects: the earlier redirects in the file, by the urlkey of the target. If this record is a redirect, the
        function adds it.
    originals: the earlier responses in the file, by the WARC-Payload-Digest through which a revisit record refers to a
        response. If this record is such a response, the function adds it.
    """
    headers, http = record.rec_headers, record.http_headers
    url = (headers.get_header("WARC-Target-URI") or "").strip(
        "<>"
    )  # the examples of WARC 1.0 put the address in angle brackets
    try:
        captured_at = parse_span(headers.get_header("WARC-Date") or "").begin
        url_key = urlkey(url)
        status = int(http.get_statuscode())
    except (ValueError, UsageError):
        return LeftOut("with a malformed address, date or status")

    location = policy.location_for(url, captured_at)
    redirect = redirects.get(url_key)
    redirects_so_far: tuple[str, ...] = ()
    if location is not None and location.pages:
        return LeftOut("of one page of a policy that has several pages")
    if location is not None:
        asked_url = url
    elif redirect is not None and abs(captured_at - redirect.captured_at) <= _REDIRECT_WINDOW:
        asked_url, redirects_so_far = redirect.asked_url, redirect.redirects_so_far
    elif any(location.urlkey == url_key for location in policy.locations):
        return LeftOut("of a location outside its declared dates")
    else:
        return LeftOut("of another address")

    target = http.get_header("Location")
    if 300 <= status < 400 and target:
        with suppress(ValueError):  # the target may not be a web address
            redirects[urlkey(urljoin(url, target))] = _Redirect(asked_url, (*redirects_so_far, url), captured_at)
        return LeftOut("with a redirect")

    digest = headers.get_header("WARC-Payload-Digest") or ""
    if record.rec_type == "revisit":
        if digest not in originals:
            return LeftOut("with a revisit of a record that is not in the file")
        original, payload = originals[digest], None
    else:
        try:
            payload = _payload(record)
        except (DamagedBodyError, BodyTooLargeError):
            return LeftOut("whose body is cut off, damaged or too large")
        except UnknownCodingError:
            return LeftOut("in an unknown content coding")
        original = _Original(http.get_header("Content-Type") or "", sha256_hex(payload))
        if digest:
            originals[digest] = original
    capture = Capture(
        vendor=key.vendor,
        policy=key.policy,
        source="warc",
        captured_at=captured_at,
        url=url,
        asked_url=asked_url,
        redirects=redirects_so_far,
        status=status,
        headers=tuple(http.headers),
        media_type=original.media_type,
        sha256=original.sha256,
        provenance=Provenance("warc", {"record_id": headers.get_header("WARC-Record-ID") or ""}),
    )
    return capture, payload


def _payload(record: Any) -> bytes:
    """Returns the decoded body of a record.

    Raises the same errors as `formats.content_codings.decode`. warcio's own decoding is not used, because it returns
    the beginning of a cut-off body without an error.
    """
    http, stream = record.http_headers, record.raw_stream
    if http is not None and (http.get_header("Transfer-Encoding") or "").strip().lower() == "chunked":
        stream = ChunkedDataReader(stream)
    body: bytes = stream.read(_MAX_SIZE + 1)
    if len(body) > _MAX_SIZE:
        raise BodyTooLargeError
    codings = [value for name, value in http.headers if name.lower() == "content-encoding"] if http is not None else []
    return decode(body, codings, _MAX_SIZE)
