"""Makes captures of one policy from the records of WARC files (ISO 28500:2017) and ARC files."""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

from core.addresses import percent_encoded, urlkey
from core.archives import Provenance, parse_timestamp
from core.captures import Capture, implausible_time, sha256_hex
from core.dates import parse_span
from core.declarations import Policy
from core.escaping import escape_line
from core.exceptions import UsageError
from core.plurals import plural
from core.policies import PolicyKey
from formats.content_codings import BodyTooLargeError, CutOffBodyError, DamagedBodyError, UnknownCodingError, decode
from formats.warc_metadata import METADATA_TYPE, capture_in, target_uri
from ingestion.archive_records import Gap, Record, records
from ingestion.http_responses import HttpResponse, dechunk, parse_response

# The longest time between a redirect and the capture of its target. Crawlers follow redirects at once, so two records
# that are further apart do not belong to the same visit.
_REDIRECT_WINDOW = timedelta(minutes=5)
# The most redirects in a row, as many as a browser follows (Fetch standard, section 4.4), and the most redirects that
# are looked at on the way to one capture.
_MOST_HOPS = 20
_MOST_LOOKED_AT = 200
# Upper limit of a body's size in bytes, before and after decompression. Crawls have the same limit.
_MAX_SIZE = 32 * 1024 * 1024
# A Content-Length that is too large by at most this number of bytes is a slip of the program that wrote the record: it
# counted newlines twice, for example. A body that was cut off lacks more.
_SLIP = 8
_DIGESTS = frozenset(["md5", "sha1", "sha256", "sha384", "sha512"])


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that is not read as a capture of the policy.

    why: the reason as a phrase that can follow "3 records", for example "of another policy". Equal reasons have equal
        phrases, so the records of each reason can be counted.
    """

    why: str


_OTHER_ADDRESS = LeftOut("of another address")
_NOT_IN_FILE = LeftOut("with a revisit of a record that is not in the file")
_CONTRADICTION = LeftOut("whose metadata contradicts the record or cannot be read")
_IMPLAUSIBLE_TIME = LeftOut("dated before 1990 or in the future")
_DAMAGED = LeftOut("whose body is cut off, damaged or too large")

_Result = tuple[Capture, bytes | None] | LeftOut


@dataclass(frozen=True, slots=True)
class _Visit:
    """The address and the time of a record."""

    url: str
    urlkey: str
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class _Original:
    """A capture whose payload was yielded. A revisit record can refer to it.

    captured_at: the time of the capture.
    status, media_type, sha256: the values of the capture.
    digest: the WARC-Payload-Digest in the form of `_digest_value`; '' if the record has none.
    truncated: see `Provenance.truncated`.
    """

    captured_at: datetime
    status: int | None
    media_type: str
    sha256: str
    digest: str
    truncated: str


def is_warc(path: Path) -> bool:
    """Returns whether a file's name ends in .warc, .warc.gz, .arc or .arc.gz, in any letter case."""
    return re.search(r"\.w?arc(\.gz)?$", path.name, re.I) is not None


