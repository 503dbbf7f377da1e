"""The client of the Wayback Machine, and of archives with the same interface, such as pywb.

Sources of the rules: the CDX server's documentation (internetarchive/wayback, wayback-cdx-server/README.md), Memento
(RFC 7089), and what the archive's users report of it.
"""

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from waybackpy import WaybackMachineCDXServerAPI
from waybackpy.cdx_snapshot import CDXSnapshot
from waybackpy.cdx_utils import full_url

from core.archives import ArchiveSite, ListedCapture, Provenance, format_timestamp, parse_timestamp
from core.dates import iso
from core.exceptions import (
    ArchiveError,
    ArchiveNotAnsweringError,
    ArchiveProtocolError,
    ArchiveRateLimitError,
    ArchiveRefusalError,
)
from crawler.archives.protocol import (
    ArchivedAnswer,
    ArchiveRedirect,
    CaptureNotGiven,
    Limits,
    ListingPage,
    Memento,
    Replay,
    ReplayResult,
    RequestKind,
)
from crawler.http_dates import http_date

_LIMITS = Limits(
    # The Wayback Machine allows about 30 index queries a minute and about 8 replays a second.
    listing_interval=2.5,
    replay_interval=0.125,
    listing_concurrency=1,
    replay_concurrency=4,
    listing_rows=5000,
    backoff=5.0,
    backoff_429=60.0,  # ignoring a 429 for a minute makes the Wayback Machine block the address for an hour
    backoff_max=900.0,
    tries=3,
    strikes=8,
    refusals=4,
    # Its firewall blocks for an hour at first, and twice as long each time it has to block again.
    first_block=3600.0,
    block_memory=24 * 3600.0,
)

_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
_MAX_HOPS = 5
# The target of an archived redirect was captured at about the time of the redirect. A capture from another day doesn't
# show what the redirect led to.
_REDIRECT_WINDOW = timedelta(days=1)
_MEMENTO_PATH = re.compile(r"(?:(?:https?:)?//([^/]+))?/web/(\d{4,14})(?:[a-z]{2}_)?/(.+)", re.S)
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w!#$&+^`|~-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?)*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.I)
_EXCEPTION = re.compile(r"\b(\w+)Exception\b")


class WaybackMachine:
    """The Archive protocol (crawler.archives.protocol), whose docstrings say what each member is for."""

    limits = _LIMITS
    # The archive labels some bodies gzip that are not compressed.
    request_headers: Mapping[str, str] = {"Accept-Encoding": "identity"}

    def __init__(self, address: str) -> None:
        self.site = ArchiveSite("wayback", address)

    @property
    def budget_key(self) -> str | None:
        """The archive's host and port; None for an archive on this machine, such as the one that tests start."""
        return None if _is_local(self.site.address) else urlsplit(self.site.address).netloc.lower()

    def listing_url(
        self, url: str, begin: datetime | None, end: datetime | None, limit: int, resume_key: str | None = None
    ) -> str:
        """Returns a query to the CDX server."""
        query = WaybackMachineCDXServerAPI(
            url,
            start_timestamp=format_timestamp(begin) if begin else None,
            end_timestamp=format_timestamp(end) if end else None,
        )
        query.endpoint = f"{self.site.address}/cdx/search/cdx"
        payload: dict[str, str] = {}
        query.add_payload(payload)
        payload |= {"output": "json", "fl": ",".join(_FIELDS), "limit": str(limit), "showResumeKey": "true"}
        if resume_key:
            payload["resumeKey"] = resume_key
        result: str = full_url(query.endpoint, payload)
        return result

    def parse_listing(self, status: int, body: bytes) -> ListingPage:
        """Returns a page of the CDX server's JSON."""
        if status != 200:
            raise ArchiveRefusalError(_refusal(status, body))
        table = _table(body)
        resume_key = None
        if len(table) >= 2 and table[-2] == [] and len(table[-1]) == 1:
            resume_key = str(table[-1][0])
            table = table[:-2]
        captures, malformed = [], 0
        for row in table[1:]:
            try:
                captures.append(_listed_capture(dict(zip(table[0], row, strict=True))))
            except (ValueError, TypeError, KeyError, AttributeError):
                malformed += 1
        return ListingPage(tuple(captures), malformed, resume_key)

    def replay_url(self, timestamp: str, url: str) -> str:
        """Returns an address with `id_`, which makes the archive send the bytes as they were captured."""
        return f"{self.site.address}/web/{timestamp}id_/{url}"

    def parse_replay(self, replay: Replay, status: int, headers: Mapping[str, str], body: bytes) -> ReplayResult:
        """Returns what an answer is.

        Its capture time has to be that of the listed capture. Only the target of an archived redirect, whose capture
        time the index was not asked for, may differ by up to a day.
        """
        location = headers.get("location", "") if 300 <= status < 400 else ""
        memento = read_memento(headers, replay.url)
        if memento is None:
            nearest = self._archived_address(location)
            if nearest is None:
                return CaptureNotGiven(_refusal(status, body))
            try:
                captured_at = parse_timestamp(nearest[0])
            except ValueError:
                return CaptureNotGiven("the archive redirects to a time that does not exist")
            if not_given := _check_time(replay, captured_at):
                return not_given
            if replay.hops >= _MAX_HOPS:
                return CaptureNotGiven("the archive redirects without end")
            return ArchiveRedirect(Replay(replay.listed, *nearest, replay.passed, replay.hops + 1))
        if not_given := _check_time(replay, memento.captured_at):
            return not_given
        return ArchivedAnswer(memento, self._redirect_target(replay, memento, location))

    def provenance(self, listed: ListedCapture, replay_url: str) -> Provenance:
        """Returns the identifiers that the index gives, and the memento's address."""
        return Provenance(
            self.site.name,
            {
                "timestamp": listed.timestamp,
                "digest": listed.digest,
                "urlkey": listed.urlkey,
                "memento": replay_url,
            },
        )

    def trouble(self, kind: RequestKind, status: int, headers: Mapping[str, str], body: bytes) -> ArchiveError | None:
        """Returns trouble for 429 and 5xx, and for an answer with status 200 that is not what was asked for."""
        if kind == "replay" and read_memento(headers, "") is not None:
            return None
        retry_after = headers.get("retry-after", "")
        if status == 429:
            return ArchiveRateLimitError("status 429", retry_after=retry_after, affects_all=True)
        if status >= 500:
            return ArchiveNotAnsweringError(f"status {status}", retry_after=retry_after)
        if status == 200 and kind == "replay":
            return ArchiveProtocolError("a page of its own instead of the capture")
        if status == 200:
            try:
                _table(body)
            except ArchiveProtocolError as error:
                return error
        return None

    def _redirect_target(self, replay: Replay, memento: Memento, location: str) -> Replay | None:
        """Returns the replay of the address that an archived answer redirects to; None if it leads nowhere new.

        `id_` leaves Location as it was captured, so its address is looked up in the archive.
        """
        if not location or replay.hops >= _MAX_HOPS:
            return None
        archived = self._archived_address(location)
        try:
            target = archived[1] if archived else urljoin(memento.url, location)
        except ValueError:
            return None
        passed = (*replay.passed, memento.url)
        if not re.match(r"https?://[^/\s]", target, re.I) or target in passed:
            return None
        timestamp = format_timestamp(memento.captured_at)
        return Replay(replay.listed, timestamp, target.partition("#")[0], passed, replay.hops + 1)

    def _archived_address(self, location: str) -> tuple[str, str] | None:
        """Returns timestamp and address of the capture that a Location names; None if it leads out of the archive."""
        match = _MEMENTO_PATH.fullmatch(location)
        if not match or (match[1] and match[1].lower() != urlsplit(self.site.address).netloc.lower()):
            return None
        return match[2], match[3]


