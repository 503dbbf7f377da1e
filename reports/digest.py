"""Composes digests: decides which changes each subscriber has not been told yet, and puts e-mails into the outbox."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.declarations import Vendor
from core.history import Announcement, History
from core.policies import PolicyKey
from diffing.timeline import announcements, settled
from reports.digest_email import DigestEntry, as_email, digest_entry
from reports.email_address import checked_address
from reports.report import report_between
from storage import Store, Subscriber


def compose(store: Store, vendors: Mapping[str, Vendor], now: datetime, sender: str) -> int:
    """Puts one message with all new changes into the outbox for each subscriber who has any; returns how many it put.

    A change is new to a subscriber if `diffing.timeline.announcements` has it and its new period begins after the
    subscriber's watermark for the policy: the time up to which the subscriber was told everything, or the time of the
    subscription. The watermark then advances to the last capture before those that are not confirmed yet. So a change
    is told once, history that a backfill brings is not told, and a run that was missed loses nothing. Policies in which
    nothing happened since the last run are not looked at.

    vendors: all declared vendors, by slug. now: timezone-aware UTC. sender: the address the messages come from.

    UsageError if the sender is not an e-mail address; StorageError as the store raises it.
    """
    checked_address(sender)
    # Read before anything else: whatever happens from now on raises a revision, and is left to the next digest.
    revisions = store.subscriptions.changed_policies()
    subscribers = store.subscriptions.subscribers()
    watermarks = {subscriber.id: store.subscriptions.watermarks(subscriber) for subscriber in subscribers}
    changes = _PolicyChanges(store, _earliest(watermarks.values()))
    undeclared: set[PolicyKey] = set()
    caught_up: list[Subscriber] = []
    messages = 0
    for subscriber in subscribers:
        subscriber_watermarks = watermarks[subscriber.id]
        advanced: dict[PolicyKey, datetime] = {}
        entries: list[DigestEntry] = []
        declared = list(_declared(subscriber_watermarks, vendors))
        for vendor, key in declared:
            watermark = subscriber_watermarks[key]
            entries += changes.entries(vendor, key, watermark)
            until = changes.settled_until(key)
            if until and until > watermark:
                advanced[key] = until
        if advanced:
            message = as_email(entries, subscriber, vendors, now, sender) if entries else None
            store.subscriptions.enqueue(subscriber.id, message, advanced, now)
            messages += message is not None
        left_out = subscriber_watermarks.keys() - {key for _, key in declared}
        undeclared |= left_out
        if not left_out:
            caught_up.append(subscriber)
    # Changes of policies that are not declared now are told once the policies are declared again.
    store.subscriptions.mark_composed(
        {key: revision for key, revision in revisions.items() if key not in undeclared}, caught_up
    )
    return messages


def _earliest(watermarks: Collection[Mapping[PolicyKey, datetime]]) -> dict[PolicyKey, datetime]:
    """Returns the earliest watermark that any subscriber has for each policy."""
    earliest: dict[PolicyKey, datetime] = {}
    for subscriber_watermarks in watermarks:
        for key, watermark in subscriber_watermarks.items():
            earliest[key] = min(watermark, earliest.get(key, watermark))
    return earliest


def _declared(keys: Collection[PolicyKey], vendors: Mapping[str, Vendor]) -> Iterator[tuple[Vendor, PolicyKey]]:
    """Yields the policies that are declared: vendors in alphabetical order, policies in the order of declaration."""
    for slug in sorted({key.vendor for key in keys}):
        if slug in vendors:
            for policy in vendors[slug].policies:
                key = PolicyKey(slug, policy)
                if key in keys:
                    yield vendors[slug], key


@dataclass(frozen=True, slots=True)
class _Announced:
    """What there is to announce of one policy after some time.

    until: the time up to which the history is settled; None if nothing was captured.
    history: the settled history; empty if there is nothing to announce, which saves memory, since a crawl touches every
        policy and few of them change.
    """

    until: datetime | None
    announcements: tuple[Announcement, ...]
    history: History


class _PolicyChanges:
    """The changes of each policy. Every history is read once, and every report made once, for all subscribers.

    earliest: for each policy, the time after which changes may be asked for.
    """

    def __init__(self, store: Store, earliest: Mapping[PolicyKey, datetime]) -> None:
        self._store = store
        self._earliest = earliest
        self._announced: dict[PolicyKey, _Announced] = {}
        self._entries: dict[tuple[PolicyKey, int], DigestEntry] = {}

    def settled_until(self, key: PolicyKey) -> datetime | None:
        """Returns the time of the last capture before those not confirmed yet; None if there is no such capture."""
        return self._of(key).until

    def entries(self, vendor: Vendor, key: PolicyKey, watermark: datetime) -> Iterator[DigestEntry]:
        """Yields the changes of a policy whose new period begins after the watermark, oldest first."""
        announced = self._of(key)
        for announcement in announced.announcements:
            first_new = announcement.new.first
            if first_new.captured_at <= watermark:
                continue
            change = key, first_new.capture_id
            if change not in self._entries:
                report = report_between(
                    self._store, vendor, key.policy, announced.history, announcement.old, announcement.new
                )
                self._entries[change] = digest_entry(report, announcement)
            yield self._entries[change]

    def _of(self, key: PolicyKey) -> _Announced:
        if key not in self._announced:
            known = settled(self._store.library.history(key))
            new = announcements(known.history, self._earliest[key])
            self._announced[key] = _Announced(known.until, new, known.history if new else History((), ()))
        return self._announced[key]