def captures_from_warc(path: Path, key: PolicyKey, policy: Policy) -> Iterator[_Result]:
    """Yields a capture and the payload for each response of the policy, and LeftOut for each other response.

    The payload is None if the same bytes were yielded with an earlier capture.

    The time of a capture is the record's WARC-Date. A response belongs to the policy if the address of the response was
    a location of the policy at that time. A response also belongs to the policy if redirects in the same file point
    from a location to the address of the response. A revisit record (section 6.7) refers to another record with the
    same payload. The revisit record becomes a capture with that payload if the file contains the other record. A
    resource record (section 6.4) of a location becomes a capture without an HTTP status. The order of the records
    doesn't matter, but captures whose records depend on later records come last.

    LeftOut is yielded for a record that is dated before 1990 or more than a day in the future, and for a response whose
    status is outside 100 to 999.

    If a record lacks a part of the body, the provenance of the capture says so (`Provenance.truncated`).

    If `ingestion.warc_writer` wrote the file, a metadata record describes each capture completely. The described
    capture is yielded unchanged, with its original source, even if its address is no location of the policy today.
    LeftOut is yielded if the address, time, status or bytes of the capture's record contradict the metadata.

    UsageError if the file can't be opened, is not a WARC or ARC file, contains no response, or is cut off or damaged.
    All captures before and after the damage are yielded first.
    """
    now = datetime.now(UTC)
    file = _PolicyRecords(key, policy, now)
    described: dict[str, Capture | None] = {}
    yielded_payloads: set[str] = set()
    waiting: dict[int, tuple[_Visit, Record | None]] = {}
    kinds: Counter[str] = Counter()
    count = 0
    damage = _Damage()
    error: UsageError | None = None
    try:
        for number, record in enumerate(records(path)):
            damage.note(record, count)
            if isinstance(record, Gap):
                continue
            kinds[record.kind] += 1
            if record.kind == "metadata":
                _note_metadata(record, described)
                continue
            if record.record_id in described:
                count += 1
                yield _described_capture(record, described.pop(record.record_id), key, yielded_payloads, now)
            elif record.kind in ("response", "revisit", "resource") and not _is_of_another_scheme(record):
                count += 1
                result = file.result(record)
                visit = _visit(record)
                if visit is not None and result in (_OTHER_ADDRESS, _NOT_IN_FILE):
                    waiting[number] = (visit, record if result == _NOT_IN_FILE else None)
                else:
                    yield result
    except OSError as raised:
        error = UsageError(f"{path}: {raised.strerror or raised}")
    yield from _late_results(path, file, waiting)
    if error is not None:
        raise error
    if damage.sentence:
        raise UsageError(f"{path}: not a complete WARC file; {damage.sentence}")
    if not kinds:
        raise UsageError(f"{path}: not a complete WARC file: it contains no record")
    if not count:
        others = " and ".join(plural(number, f"{escape_line(kind)} record") for kind, number in sorted(kinds.items()))
        raise UsageError(
            f"{path}: the file contains no pages (HTTP responses), only {others}, so there is nothing to ingest"
        )


class _Damage:
    """Counts the gaps of a file."""

    def __init__(self) -> None:
        self._gaps = 0
        self._first: Gap | None = None
        self._responses = 0
        self._is_last = False

    def note(self, item: Record | Gap, responses: int) -> None:
        """Notes a record or a gap. responses: the number of responses in front of it."""
        self._is_last = isinstance(item, Gap)
        if isinstance(item, Gap):
            self._gaps += 1
            if self._first is None:
                self._first, self._responses = item, responses

    @property
    def sentence(self) -> str:
        """What is damaged, as a clause whose subject is the file or a part of it; '' if nothing is."""
        if self._first is None:
            return ""
        why = escape_line(" ".join(self._first.why.split())[:200])
        after = plural(self._responses, "response")
        if self._gaps == 1 and self._is_last:
            return f"it breaks off after {after}: {why}"
        parts = "1 part of it is" if self._gaps == 1 else f"{self._gaps} parts of it are"
        return (
            f"{parts} damaged and left out, {'' if self._gaps == 1 else 'the first '}after {after}, at byte "
            f"{self._first.start}: {why}; all other records are read"
        )


def _late_results(
    path: Path, file: "_PolicyRecords", waiting: dict[int, tuple[_Visit, Record | None]]
) -> Iterator[_Result]:
    """Yields the results of records that could not be decided before all redirects and originals were known.

    The records' bodies are not kept in memory, so the file is read again if some of them turn out to be captures.

    waiting: the visit of each such record, and the record itself if it's a revisit, by the record's number in the file.
    """
    late = {
        number
        for number, (visit, record) in waiting.items()
        if (file.original(record, visit) if record else not isinstance(file.asked(visit), LeftOut))
    }
    for number, (_, record) in waiting.items():
        if number not in late:
            yield _NOT_IN_FILE if record else _OTHER_ADDRESS
    if late:
        last = max(late)
        for number, item in enumerate(records(path)):
            if number in late and not isinstance(item, Gap):
                yield file.result(item)
            if number == last:
                return


