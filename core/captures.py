"""Capture, verdict and reading: what was observed, and what it was taken to be."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.clauses import Document
from core.policies import PolicyKey

Source = Literal["live", "wayback", "warc", "file"]
VerdictName = Literal["accepted", "quarantined"]
Reason = Literal[
    "blocked",  # a challenge, a CAPTCHA, a refusal
    "not_found",  # the page says there is none, whatever its status; or the site sent us home
    "login",
    "empty",  # a shell that needs JavaScript, a consent wall, nothing at all
    "truncated",  # cut off, or a browser came to no end with it
    "other_document",
    "other_language",
    "not_a_policy",
    "unavailable",  # a server error: 5xx or 429 as the page's own answer
    "unreadable",  # bytes no extractor can read: encrypted, damaged, of a kind that holds no text
    "rejected",  # a person said so
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One observation of a policy: the bytes got from a location at a time, from a source.

    vendor, policy: slugs of the declaration it belongs to.
    captured_at: when the page showed these bytes: the time of the answer for `live`, Memento-Datetime for `wayback`,
        WARC-Date for `warc`, what the person said for `file`. All times are timezone-aware UTC.
    url: the address the bytes came from, after redirects; in an archive the captured address, not the archive's own.
    asked_url: the address first asked for, which is a location of the policy.
    redirects: the addresses passed through between asked_url and url, asked_url first; empty when there were none.
    status: the HTTP status the page was answered with; None for a file, and for what is put together of several
        answers (formats.multipart).
    headers: the answer's headers as received, in order.
    media_type: the Content-Type as received, parameters included; '' when there was none.
    sha256: lower-case hexadecimal SHA-256 of the payload, which is the body with its content coding undone.
    requested_at, answered_at: when we asked and when the answer was complete; None for a file.
    archive: the archive's own identifiers (for `wayback`: `timestamp`, `digest`, `urlkey`, `memento`; for `warc`:
        `record_id`), empty for others, but for `parts` and `fault` of what is put together (formats.multipart).
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
    archive: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for moment in (self.captured_at, self.requested_at, self.answered_at):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a capture's times must be timezone-aware UTC")

    @property
    def key(self) -> PolicyKey:
        """The policy it belongs to."""
        return PolicyKey(self.vendor, self.policy)


def sha256_hex(payload: bytes) -> str:
    """The name a payload is stored under: its SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(payload).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a capture shows the policy.

    reason: why it was quarantined; None when accepted.
    evidence: what led to the verdict, in words a person can check on the page.
    needs_browser: whether a browser, which runs the page's scripts, would probably show the policy.
    """

    name: VerdictName
    reason: Reason | None = None
    evidence: str = ""
    needs_browser: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What extraction made of one capture.

    document: None when the bytes could not be read.
    """

    verdict: Verdict
    document: Document | None
