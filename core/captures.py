"""Captures, and the verdicts and readings that extraction makes from captures."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from core.archives import ArchiveName, Provenance
from core.clauses import Document
from core.limits import FaultKind
from core.policies import PolicyKey

Source = Literal["live", "file", ArchiveName]
VerdictName = Literal["accepted", "quarantined"]
#: The rules of the verdicts on captures whose reading was stopped: by a limit on time or memory, because its process
#: ended, or by an error of the extractor (`core.limits.WorkFault`).
STOPPED_READINGS: frozenset[str] = frozenset(get_args(FaultKind))
Reason = Literal[
    "blocked",  # the site sent a challenge, a CAPTCHA or a message that access is denied
    "not_found",  # the site sent an error page for a missing page, with any HTTP status, or redirected to the home page
    "login",  # the site requires visitors to log in
    "consent",  # a consent wall: the page shows nothing until visitors accept cookies or subscribe
    "empty",  # a page without text, or a page that shows its text only in a frame or with JavaScript
    "truncated",  # a part of the page is missing, or a browser couldn't finish rendering the page
    "other_document",
    "other_language",
    "not_a_policy",
    "unavailable",  # an HTTP status of 5xx, 429, 400 or 408, or a page that reports a server error or maintenance
    "unreadable",  # the bytes are encrypted, damaged, of a type that contains no text, or can't be read within limits
    "implausible",  # the capture's time can't be true, or the server's answer has no valid HTTP status
    "rejected",  # a person reviewed the capture and rejected it
]


def reason_words(reason: Reason | None) -> str:
    """Returns a reason in the words of a sentence: `not found`. reason: None gives the empty string."""
    return (reason or "").replace("_", " ")


#: No capture is earlier.
BEGIN_OF_THE_WEB = datetime(1990, 1, 1, tzinfo=UTC)
_MOST_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Composition:
    """How a capture was composed of several captures, for instance of the pages of one policy (`formats.multipart`).

    Each of the several captures is one part.

    parts: the captures that were combined, as JSON that `formats.multipart` writes and reads. Only reading the payload
        parses this JSON, so that listing captures stays fast.
    fault: a sentence that says why the capture is incomplete; '' if the capture is complete. A capture with a fault is
        quarantined.
    """

    parts: str
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One observation of a policy: the bytes that a location returned at a certain time, and the source of the bytes.

    All times are timezone-aware UTC.

    vendor, policy: the slugs of the vendor and of the policy that the capture belongs to.
    source: `live` for a page fetched from the vendor's site, `file` for a page that a person saved, or the name of the
        archive.
    captured_at: the time at which the location returned these bytes: for `live` the time of the HTTP response, for
        `wayback` the Memento-Datetime, for `warc` the WARC-Date, and for `file` the time that the person stated.
    url: the address that sent the bytes, after redirects. For an archived capture, `url` is the address that the
        archive captured, not an address in the archive.
    asked_url: the address of the first request, which is a location of the policy.
    redirects: the addresses that redirected on the way from asked_url to url, beginning with asked_url; empty if there
        was no redirect.
    status: the status code of the HTTP response, from 100 to 999; None for a file, for a composed capture, and if the
        response had a status outside this range.
    headers: the names and values of the HTTP response's headers as received, in order.
    media_type: the Content-Type as received, with parameters; '' if the response had no Content-Type.
    sha256: the SHA-256 of the payload in lower-case hexadecimal. The payload is the body after content decoding.
    requested_at: the time at which the request was sent; None for a file.
    answered_at: the time at which the HTTP response was complete; None for a file.
    provenance: the archive, and the archive's identifiers of the capture; None for `live` and `file`.
    composition: the parts, if the capture is composed of several captures (`formats.multipart`); None for any other
        capture.
    rendered_by: the name and version of the browser that rendered these bytes; '' if a server sent the bytes.

    ValueError if a time has no time zone, or if the name of the archive in `provenance` differs from `source`.
    """

    vendor: str
    policy: str
    source: Source
    captured_at: datetime
    url: str
    asked_url: str
    redirects: tuple[str, ...] = ()
    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str
    sha256: str
    requested_at: datetime | None = None
    answered_at: datetime | None = None
    provenance: Provenance | None = None
    composition: Composition | None = None
    rendered_by: str = ""

    def __post_init__(self) -> None:
        for moment in (self.captured_at, self.requested_at, self.answered_at):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a capture's times must be timezone-aware UTC")
        if self.provenance is not None and self.provenance.archive != self.source:
            raise ValueError("the source of an archived capture must be the name of its archive")

    @property
    def key(self) -> PolicyKey:
        """The key of the policy that the capture belongs to."""
        return PolicyKey(self.vendor, self.policy)


def implausible_time(captured_at: datetime, known_at: datetime | None) -> str:
    """Returns why a capture can't have been made at the stated time, as a phrase; '' if it can have been.

    The web began in 1990. No capture is made after it was received; one day allows for clocks that are wrong and for
    archives that state local times.

    captured_at: the stated time. known_at: when the capture was received; None if that is not known.
    """
    if captured_at < BEGIN_OF_THE_WEB:
        return "before 1990, when there was no web"
    # The difference is compared, since a sum could be later than the last date of the calendar.
    if known_at is not None and captured_at - known_at > _MOST_AHEAD:
        return "more than a day after it was received"
    return ""


def valid_status(status: int) -> int | None:
    """Returns the status of an HTTP response; None if it is outside 100 to 999 (RFC 9110, section 15: three digits)."""
    return status if 100 <= status <= 999 else None


def sha256_hex(payload: bytes) -> str:
    """Returns the SHA-256 of a payload in lower-case hexadecimal. Payloads are stored under this checksum."""
    return hashlib.sha256(payload).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision whether a capture shows the policy.

    name: `accepted` or `quarantined`.
    reason: the reason for the quarantine; None if the capture was accepted.
    evidence: a sentence that names the observations from which the verdict follows. A person can check these
        observations on the page. If the capture was accepted, the sentence names the frames within the policy, whose
        text isn't read; '' if there are none.
    needs_browser: whether the page would probably show the policy if a browser ran the page's scripts.
    rule: the name of the rule that quarantined the capture, such as `password_field`; '' if the capture was accepted.
        It is also '' if the reading was stored before readings had the names of rules.
    """

    name: VerdictName
    reason: Reason | None = None
    evidence: str = ""
    needs_browser: bool = False
    rule: str = ""

    @property
    def depends_on_machine(self) -> bool:
        """Whether the reading was stopped, so that another machine might come to another verdict."""
        return self.rule in STOPPED_READINGS


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of extraction for one capture.

    verdict: the decision whether the capture shows the policy.
    document: the text of the capture as clauses; None if the bytes could not be read.
    """

    verdict: Verdict
    document: Document | None