class _PolicyRecords:
    """Makes captures of one policy from records, and notes what other records refer to."""

    def __init__(self, key: PolicyKey, policy: Policy, now: datetime) -> None:
        self._key = key
        self._policy = policy
        self._now = now
        #: The visits of redirecting records, by the urlkey of the target.
        self._redirects: dict[str, list[_Visit]] = {}
        #: By WARC-Record-ID, by (urlkey, time), and by WARC-Payload-Digest.
        self._originals: dict[object, _Original] = {}
        #: The originals of each urlkey that are no empty pages.
        self._pages: dict[str, list[_Original]] = {}

    def result(self, record: Record) -> _Result:
        """Returns the capture made from a record and its payload, or LeftOut if the record is no capture."""
        visit = _visit(record)
        response = parse_response(record.block)
        if visit is None:
            return LeftOut("with a malformed address or date")
        status = response.status if response is not None and record.kind != "resource" else None
        target = response.header("location") if response is not None and status and 300 <= status < 400 else ""
        if target:
            with suppress(ValueError):  # the target may not be a web address
                self._redirects.setdefault(urlkey(urljoin(visit.url, percent_encoded(target))), []).append(visit)
        asked = self.asked(visit)
        if isinstance(asked, LeftOut):
            return asked
        if target:
            return LeftOut("with a redirect")
        if implausible_time(visit.captured_at, self._now):
            return _IMPLAUSIBLE_TIME
        payload: bytes | None = None
        if record.kind == "revisit":
            original = self.original(record, visit)
            if original is None:
                return _NOT_IN_FILE
        elif record.kind == "response" and response is None:
            return LeftOut("without an HTTP response")
        elif record.kind == "response" and status is None:
            return LeftOut("with an HTTP status outside 100 to 999")
        elif status == 304:
            return LeftOut("with status 304, which has no page")
        else:
            try:
                payload, truncated = _payload(record, response if record.kind == "response" else None)
            except (DamagedBodyError, BodyTooLargeError):
                return _DAMAGED
            except UnknownCodingError:
                return LeftOut("in an unknown content coding")
            original = self._note_original(record, visit, status, response, payload, truncated)
        identifiers = {"record_id": record.record_id}
        if original.truncated:
            identifiers["truncated"] = original.truncated
        capture = Capture(
            vendor=self._key.vendor,
            policy=self._key.policy,
            source="warc",
            captured_at=visit.captured_at,
            url=visit.url,
            asked_url=[*asked, visit.url][0],
            redirects=asked,
            # A server that says 304 says that the page is the one it has sent with another status.
            status=original.status if record.kind == "revisit" and status in (None, 304) else status,
            headers=response.headers if response is not None and record.kind != "resource" else (),
            media_type=original.media_type,
            sha256=original.sha256,
            provenance=Provenance("warc", identifiers),
        )
        return capture, payload

    def asked(self, visit: _Visit) -> tuple[str, ...] | LeftOut:
        """Returns the addresses that redirected on the way from a location of the policy to an address.

        Empty if the address is a location. LeftOut if the address doesn't belong to the policy.
        """
        location = self._policy.location_for(visit.url, visit.captured_at)
        if location is not None and location.pages:
            return LeftOut("of one page of a policy that has several pages")
        if location is not None:
            return ()
        trail = self._trail(visit, {visit.urlkey})
        if trail is not None:
            return trail
        if any(location.urlkey == visit.urlkey for location in self._policy.locations):
            return LeftOut("of a location outside its declared dates")
        return _OTHER_ADDRESS

    def original(self, record: Record, visit: _Visit) -> _Original | None:
        """Returns the capture that has the payload of a revisit record; None if no such capture is known."""
        fields = record.fields
        digest = _digest_value(fields.get("warc-payload-digest", ""))
        is_not_modified = fields.get("warc-profile", "").endswith("server-not-modified")
        refers_to: list[object] = [fields.get("warc-refers-to", "")]
        with suppress(ValueError, UsageError):
            url = fields.get("warc-refers-to-target-uri", "").strip("<> ") or visit.url
            refers_to.append((urlkey(url), _time(fields.get("warc-refers-to-date", ""))))
        if not is_not_modified and digest in self._originals:
            return self._originals[digest]
        for reference in refers_to:
            original = self._originals.get(reference)
            if original and (is_not_modified or not digest or not original.digest or digest == original.digest):
                return original
        if not is_not_modified:
            return None
        # The digest of a 304 is often that of its own, empty body. The server means the page that the crawler had.
        if digest in self._originals and digest != _EMPTY:
            return self._originals[digest]
        pages = self._pages.get(visit.urlkey, ())
        return max(
            (page for page in pages if page.captured_at <= visit.captured_at),
            key=lambda page: page.captured_at,
            default=None,
        )

    def _trail(self, visit: _Visit, seen: set[str], hops: int = 0) -> tuple[str, ...] | None:
        if hops == _MOST_HOPS:
            return None
        for redirect in self._redirects.get(visit.urlkey, ())[:_MOST_LOOKED_AT]:
            if len(seen) > _MOST_LOOKED_AT:
                return None
            if redirect.urlkey in seen or abs(visit.captured_at - redirect.captured_at) > _REDIRECT_WINDOW:
                continue
            seen.add(redirect.urlkey)
            location = self._policy.location_for(redirect.url, redirect.captured_at)
            trail = () if location is not None and not location.pages else self._trail(redirect, seen, hops + 1)
            if trail is not None:
                return (*trail, redirect.url)
        return None

    def _note_original(
        self,
        record: Record,
        visit: _Visit,
        status: int | None,
        response: HttpResponse | None,
        payload: bytes,
        truncated: str,
    ) -> _Original:
        if record.kind == "resource" or response is None:
            media_type = record.fields.get("content-type", "")
        else:
            media_type = response.header("content-type")
        digest = _digest_value(record.fields.get("warc-payload-digest", ""))
        original = _Original(visit.captured_at, status, media_type, sha256_hex(payload), digest, truncated)
        if record.record_id:
            self._originals[record.record_id] = original
        self._originals[visit.urlkey, visit.captured_at] = original
        if digest:
            self._originals[digest] = original
        if payload and status in (None, 200):
            self._pages.setdefault(visit.urlkey, []).append(original)
        return original


