"""WARC files (ISO 28500) as captures of one policy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from core.addresses import urlkey
from core.captures import Capture, sha256_hex
from core.declarations import Policy
from core.exceptions import UsageError
from core.moments import parse_span

# A crawler asks for a redirect's target at once; a record further away in time is of another visit.
_REDIRECT_WINDOW = timedelta(minutes=5)


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

    UsageError when the file cannot be opened, is no WARC, or breaks off; what came before has been given.
    """
    redirects: dict[str, _Redirect] = {}
    seen: dict[str, _Original] = {}
    count = 0
    try:
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                if record.rec_type not in ("response", "revisit") or record.http_headers is None:
                    continue
                found = _capture(record, vendor, policy_slug, policy, redirects, seen)
                if record.raw_stream.limit and not isinstance(found, LeftOut):
                    # warcio takes the end of the file for the end of the record.
                    raise EOFError("the file ends inside a record")
                count += 1
                yield found
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    except (ArchiveLoadFailed, EOFError, ValueError) as error:
        raise UsageError(f"{path}: not a whole WARC file, it breaks off after {count} responses: {error}") from None
    if not count:
        raise UsageError(f"{path}: not a whole WARC file: there is no response in it")


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
        redirects[urlkey(urljoin(url, target))] = _Redirect(asked_url, (*passed, url), captured_at)
        return LeftOut("a redirect")

    digest = headers.get_header("WARC-Payload-Digest") or ""
    if record.rec_type == "revisit":
        if digest not in seen:
            return LeftOut("a revisit of a record that is not in the file")
        original, payload = seen[digest], None
    else:
        payload = record.content_stream().read()
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
