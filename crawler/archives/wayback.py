"""The client of the Wayback Machine and of archives like it: builds requests, parses answers, does no I/O.

Sources of the rules: the CDX server's documentation (internetarchive/wayback, wayback-cdx-server/README.md), Memento
(RFC 7089), and what the archive's users report of it.
"""

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from waybackpy import WaybackMachineCDXServerAPI
from waybackpy.cdx_snapshot import CDXSnapshot
from waybackpy.cdx_utils import full_url

from core.archives import ListedCapture, moment_of, timestamp_of
from core.dates import iso
from core.exceptions import ArchiveError
from crawler.http_dates import http_date

Kind = Literal["listing", "replay"]

LISTING_SLOT = "archive-listing"
REPLAY_SLOT = "archive-replay"
# Ask for the plain bytes: the archive labels some bodies gzip that are none.
HEADERS = {"Accept-Encoding": "identity"}

_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
_HOPS = 5
# A redirect's target was captured at about the time of the redirect, or the archive does not know what it was.
_REDIRECT_WINDOW = timedelta(days=1)
_MEMENTO_PATH = re.compile(r"(?:(?:https?:)?//([^/]+))?/web/(\d{4,14})(?:[a-z]{2}_)?/(.+)", re.S)
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w!#$&+^`|~-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?)*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.I)
_EXCEPTION = re.compile(r"\b(\w+)Exception\b")


def is_local(base: str) -> bool:
    """Whether an archive is on this very machine, by its address: it needs no sparing."""
    host = urlsplit(base).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# --- the index -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One answer of the index.

    malformed: how many rows could not be read and were skipped. resume_key: what to ask on with; None: that was all.
    """

    rows: tuple[ListedCapture, ...]
    malformed: int
    resume_key: str | None


def listing_url(
    base: str, url: str, begin: datetime | None, end: datetime | None, limit: int, resume_key: str | None = None
) -> str:
    """The index query for the captures of an address from begin to end, both included.

    base: scheme, host and port of the archive. limit: rows of one answer.
    """
    query = WaybackMachineCDXServerAPI(
        url,
        start_timestamp=timestamp_of(begin) if begin else None,
        end_timestamp=timestamp_of(end) if end else None,
    )
    query.endpoint = f"{base}/cdx/search/cdx"
    payload: dict[str, str] = {}
    query.add_payload(payload)
    payload |= {"output": "json", "fl": ",".join(_FIELDS), "limit": str(limit), "showResumeKey": "true"}
    if resume_key:
        payload["resumeKey"] = resume_key
    result: str = full_url(query.endpoint, payload)
    return result


def parse_listing(body: bytes) -> ListingPage:
    """An answer of the index. ArchiveError when it is none: HTML, say, or nothing at all."""
    table = _table(body)
    resume_key = None
    if len(table) >= 2 and table[-2] == [] and len(table[-1]) == 1:
        resume_key = str(table[-1][0])
        table = table[:-2]
    rows, malformed = [], 0
    for fields in table[1:]:
        try:
            rows.append(_row(dict(zip(table[0], fields, strict=True))))
        except (ValueError, TypeError, KeyError, AttributeError):
            malformed += 1
    return ListingPage(tuple(rows), malformed, resume_key)


def _table(body: bytes) -> list[list[Any]]:
    try:
        table = json.loads(body)
    except ValueError:
        table = None
    if not isinstance(table, list) or not all(isinstance(row, list) for row in table):
        start = body[:60].decode("utf-8", "replace").strip()
        given = f"something else: {start!r}" if start else "nothing"
        raise ArchiveError(f"the archive's index answers with {given}")
    if table and not set(_FIELDS) <= set(map(str, table[0])):
        raise ArchiveError("the archive's index answers without the fields asked for")
    return table


def _row(fields: Mapping[str, str]) -> ListedCapture:
    """ValueError for a row no capture can be asked for by, such as the timestamp 20000800000000 or a space in it."""
    if not re.fullmatch(r"\d{14}", fields["timestamp"]) or not re.fullmatch(r"\d{3}|-", fields["statuscode"]):
        raise ValueError(fields)
    if not re.fullmatch(r"https?://\S+", fields["original"], re.I):
        raise ValueError(fields)
    snapshot = CDXSnapshot(dict(fields))
    return ListedCapture(
        snapshot.urlkey,
        snapshot.timestamp,
        snapshot.original,
        snapshot.mimetype,
        snapshot.statuscode,
        snapshot.digest,
    )


# --- replays ---------------------------------------------------------------------------------------------------------


def replay_url(base: str, timestamp: str, url: str) -> str:
    """The address of a capture's bytes as they were archived: `id_` leaves them alone."""
    return f"{base}/web/{timestamp}id_/{url}"


@dataclass(frozen=True, slots=True)
class Memento:
    """What the archive says of an archived answer. at: when it was captured (aware UTC). url: of what."""

    at: datetime
    url: str


def memento(headers: Mapping[str, str], asked_url: str) -> Memento | None:
    """The archived answer these headers announce (RFC 7089, section 2); None when this is the archive's own answer.

    headers: by lower-case name. asked_url: the address whose capture was asked for, which holds where the answer
    names no original.
    """
    at = http_date(headers.get("memento-datetime", ""))
    if at is None:
        return None
    originals = [
        target
        for target, parameters in _LINK.findall(headers.get("link", ""))
        for quoted, bare in _REL.findall(parameters)
        if "original" in (quoted or bare).lower().split()
    ]
    return Memento(at, (originals or [asked_url])[0])