def _is_of_another_scheme(record: Record) -> bool:
    """Returns whether a record is no page of the web, such as an answer of a name server (`dns:vendor.example`)."""
    return re.match(r"(?!https?:)[a-z][a-z0-9+.-]*:", record.address, re.IGNORECASE) is not None


def _visit(record: Record) -> _Visit | None:
    try:
        return _Visit(record.address, urlkey(record.address), _time(record.fields.get("warc-date", "")))
    except (ValueError, UsageError):
        return None


def _time(date: str) -> datetime:
    """Returns a WARC-Date as a time. Some programs, and ARC files, write the 14 digits of an archive's index instead.

    ValueError or UsageError if it is no time.
    """
    return parse_timestamp(date) if re.fullmatch(r"\d{14}", date) else parse_span(date).begin


def _note_metadata(record: Record, described: dict[str, Capture | None]) -> None:
    """Adds the capture that a metadata record describes to `described`. Ignores metadata records of other programs.

    described: maps the WARC-Record-ID of a capture's record to the capture that the metadata describes. The value is
        None if the metadata can't be read.
    """
    if record.fields.get("content-type") == METADATA_TYPE:
        described[record.fields.get("warc-refers-to", "")] = capture_in(record.block)


def _described_capture(
    record: Record, capture: Capture | None, key: PolicyKey, yielded_payloads: set[str], now: datetime
) -> tuple[Capture, bytes | None] | LeftOut:
    """Returns the capture that a record's metadata describes, and the payload.

    Returns LeftOut if the capture belongs to another policy, or if the record contradicts the metadata.

    capture: the capture from the metadata; None if the metadata can't be read.
    yielded_payloads: the SHA-256 of each payload that was yielded with an earlier capture. If the function returns a
        payload, it adds the SHA-256 of the payload.
    now: the present time. A capture with a time that can't be true is yielded if its reading quarantines it, as before
        the export.
    """
    if capture is not None and capture.key != key:
        return LeftOut("of another policy")
    response = parse_response(record.block) if record.kind != "resource" else None
    if capture is None or not _agrees(capture, record, response):
        return _CONTRADICTION
    is_quarantined_by_reading = implausible_time(capture.captured_at, capture.answered_at)
    if implausible_time(capture.captured_at, now) and not is_quarantined_by_reading:
        return _IMPLAUSIBLE_TIME
    if record.kind == "revisit":
        return (capture, None) if capture.sha256 in yielded_payloads else _NOT_IN_FILE
    try:
        payload, _ = _payload(record, response)
    except (DamagedBodyError, BodyTooLargeError, UnknownCodingError):
        return _DAMAGED
    if sha256_hex(payload) != capture.sha256:
        return _CONTRADICTION
    yielded_payloads.add(capture.sha256)
    return capture, payload


