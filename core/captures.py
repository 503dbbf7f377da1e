"""Captures, and what extraction makes of them: verdicts and readings."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.archives import ArchiveName, Provenance
from core.clauses import Document
from core.policies import PolicyKey

Source = Literal["live", "file", ArchiveName]
VerdictName = Literal["accepted", "quarantined"]
Reason = Literal[
    "blocked",  # a challenge, a CAPTCHA, a refusal
    "not_found",  # the page says that it doesn't exist, whatever its status; or the site redirected to its home page
    "login",
    "empty",  # a shell that needs JavaScript, a consent wall, nothing at all
    "truncated",  # cut off, or a browser couldn't finish rendering it
    "other_document",
    "other_language",
    "not_a_policy",
    "unavailable",  # a server error: 5xx or 429 as the page's own answer
    "unreadable",  # no extractor can read the bytes: encrypted, damaged, or of a type that holds no text
    "rejected",  # by a person's review
]


@dataclass(frozen=True, slots=True)
class Composition:
    """What is known of the answers that make up a composed capture (formats.multipart), beyond its payload.

    parts: the captures of the parts, as the JSON that `formats.multipart` writes and reads. It is parsed only to read
        the payload, not each time the capture is listed.
    fault: why the capture is not complete, in words; '' if it is. A capture with a fault is quarantined.
    """

    parts: str
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One observation of a policy: the bytes got from a location at a time, from a source.

    vendor, policy: slugs of the declaration it belongs to.
    source: `live` for a page fetched from its site, `file` for a page somebody saved, or the name of the archive.
    captured_at: when the page showed these bytes: the time of the answer for `live`, Memento-Datetime for `wayback`,
        WARC-Date for `warc`, the time the person gave for `file`. All times are timezone-aware UTC.
    url: the address the bytes came from, after redirects. For an archived capture, the address that was captured, not
        the archive's own.
    asked_url: the address first asked for, which is a location of the policy.
    redirects: the addresses that redirected on the way from asked_url to url, asked_url first; empty if none did.
    status: the HTTP status of the answer; None for a file and for a composed capture.
    headers: the answer's headers as received, in order.
    media_type: the Content-Type as received, parameters included; '' if there was none.
    sha256: lower-case hexadecimal SHA-256 of the payload, which is the body with its content coding undone.
    requested_at, answered_at: when the request was sent and when the answer was complete; None for a file.
    provenance: the archive and its identifiers; None for `live` and `file`.
    composition: set if the capture is composed of several answers (formats.multipart), else None.
    rendered_by: the browser that rendered these bytes, with its version; '' if they are what a server sent.

    ValueError if a time has no time zone, or if provenance and source disagree.
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
            raise ValueError("the source of an archived capture is its archive's name")

    @property
    def key(self) -> PolicyKey:
        """The policy it belongs to."""
        return PolicyKey(self.vendor, self.policy)


def sha256_hex(payload: bytes) -> str:
    """Returns the SHA-256 of a payload in lower-case hexadecimal, under which it is stored."""
    return hashlib.sha256(payload).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a capture shows the policy.

    reason: why the capture was quarantined; None if it was accepted.
    evidence: what led to the verdict, in words a person can check on the page.
    needs_browser: whether a browser, which runs the page's scripts, would probably show the policy.
    """

    name: VerdictName
    reason: Reason | None = None
    evidence: str = ""
    needs_browser: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What extraction makes of one capture. document: None if the bytes could not be read."""

    verdict: Verdict
    document: Document | None
