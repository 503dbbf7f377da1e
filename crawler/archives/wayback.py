"""The client of the Wayback Machine, and of archives with the same interface, such as pywb.

Sources of the rules: the CDX server's documentation (internetarchive/wayback, wayback-cdx-server/README.md), Memento
(RFC 7089), and reports of the archive's users.
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

from core.addresses import LONGEST_ADDRESS, percent_encoded
from core.archives import ArchiveSite, ListedCapture, Provenance, format_timestamp, parse_timestamp
from core.dates import iso
from core.escaping import is_encodable
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
    # If a client keeps sending requests for a minute after a 429, the archive blocks the client's address for an hour.
    backoff_429=60.0,
    backoff_max=900.0,
    tries=3,
    strikes=8,
    refusals=4,
    # The archive's firewall blocks an address for an hour at first. Each further block is twice as long as the last.
    first_block=3600.0,
    block_memory=24 * 3600.0,
)

_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
_MAX_HOPS = 5
# The longest time between the capture of a redirect and the capture of its target. After a longer time, the target may
# have other content than when the redirect was captured.
_REDIRECT_WINDOW = timedelta(days=1)
_MEMENTO_PATH = re.compile(r"(?:(?:https?:)?//([^/]+))?/web/(\d{4,14})(?:[a-z]{2}_)?/(.+)", re.S)
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w!#$&+^`|~-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?)*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.I)
_EXCEPTION = re.compile(r"\b(\w+)Exception\b")


class WaybackMachine:
    """The client of the Wayback Machine. It implements `crawler.archives.protocol.Archive`, which explains each member.

    address: the archive's address, such as https://web.archive.org.
    """

    limits = _LIMITS
    # The archive declares some uncompressed bodies as gzip, so the crawl requests uncompressed bodies.
    request_headers: Mapping[str, str] = {"Accept-Encoding": "identity"}

    def __init__(self, address: str) -> None:
        self.site = ArchiveSite("wayback", address)

    @property
    def budget_key(self) -> str | None:
        """The archive's host and port; None for an archive on this machine, such as a test server."""
        return None if _is_local(self.site.address) else urlsplit(self.site.address).netloc.lower()

    def listing_url(
        self, url: str, begin: datetime | None, end: datetime | None, limit: int, resume_key: str | None = None
    ) -> str:
        """Returns the address of a query to the CDX server, which answers from the archive's index."""
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
        """Returns the page of the index that the CDX server's JSON contains."""
        if status != 200:
            raise ArchiveRefusalError(_refusal(status, body))
        table = _table(body)
        resume_key = None
        if len(table) >= 2 and table[-2] == [] and len(table[-1]) == 1:
            resume_key = str(table[-1][0])
            if not is_encodable(resume_key):
                raise ArchiveProtocolError("the archive's index sends a resume key that no request can contain")
            table = table[:-2]
        captures, malformed, not_modified = [], 0, 0
        for row in table[1:]:
            try:
                capture = _listed_capture(dict(zip(table[0], row, strict=True)))
            except (ValueError, TypeError, KeyError, AttributeError):
                malformed += 1
                continue
            if capture.statuscode == "304":
                not_modified += 1
            else:
                captures.append(capture)
        return ListingPage(tuple(captures), malformed, resume_key, not_modified)

    def replay_url(self, timestamp: str, url: str) -> str:
        """Returns an address with the marker `id_`, which makes the archive send the bytes exactly as captured."""
        return f"{self.site.address}/web/{timestamp}id_/{url}"

    def parse_replay(self, replay: Replay, status: int, headers: Mapping[str, str], body: bytes) -> ReplayResult:
        """Returns the result of a replay request.

        The response's capture time must be the time of the listed capture. Exception: after an archived redirect, the
        times may differ by up to a day, because the redirect and its target were captured separately.
        """
        location = percent_encoded(headers.get("location", "")) if 300 <= status < 400 else ""
        memento = read_memento(headers, replay.url)
        if memento is None:
            nearest = self._archived_address(location)
            if nearest is None:
                return CaptureNotGiven(_refusal(status, body))
            try:
                captured_at = parse_timestamp(nearest[0])
            except ValueError:
                return CaptureNotGiven("the archive redirects to a timestamp that is not a valid time")
            if not_given := _check_time(replay, captured_at):
                return not_given
            if len(nearest[1]) > LONGEST_ADDRESS:
                return CaptureNotGiven(
                    f"the archive redirects to an address of more than {LONGEST_ADDRESS:,} characters"
                )
            if replay.hops >= _MAX_HOPS:
                return CaptureNotGiven("the archive redirects too many times")
            return ArchiveRedirect(Replay(replay.listed, *nearest, replay.redirected_from, replay.hops + 1))
        if not_given := _check_time(replay, memento.captured_at):
            return not_given
        if status == 304:
            return CaptureNotGiven("the capture is a response of status 304, which has no page")
        return ArchivedAnswer(memento, self._redirect_target(replay, memento, location))

    def provenance(self, listed: ListedCapture, replay_url: str) -> Provenance:
        """Returns the identifiers from the row of the index, and the memento's address."""
        return Provenance(
            self.site.name,
            {
                "timestamp": listed.timestamp,
                "digest": listed.digest,
                "urlkey": listed.urlkey,
                "memento": replay_url,
            },
        )

    def temporary_error(
        self, kind: RequestKind, status: int, headers: Mapping[str, str], body: bytes
    ) -> ArchiveError | None:
        """Returns an error for 429 and 5xx, and for a 200 whose body is neither a listing nor an archived response."""
        if kind == "replay" and read_memento(headers, "") is not None:
            return None
        retry_after = headers.get("retry-after", "")
        if status == 429:
            return ArchiveRateLimitError("status 429", retry_after=retry_after, affects_all=True)
        if status >= 500:
            return ArchiveNotAnsweringError(f"status {status}", retry_after=retry_after)
        if status == 200 and kind == "replay":
            return ArchiveProtocolError("it sends a page of its own instead of the capture")
        if status == 200:
            try:
                _table(body)
            except ArchiveProtocolError as error:
                return error
        return None

    def _redirect_target(self, replay: Replay, memento: Memento, location: str) -> Replay | None:
        """Returns the replay that requests the target of an archived redirect.

        None if the response is not a redirect, if the target is not a web address or is too long, if the redirect leads
        back to an earlier address, or after too many redirects.

        Because of `id_`, the archive sends the Location header as captured. The header usually contains an address on
        the live web. The replay then requests the archive's capture of this address.
        """
        if not location or replay.hops >= _MAX_HOPS:
            return None
        archived = self._archived_address(location)
        try:
            target = archived[1] if archived else urljoin(memento.url, location)
        except ValueError:
            return None
        redirected_from = (*replay.redirected_from, memento.url)
        if not re.match(r"https?://[^/\s]", target, re.I) or target in redirected_from:
            return None
        if len(target) > LONGEST_ADDRESS:
            return None
        timestamp = format_timestamp(memento.captured_at)
        return Replay(replay.listed, timestamp, target.partition("#")[0], redirected_from, replay.hops + 1)

    def _archived_address(self, location: str) -> tuple[str, str] | None:
        """Returns the timestamp and the address of the capture to which a Location header points.

        None if the header points to an address outside the archive.
        """
        match = _MEMENTO_PATH.fullmatch(location)
        if not match or (match[1] and match[1].lower() != urlsplit(self.site.address).netloc.lower()):
            return None
        return match[2], match[3]