def _agrees(capture: Capture, record: Record, response: HttpResponse | None) -> bool:
    """Returns whether a record has the address, time and status of the capture."""
    try:
        captured_at = _time(record.fields.get("warc-date", ""))
    except (ValueError, UsageError):
        return False
    status = response.status if response is not None else None
    return (record.fields.get("warc-target-uri"), captured_at, status) == (
        target_uri(capture.url),
        capture.captured_at,
        capture.status,
    )


def _payload(record: Record, response: HttpResponse | None) -> tuple[bytes, str]:
    """Returns the decoded body of a record, and what shows that the body is incomplete; '' if nothing does.

    response: the HTTP response in the record; None for a resource record.

    Raises the same errors as `formats.content_codings.decode`, but not if the body can be decoded up to its cut-off
    end.
    """
    received = response.body if response is not None else record.block
    if record.is_too_large or len(received) > _MAX_SIZE:
        raise BodyTooLargeError
    body, fault = received, ""
    codings: Sequence[str] = ()
    if response is not None:
        codings = response.headers_named("content-encoding")
        if response.header("transfer-encoding").lower() == "chunked":
            body, fault = dechunk(received)
    try:
        payload = decode(body, codings, _MAX_SIZE)
    except CutOffBodyError as error:
        payload, fault = error.beginning, fault or str(error)
    fields = record.fields
    if reason := fields.get("warc-truncated"):
        return payload, f"WARC-Truncated: {escape_line(reason)}"
    if fields.get("warc-segment-number"):
        return payload, "the record is one of several segments"
    if fault:
        return payload, fault
    is_whole = _matches(fields.get("warc-payload-digest", ""), (received, body, payload, record.block))
    if is_whole is None:
        is_whole = _matches(fields.get("warc-block-digest", ""), (record.block,))
    if is_whole is False:
        return payload, "the body doesn't match the record's digest"
    is_announced_length = response is not None and response.header("content-length") == str(len(received))
    if record.missing > _SLIP and not is_whole and not is_announced_length:
        return payload, f"the record is {record.missing} bytes shorter than announced"
    return payload, ""


def _matches(digest: str, contents: Sequence[bytes]) -> bool | None:
    """Returns whether a digest is that of one of the contents; None if there is no digest of a known algorithm.

    Programs don't agree on what a payload digest is computed from: the body as received, without its chunks, or
    decoded.
    """
    parsed = _parsed_digest(digest)
    if parsed is None:
        return None
    algorithm, value = parsed
    return any(hashlib.new(algorithm, content, usedforsecurity=False).digest() == value for content in contents)


def _digest_value(digest: str) -> str:
    """Returns a digest such as `SHA-1:NZCJ…` in a uniform way: `sha1:`, and the value in hexadecimal.

    A digest of an unknown algorithm or form is returned unchanged.
    """
    parsed = _parsed_digest(digest)
    return f"{parsed[0]}:{parsed[1].hex()}" if parsed else digest


def _parsed_digest(digest: str) -> tuple[str, bytes] | None:
    """Returns the name of a digest's algorithm for hashlib, and its value; None for an unknown algorithm or form."""
    label, _, text = digest.partition(":")
    algorithm = label.lower().replace("-", "")
    if algorithm not in _DIGESTS:
        return None
    text = text.strip()
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    try:
        is_hexadecimal = len(text) == 2 * size
        value = bytes.fromhex(text) if is_hexadecimal else base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError:  # binascii.Error is a ValueError
        return None
    return (algorithm, value) if len(value) == size else None


_EMPTY = _digest_value(f"sha1:{hashlib.sha1(b'', usedforsecurity=False).hexdigest()}")
