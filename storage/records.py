"""The data classes that the methods of the store accept and return."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.archives import ArchiveSite, ListedCapture
from core.captures import Capture, Reason, Verdict
from core.dates import iso, iso_or_none
from core.history import Observation
from core.policies import PolicyKey
from core.preferences import EVERY_CHANGE, Preferences
from core.recipients import mailbox_of, shown_address

Decision = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Review:
    """A user's decision on whether a capture shows the policy.

    decision: "accepted" if the capture shows the policy, otherwise "rejected".
    by: the name of the user's account on the machine.
    note: the reason that the user entered.
    at: the time of the decision, timezone-aware UTC.
    only: whether the decision is about one capture only. Otherwise it is about the text: it holds for every capture of
        the policy that shows the same text or has the same bytes, also for later captures.
    """

    decision: Decision
    by: str
    note: str
    at: datetime
    only: bool = False


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """A capture with its final verdict.

    verdict: the decision of the last review. Without reviews, the verdict of the reading; but "quarantined" if the
        policy's other captures are in another language.
    version_id: the version that the capture shows; None if the capture is quarantined.
    reviews: users' decisions on the capture, oldest first. Only the last decision counts.
    """

    id: int
    capture: Capture
    verdict: Verdict
    version_id: str | None
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A summary of all captures of a policy. Every time is the `captured_at` of a capture, timezone-aware UTC.

    captures: the number of the policy's captures.
    last_capture: the time of the newest capture, accepted or quarantined.
    last_accepted: the time of the newest accepted capture; None if no capture is accepted.
    last_change: the time of the first capture of the newest version; None if the policy has at most one version, since
        nothing has changed then.
    failing_since: the time since which all captures are quarantined; None if the newest capture that was read is
        accepted.
    quarantined: the number of quarantined captures for each reason, the most frequent reason first.
    unread: the number of captures that the policy reader in force has not read yet.
    reason, evidence: the verdict on the newest capture that was read; None and '' if that capture is accepted.
    held_since: the time of the first capture of the policy's hold (`core.history.SettledHistory.held_now`); None if
        the policy has no hold.
    held_text: the beginning of the text that this capture shows; '' if the policy has no hold, or if the text's row is
        damaged.
    fault: the reason why digests could not report the policy's newest changes; '' if they could.
    """

    vendor: str
    policy: str
    captures: int = 0
    last_capture: datetime | None = None
    last_accepted: datetime | None = None
    last_change: datetime | None = None
    failing_since: datetime | None = None
    quarantined: Mapping[Reason, int] = field(default_factory=dict)
    unread: int = 0
    reason: Reason | None = None
    evidence: str = ""
    held_since: datetime | None = None
    held_text: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class FailedFetches:
    """The failed fetches of a location since its last successful fetch. A capture of an error page is no failed fetch.

    url: the location's address, as declared.
    address: the address of the page whose fetch failed last; not `url` if a further page of the location failed.
    reason: why the last fetch failed, in words.
    since, latest: the time of the first and of the last failure, timezone-aware UTC.
    times: the number of failures.
    """

    vendor: str
    policy: str
    url: str
    address: str
    reason: str
    since: datetime
    latest: datetime
    times: int


@dataclass(frozen=True, slots=True)
class MovedPage:
    """A page that redirects permanently: with status 301 or 308 (RFC 9110, section 15.4).

    url: the address of the page's location, as declared. address: the page's own address, as declared.
    moved_to: the address behind the permanent redirects. Temporary redirects from there on are not followed.
    since: the time of the first fetch that was redirected there, timezone-aware UTC.
    """

    vendor: str
    policy: str
    url: str
    address: str
    moved_to: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A run of `clausewatch run`.

    begun_at, ended_at: times, timezone-aware UTC. ended_at: None if the run is in progress, or was killed.
    exit_status: the exit status; None if the run has not ended.
    summary: the counts of the run in words, or the reason why it failed; '' if the run has not ended.
    """

    begun_at: datetime
    ended_at: datetime | None
    exit_status: int | None
    summary: str


#: The action that the operator should take about a fault.
#: `backup`: restore a backup, because the damaged data can't be derived again.
#: `repair`: run `clausewatch verify --repair`, which derives the damaged data again.
#: `mended`: nothing, because this run of `verify` has derived the damaged data again.
#: `reextract`: run `clausewatch reextract`, which derives the missing or damaged data.
#: `retry`: make the payload store reachable, and run `verify` again.
#: `none`: nothing, because the fault is harmless.
Remedy = Literal["backup", "repair", "mended", "reextract", "retry", "none"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of the database that `verify` reports.

    place: the capture, payload, review or other row that has the fault, for example "review 3".
    fault: a description of the fault, for the operator.
    remedy: the action that the operator should take.
    """

    place: str
    fault: str
    remedy: Remedy