def read_memento(headers: Mapping[str, str], asked_url: str) -> Memento | None:
    """Returns the memento that an answer is (RFC 7089, section 2); None if it is an answer of the archive's own.

    headers: by lower-case name. asked_url: the address whose capture was asked for. It is the memento's if the answer
    does not name the original.
    """
    captured_at = http_date(headers.get("memento-datetime", ""))
    if captured_at is None:
        return None
    originals = [
        target
        for target, parameters in _LINK.findall(headers.get("link", ""))
        for quoted, bare in _REL.findall(parameters)
        if "original" in (quoted or bare).lower().split()
    ]
    return Memento(captured_at, (originals or [asked_url])[0])


def _is_local(address: str) -> bool:
    """Returns whether an archive is on this machine, by its address; no name is looked up."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _table(body: bytes) -> list[list[Any]]:
    """Returns the rows of a CDX answer, field names first. ArchiveProtocolError if it is something else."""
    try:
        table = json.loads(body)
    except ValueError:
        table = None
    if not isinstance(table, list) or not all(isinstance(row, list) for row in table):
        start = body[:60].decode("utf-8", "replace").strip()
        content = f"something else: {start!r}" if start else "nothing"
        raise ArchiveProtocolError(f"the archive's index answers with {content}")
    if table and not set(_FIELDS) <= set(map(str, table[0])):
        raise ArchiveProtocolError("the archive's index answers without the fields asked for")
    return table


def _listed_capture(row: Mapping[str, str]) -> ListedCapture:
    """Returns the capture of a row. ValueError if it can't be asked for: indexes hold 20000800000000, or spaces."""
    if not re.fullmatch(r"\d{14}", row["timestamp"]) or not re.fullmatch(r"\d{3}|-", row["statuscode"]):
        raise ValueError(row)
    if not re.fullmatch(r"https?://\S+", row["original"], re.I):
        raise ValueError(row)
    snapshot = CDXSnapshot(dict(row))
    return ListedCapture(
        snapshot.urlkey,
        snapshot.timestamp,
        snapshot.original,
        snapshot.mimetype,
        snapshot.statuscode,
        snapshot.digest,
    )


def _check_time(replay: Replay, captured_at: datetime) -> CaptureNotGiven | None:
    """Returns the fault of a capture whose time is not the one asked for; None if its time is right."""
    distance = abs(captured_at - replay.listed.captured_at)
    if distance <= (_REDIRECT_WINDOW if replay.passed else timedelta()):
        return None
    return CaptureNotGiven(f"the archive gives its capture of {iso(captured_at)} instead")


def _refusal(status: int, body: bytes) -> str:
    """Returns why the archive refuses: where a site is excluded, the answer names a Java exception."""
    names: Sequence[str] = _EXCEPTION.findall(body[:20_000].decode("utf-8", "replace"))
    if any("AccessControl" in name for name in names):
        return "the archive withholds this site, at the site's request"
    return f"the archive answers with status {status}"