def read_memento(headers: Mapping[str, str], asked_url: str) -> Memento | None:
    """Returns the memento that the headers of an HTTP response describe (RFC 7089, section 2).

    None if the response is a page of the archive itself, such as an error page.

    headers: the response's headers, by lower-case name.
    asked_url: the address whose capture was requested. The memento gets this address if the response has no link with
        the relation `original`.
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
    """Returns whether an archive's address is an address of this machine. No host name is looked up."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _table(body: bytes) -> list[list[Any]]:
    """Returns the rows of a CDX response. The first row contains the field names.

    ArchiveProtocolError if the body is not a CDX response.
    """
    try:
        table = json.loads(body)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, list) or not all(isinstance(row, list) for row in table):
        start = body[:60].decode("utf-8", "replace").strip()
        raise ArchiveProtocolError(
            f"the archive's list of captures can't be read: it begins with {start!r}; run this crawl again later"
            if start
            else "the archive's list of captures has no content; run this crawl again later"
        )
    if table and not set(_FIELDS) <= set(map(str, table[0])):
        raise ArchiveProtocolError("the archive's list of captures lacks fields; run this crawl again later")
    return table


def _listed_capture(row: Mapping[str, str]) -> ListedCapture:
    """Returns the capture that a row lists.

    ValueError if the capture can't be requested. Real indexes contain such rows, for instance with the timestamp
    20000800000000 (month 08, day 00) or with a space in the address. JSON may contain lone surrogates, which can't be
    written as UTF-8.
    """
    if not all(is_encodable(row[name]) for name in _FIELDS if name != "length"):
        raise ValueError(row)
    if not re.fullmatch(r"\d{14}", row["timestamp"]) or not re.fullmatch(r"\d{3}|-", row["statuscode"]):
        raise ValueError(row)
    if not re.fullmatch(r"https?://\S+", row["original"], re.I) or len(row["original"]) > LONGEST_ADDRESS:
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
    """Returns a CaptureNotGiven if the archive returned a capture of another time than requested; otherwise None."""
    distance = abs(captured_at - replay.listed.captured_at)
    if distance <= (_REDIRECT_WINDOW if replay.redirected_from else timedelta()):
        return None
    return CaptureNotGiven(f"the archive returns its capture of {iso(captured_at)} instead")


def _refusal(status: int, body: bytes) -> str:
    """Returns why the archive refuses a request, in words.

    If a site is excluded from the archive, the response contains the name of a Java exception.
    """
    names: Sequence[str] = _EXCEPTION.findall(body[:20_000].decode("utf-8", "replace"))
    if any("AccessControl" in name for name in names):
        return "the archive withholds this site, at the site's request"
    return f"the archive answers with status {status}"