@dataclass(frozen=True, slots=True)
class Visit:
    """Where the replay of a row stands.

    timestamp, url: the capture asked for now. passed: the archived addresses that redirected here, the row's first.
    hops: redirects followed so far, the archive's own among them.
    """

    row: ListedCapture
    timestamp: str
    url: str
    passed: tuple[str, ...] = ()
    hops: int = 0

    @classmethod
    def of(cls, row: ListedCapture) -> "Visit":
        """The visit that asks for the row's own capture."""
        return cls(row, row.timestamp, row.original)


@dataclass(frozen=True, slots=True)
class Answer:
    """The archived answer. then: where it redirects to, to be asked for next; None when it is the last one."""

    memento: Memento
    then: Visit | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The archive's own redirect, to the capture under another form of its address or near the time asked for."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class Missing:
    """The index names this capture, but the archive does not give it."""

    why: str


def read_replay(
    visit: Visit, base: str, status: int, headers: Mapping[str, str], body: bytes
) -> Answer | Elsewhere | Missing:
    """What the answer to a replay request is. headers: by lower-case name; base: the archive's.

    An archived answer is what it is whatever its status. One that was captured at another time than the one asked for
    is not the one asked for; only a redirect's target, whose own time nobody knows, may be a day away.
    """
    location = headers.get("location", "") if 300 <= status < 400 else ""
    found = memento(headers, visit.url)
    if found is None:
        nearest = _inside(base, location)
        if nearest is None:
            return Missing(_refusal(status, body))
        try:
            at = moment_of(nearest[0])
        except ValueError:
            return Missing("the archive redirects to a time there is not")
        if fault := _fault_of_time(visit, at):
            return fault
        if visit.hops >= _HOPS:
            return Missing("the archive redirects without end")
        return Elsewhere(Visit(visit.row, *nearest, visit.passed, visit.hops + 1))
    if fault := _fault_of_time(visit, found.at):
        return fault
    return Answer(found, _following(visit, base, found, location))


def _following(visit: Visit, base: str, found: Memento, location: str) -> Visit | None:
    """The capture an archived redirect leads to: `id_` leaves Location as it was, so it is looked up in the archive."""
    if not location or visit.hops >= _HOPS:
        return None
    inside = _inside(base, location)
    try:
        target = inside[1] if inside else urljoin(found.url, location)
    except ValueError:
        return None
    passed = (*visit.passed, found.url)
    if not re.match(r"https?://[^/\s]", target, re.I) or target in passed:
        return None
    return Visit(visit.row, timestamp_of(found.at), target.partition("#")[0], passed, visit.hops + 1)


def _fault_of_time(visit: Visit, at: datetime) -> Missing | None:
    distance = abs(at - visit.row.captured_at)
    if distance <= (_REDIRECT_WINDOW if visit.passed else timedelta()):
        return None
    return Missing(f"the archive gives its capture of {iso(at)} instead")


def _inside(base: str, location: str) -> tuple[str, str] | None:
    """Timestamp and address of the capture that a Location in the archive names; None for one that is outside."""
    match = _MEMENTO_PATH.fullmatch(location)
    if not match or (match[1] and match[1].lower() != urlsplit(base).netloc.lower()):
        return None
    return match[2], match[3]


# --- the archive's own troubles --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trouble:
    """The archive itself cannot answer now; asking again later may help.

    retry_after: the value of Retry-After, '' when there is none. too_many: it finds that we ask too much. of_all: it
    concerns whatever is asked, not perhaps this one capture. refused: it takes no connection.
    """

    why: str
    retry_after: str = ""
    too_many: bool = False
    of_all: bool = False
    refused: bool = False


def trouble(kind: Kind, status: int, headers: Mapping[str, str], body: bytes) -> Trouble | None:
    """Whether an answer is the archive's own trouble; None when it is an answer to what was asked, good or bad.

    headers: by lower-case name. An archived answer (with Memento-Datetime) is never trouble: an archived 429 is a
    fact about that day.
    """
    if kind == "replay" and memento(headers, "") is not None:
        return None
    if status == 429 or status >= 500:
        return Trouble(f"status {status}", headers.get("retry-after", ""), status == 429, status == 429)
    if status == 200 and kind == "replay":
        return Trouble("a page of its own instead of the capture")
    if status == 200:
        try:
            _table(body)
        except ArchiveError as error:
            return Trouble(str(error))
    return None


def _refusal(status: int, body: bytes) -> str:
    """Why the archive refuses, from its answer: it names a Java exception where a site is excluded."""
    names: Sequence[str] = _EXCEPTION.findall(body[:20_000].decode("utf-8", "replace"))
    if any("AccessControl" in name for name in names):
        return "the archive withholds this site, at the site's request"
    return f"the archive answers with status {status}"


def listing_refusal(status: int, body: bytes) -> str | None:
    """Why the index refuses to list an address; None when it does not."""
    return None if status == 200 else _refusal(status, body)