@dataclass(frozen=True, slots=True)
class Rederived:
    """The new reading of a capture that was read again.

    values: the values of the reading's row, by column name.
    document: the encoded document; None if the payload could not be read as a document.
    """

    values: Mapping[str, object]
    document: bytes | None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An address to which digests are sent (`core.recipients`).

    address: an e-mail address, or the URL of a webhook or chat, which contains passwords.
    vendors: the vendors (`hesk`) and policies (`hesk/cookies`) whose changes the digests report, in alphabetical order;
        empty for all vendors.
    digests: how often something was recorded for the subscriber. `Subscriptions.enqueue` compares it, so that of two
        processes that compose a digest from the same state, only one records it.
    preferences: what the subscriber wants.
    last_digest_at: when digests were last composed for the subscriber; None if they never were, or come with each run.
    served_in: the number of the composing of digests that served the subscriber last.
    is_caught_up: whether that one examined all policies that the subscriber watches.
    """

    id: int
    address: str
    vendors: tuple[str, ...]
    digests: int = 0
    preferences: Preferences = EVERY_CHANGE
    last_digest_at: datetime | None = None
    served_in: int = 0
    is_caught_up: bool = False

    @property
    def mailbox(self) -> str:
        """The key of the address (`core.recipients.mailbox_of`)."""
        return mailbox_of(self.address)


@dataclass(frozen=True, slots=True)
class Watched:
    """Since when a subscriber watches a vendor or a policy.

    since: the time at which the subscriber chose it, timezone-aware UTC.
    newest_capture_id: the id of the newest capture that was stored then; 0 if nothing was stored yet.
    composed_in: the number of the last composing of digests before.
    """

    since: datetime
    newest_capture_id: int
    composed_in: int


@dataclass(frozen=True, slots=True)
class StoredWatermark:
    """Up to when digests have told the changes of a policy, as it is stored.

    until: the `captured_at` up to which every change was told. latest: the latest value that `until` has had. It is
        later than `until` only if a clock was wrong.
    composing: the number of the composing that recorded it for all whom it served; 0 if it is a subscriber's own.
    """

    until: datetime
    latest: datetime
    composing: int = 0

    def advanced(self, until: datetime, now: datetime) -> "StoredWatermark":
        """Returns the watermark after a digest that told the changes up to a time.

        It never goes back, unless it is later than the present time: then a clock was wrong.
        """
        if self.until < until or self.until > now:
            return StoredWatermark(until, max(self.latest, until))
        return self

    def is_same_as(self, other: "StoredWatermark | None") -> bool:
        """Returns whether another watermark has the same times."""
        return other is not None and (self.until, self.latest) == (other.until, other.latest)


@dataclass(frozen=True, slots=True)
class AnnouncedAbsence:
    """An absence of a policy (`core.history.Absence`) that a digest has announced to a subscriber.

    capture_id, since: the id and the `captured_at` of the absence's first capture.
    """

    capture_id: int
    since: datetime


@dataclass(frozen=True, slots=True)
class OwnWatermark:
    """A subscriber's own watermark for a policy, which holds instead of the one for all subscribers.

    held: the `captured_at` of the first capture of the held period that was announced to the subscriber and not
        resolved yet; None if nothing was announced or everything is resolved.
    absence: the absence that was announced to the subscriber; None if nothing was announced, or if the policy is there
        again.
    """

    watermark: StoredWatermark
    held: datetime | None = None
    absence: AnnouncedAbsence | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscriber, and what is recorded for them alone.

    watched: since when the subscriber watches each vendor (`hesk`), each policy (`hesk/cookies`), and, by '', every
        vendor that is not named.
    own: the policies with a watermark of the subscriber's own.
    """

    subscriber: Subscriber
    watched: Mapping[str, Watched]
    own: Mapping[PolicyKey, OwnWatermark]

    def begin(self, key: PolicyKey) -> Watched | None:
        """Returns since when the subscriber watches a policy; None if they don't."""
        named = self.watched.get(str(key)) or self.watched.get(key.vendor)
        return named or (None if self.subscriber.vendors else self.watched.get(""))

    def stored(self, key: PolicyKey, shared: StoredWatermark | None) -> StoredWatermark | None:
        """Returns the stored watermark that holds for the subscriber; None before the first digest about the policy.

        shared: the watermark that the composing which served the subscriber recorded for all.
        """
        if key in self.own:
            return self.own[key].watermark
        begin = self.begin(key)
        return shared if shared and begin and begin.composed_in < shared.composing else None


@dataclass(frozen=True, slots=True)
class SteadyPolicy:
    """A policy of which the newest capture certainly shows the text that stands, and nothing is doubtful.

    newest: the `captured_at` of its newest capture. changed_at: that of the first capture of the period that stands;
        None if the policy has had no other text.
    """

    newest: datetime
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChangedPolicy:
    """A policy that digests have to examine.

    newest: the `captured_at` of its newest capture. revision: see `Subscriptions.changed_policies`.
    is_changed: whether it may have changed since digests were composed; otherwise only some subscribers weren't served.
    """

    newest: datetime
    revision: int
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Watermark:
    """Which changes of a policy are new to a subscriber.

    until: up to this capture time, the subscriber was told everything.
    latest: usually equal to `until`. If a clock was wrong, it is the later time that digests, or the subscription, took
        for the present time. Up to it, nothing is new but what was captured live since.
    newest_capture_id: the id of the newest capture that was stored then.
    """

    until: datetime
    latest: datetime
    newest_capture_id: int = 0

    def is_before(self, first: Observation) -> bool:
        """Returns whether a change is new to the subscriber. first: the first capture of the text after the change."""
        if first.captured_at > self.latest:
            return True
        return first.captured_at > self.until and first.source == "live" and first.capture_id > self.newest_capture_id


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message in the outbox that has not been sent yet.

    address: where to send the message (`core.recipients`).
    message: to an e-mail address, the message as RFC 5322 bytes; to a webhook, its body (`reports.webhook_digest`); to
        a chat, a text in UTF-8 whose first line is the title.
    """

    id: int
    address: str
    message: bytes


@dataclass(frozen=True, slots=True)
class DeliveryTrouble:
    """An address to which the last attempt to send a message failed.

    address: see `core.recipients`. reason: what the mail server, webhook or chat answered, or why there was no answer.
    since, latest: the time of the first and of the last failed attempt since the last success, timezone-aware UTC.
    times: the number of failed attempts.
    retry_at: the time of the next attempt; None if the address is refused. No message is sent to a refused address
        until it is subscribed again.
    """

    address: str
    since: datetime
    latest: datetime
    times: int
    retry_at: datetime | None
    reason: str

    @property
    def mailbox(self) -> str:
        """The key of the address (`core.recipients.mailbox_of`)."""
        return mailbox_of(self.address)

    @property
    def is_refused(self) -> bool:
        """Whether no more messages are sent to the address."""
        return self.retry_at is None

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {
            "address": shown_address(self.address),
            "since": iso(self.since),
            "latest": iso(self.latest),
            "times": self.times,
            "retry_at": iso_or_none(self.retry_at),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """The messages in the outbox that have not been sent yet, except those to refused addresses.

    waiting: their number. oldest: the time at which the oldest of them was composed; None if there is none.
    refused: the number of messages to refused addresses.
    """

    waiting: int
    oldest: datetime | None
    refused: int = 0


@dataclass(frozen=True, slots=True)
class ListingQuery:
    """A query to an archive's index.

    archive: the archive that the query is sent to.
    url: the location's address.
    begin, end: the earliest and the latest capture time to list, both inclusive; None for no bound.
    """

    archive: ArchiveSite
    url: str
    begin: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The progress of listing a location's captures in an archive's index.

    query: the query to the index.
    found: the number of captures on the pages received so far, including captures that were stored already.
    malformed: the number of rows on these pages that could not be parsed.
    resume_key: the archive's token for requesting the next page; None before the first page and after the last page.
    complete: whether the captures of the last page are in the list of captures to fetch.
    """

    id: int
    query: ListingQuery
    found: int
    malformed: int
    resume_key: str | None
    complete: bool


@dataclass(frozen=True, slots=True)
class CaptureToFetch:
    """A listed capture that is not stored yet.

    archive: the archive that lists the capture.
    url: the location's address.
    listed: the index row of the capture.
    checksum: the archive's own checksum of the captured page. Captures of one archive with the same checksum show the
        same page, so only one of them has to be fetched. None if the checksum can't be relied on.
    tried: whether a crawl has tried to fetch the capture and failed. The capture stays on the list while another
        capture with the same checksum can be fetched in its place.
    """

    id: int
    archive: ArchiveSite
    url: str
    listed: ListedCapture
    checksum: str | None
    tried: bool


@dataclass(frozen=True, slots=True)
class KnownPayload:
    """A stored payload that a listed capture also has, because the archive's checksums of both are equal.

    sha256: the payload's SHA-256. media_type: the media type of the stored capture, such as `text/html; charset=utf-8`.
    """

    sha256: str
    media_type: str
