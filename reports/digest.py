"""Composes digests. Each subscriber with new changes gets one message in the outbox."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.declarations import Vendor
from core.email_addresses import checked_address
from core.exceptions import DamageError, DeclarationError
from core.history import Announcement, Telling
from core.limits import Caller, call_here
from core.policies import PolicyKey
from core.preferences import Preferences, is_due
from core.recipients import shown_address
from reports.digest_audience import Cohorts, Demand
from reports.digest_email import DigestEntry, Links
from reports.digest_selection import is_wanted, told_as_one
from reports.isolation import fault_of
from reports.policy_changes import PolicyChanges, PolicyNews
from reports.shared_mails import SharedMails
from storage import (
    AnnouncedAbsence,
    OwnWatermark,
    Store,
    StoredWatermark,
    Subscriber,
    Subscription,
    Watched,
    Watermark,
)

# For how many subscribers without news it is recorded at once that they were served.
_AT_ONCE = 500


def compose(
    store: Store,
    vendors: Mapping[str, Vendor],
    now: datetime,
    sender: str,
    *,
    links: Links | None = None,
    call: Caller = call_here,
    report_fault: Callable[[str], object] = lambda sentence: None,
) -> int:
    """Composes a digest for each subscriber with at least one new change, and puts the digests into the outbox.

    Returns the number of digests that were put into the outbox. A digest contains all changes that are new to the
    subscriber, and that the subscriber wants to be told (`core.preferences`). A change that the subscriber doesn't want
    is not told later either.

    Nothing is composed for a subscriber whose daily or weekly digest is not due yet, or whose address the mail server
    has refused. The next digest that is composed for them has everything. If a daily or weekly digest has several
    changes of a policy, they are told as one change, from the first text to the last, or in a sentence if both are
    equal. With each run, only those are told as one that lead back to the first text.

    Each subscriber has a watermark for each policy. The watermark is a time: the subscriber has received every change
    up to this time. The first watermark is the time at which the subscriber chose the vendor. A change is new to a
    subscriber if `diffing.timeline.announcements` announces the change, if the first capture of the change's new period
    is later than the watermark, and if no earlier digest told it (`core.history.Telling`). `compose` then advances the
    watermark to the last capture before the periods that are not confirmed yet. So each change is sent once. If a run
    is missed, the next run sends the missed changes. A backfill of captures from before the watermark sends nothing.

    A policy that is gone (`diffing.absences`) is told in one line, and in another one when it is there again. What a
    subscriber was told last is remembered, and a line is written if the captures say the opposite. So a new subscriber
    is told of a policy that is gone already, too: otherwise, the silence would say that it is there, and unchanged.

    The work grows with what there is to tell: a policy is examined once for all subscribers, and each of these is
    compared only with the policies that may have news for them (`reports.digest_audience`).

    Captures that are later than the present time don't count yet: a clock was wrong, and the changes before that time
    are still to come.

    `compose` skips policies that have had no new capture, reading or review since a subscriber was served. It doesn't
    load the history of a policy that certainly shows the text that was told last (`storage.steady_policies`). If
    another process composes digests at the same time, each subscriber gets the digest of one of the two; the next run
    composes what only the other one has seen.

    If a change of a policy can't be told, for instance because a text is damaged or the comparison exceeds a limit, all
    other changes are told. The fault is stored, for `clausewatch status`. The watermarks for the policy stay, and the
    policy is examined again when it has a new capture, reading or review.

    vendors: all declared vendors, by slug.
    now: the present time, timezone-aware, in UTC.
    sender: the e-mail address that the digests come from.
    links: where the links of the e-mails lead; None if there is no reading room for others.
    call: makes comparisons and messages, for instance in another process with limits on time and memory.
    report_fault: called with a sentence for each policy, and each subscriber's digest, that could not be composed.

    UsageError if the sender is not an e-mail address. StorageError if the database fails.
    """
    checked_address(sender)
    refused = {trouble.mailbox for trouble in store.outbox.troubles() if trouble.is_refused}

    def due() -> Iterator[Subscription]:
        for subscription in store.subscriptions.in_turn():
            subscriber = subscription.subscriber
            is_refused = subscriber.mailbox in refused
            if not is_refused and is_due(subscriber.preferences, subscriber.last_digest_at, now):
                yield subscription

    demand = Demand(due())
    composing = _Composing(store, vendors, now, demand, call, with_attachments=not (links and links.public_url))
    mails = SharedMails(now, sender, links, call)
    undelivered: dict[Subscriber, str] = {}
    served: list[tuple[Subscriber, bool]] = []
    messages = 0
    for subscription in due():
        subscriber = subscription.subscriber
        if not demand.covers(subscription) or subscriber.served_in >= composing.number:
            continue  # subscribed, or served by another process, in the meantime: the next run serves them
        digest = composing.digest_to(subscription)
        message = None
        if digest.entries:
            slugs = dict.fromkeys(name.partition("/")[0] for name in subscriber.vendors)
            named = {vendor.slug: vendor for vendor in composing.sound_vendors(slugs)}
            try:
                message = mails.to(subscriber, digest.entries, named)
            except Exception as error:
                undelivered[subscriber] = fault_of(error)
                continue
        if message is None and not digest.own and not digest.tellings:
            served.append((subscriber, digest.is_complete))
            if len(served) >= _AT_ONCE:
                store.subscriptions.mark_served(served, composing.number, now)
                served.clear()
        elif store.subscriptions.enqueue(
            subscriber, message, now, composing.number, digest.own, digest.tellings, digest.is_complete
        ):  # otherwise another process has composed this subscriber's digest
            messages += message is not None
    store.subscriptions.mark_served(served, composing.number, now)
    composing.finish()
    for slug, fault in composing.broken.items():
        report_fault(f"{slug}: {fault}; digests report its changes again when this is corrected")
    for key, fault in composing.faults.items():
        report_fault(
            f"{key}: its changes could not be worked out: {fault}. The first digest after the next capture tries again."
        )
    for subscriber, fault in undelivered.items():
        report_fault(f"the digest to {shown_address(subscriber.address)} could not be written: {fault}")
    return messages


@dataclass(slots=True)
class _Digest:
    """A digest to one subscriber, and what has to be recorded with it (`Subscriptions.enqueue`).

    is_complete: False if a policy was left out that no later digest would examine by itself.
    """

    entries: list[DigestEntry] = field(default_factory=list)
    own: dict[PolicyKey, OwnWatermark | None] = field(default_factory=dict)
    tellings: dict[PolicyKey, set[tuple[int, int]]] = field(default_factory=dict)
    is_complete: bool = True


class _Composing:
    """One time of composing digests. Examines the policies, once for all subscribers.

    number: the number of the composing. faults: why the changes of policies could not be told.
    broken: the faults of the vendors whose declarations are broken.
    """

    def __init__(
        self,
        store: Store,
        vendors: Mapping[str, Vendor],
        now: datetime,
        demand: Demand,
        call: Caller,
        *,
        with_attachments: bool,
    ) -> None:
        self._store = store
        self._vendors = vendors
        self._now = now
        self.faults: dict[PolicyKey, str] = {}
        self.broken: dict[str, str] = {}
        # A policy's revision is a counter that rises whenever the policy's history may have changed. The revisions are
        # read before the histories. A capture that arrives later raises the revision again, so the next digest doesn't
        # skip the policy.
        self._policies = store.subscriptions.policies_to_examine(demand.served_in, demand.since)
        wanted = {key for key in self._policies if demand.wants(key)}
        self._declared = {key: vendor for vendor, key in self._in_order(wanted)}
        # Changes of a policy that is not declared now, or not soundly, are sent after it has been declared again.
        self._undeclared = wanted - self._declared.keys()
        # In these, there are only captures from before what everybody was told, or decisions about such captures.
        served_in = demand.served_in or 0
        old = store.subscriptions.without_new_captures(self._policies, served_in, demand.last_begin, now)
        # What was told of a hold or of an absence has to be compared with the history.
        told_more = store.subscriptions.policies_with_own_news()
        to_examine = [key for key in self._declared if key not in old]
        steady = store.clause_index.steady((key for key in to_examine if key not in told_more), now)
        self._changes = PolicyChanges(
            store,
            steady,
            now,
            call,
            frozenset(demand.words),
            with_attachments=with_attachments,
            with_details="webhook" in demand.kinds,
        )
        self._news = self._examined(to_examine, store.subscriptions.shared_watermarks(served_in), demand.since)
        settled = {key: news.settled_until for key, news in self._news.items() if news.settled_until is not None}
        self.number = store.subscriptions.begin_composing(settled, now)
        # The others of the undeclared policies stay marked as changed, so everybody's next digest examines them.
        unexamined = {key for key in self._undeclared if not self._policies[key].is_changed}
        self._cohorts = Cohorts(store, self.number, self._news, unexamined, now)
        self._order = {key: place for place, key in enumerate(self._declared)}

    def sound_vendors(self, slugs: Iterable[str]) -> Iterator[Vendor]:
        """Yields the vendors that are declared soundly, and notes the faults of the others in `broken`."""
        for slug in slugs:
            try:
                vendor = self._vendors.get(slug)
            except DeclarationError as error:
                self.broken[slug] = str(error)
                continue
            if vendor:
                yield vendor

    def digest_to(self, subscription: Subscription) -> _Digest:
        """Composes the digest to a subscriber."""
        digest = _Digest()
        keys = self._cohorts.to_look_at(subscription)
        tellings = _Tellings(self._store, subscription.subscriber, keys & self._news.keys())
        for key in sorted(keys, key=lambda key: (self._order.get(key, len(self._order)), key)):
            begin = subscription.begin(key)
            if begin is not None:
                self._add(digest, subscription, key, begin, tellings)
        return digest

    def finish(self) -> None:
        """Records up to where the policies were examined, and the faults."""
        # A policy that has to be examined again is sound, too, and so is one that is no longer declared. Of a vendor
        # whose declaration is broken, nothing was examined.
        again = self._changes.with_later_captures | self._undeclared
        changed = {key: policy.revision for key, policy in self._policies.items() if policy.is_changed}
        sound = [key for key in changed if key.vendor not in self.broken]
        self._store.subscriptions.mark_composed(
            self.number,
            {key: revision for key, revision in changed.items() if key not in again},
            {**dict.fromkeys(sound), **self.faults},
        )

    def _examined(
        self, keys: Iterable[PolicyKey], told: Mapping[PolicyKey, StoredWatermark], since: datetime | None
    ) -> dict[PolicyKey, PolicyNews]:
        """Returns what policies have to tell, without those that have a fault.

        told: the earliest watermarks that hold for several subscribers. since: the earliest time since which a
        subscriber who isn't caught up watches a policy; None if all are caught up.
        """
        news = {}
        for key in keys:
            try:
                known = [moment for moment in (since, told[key].until if key in told else None) if moment]
                news[key] = self._changes.news(key, min(known, default=None))
            except Exception as error:
                self.faults[key] = fault_of(error)
        return news

    def _in_order(self, keys: Collection[PolicyKey]) -> Iterator[tuple[Vendor, PolicyKey]]:
        """Yields the given policies that are declared, sorted by the vendor's slug, then in order of declaration."""
        for vendor in self.sound_vendors(sorted({key.vendor for key in keys})):
            for policy in vendor.policies:
                key = PolicyKey(vendor.slug, policy)
                if key in keys:
                    yield vendor, key

    def _add(
        self, digest: _Digest, subscription: Subscription, key: PolicyKey, begin: Watched, tellings: "_Tellings"
    ) -> None:
        """Adds to a digest what is new about a policy, and what has to be recorded about it."""
        own = subscription.own.get(key)
        stored = self._cohorts.before(subscription, key)
        told_until, watermark = self._store.subscriptions.watermark(key, stored, begin, self._now)
        state = _State(stored, watermark, told_until, own.held if own else None, own.absence if own else None)
        policy, news = self._policies.get(key), self._news.get(key)
        if policy is not None and policy.newest > watermark.until:
            if news is not None:
                state = self._tell(digest, subscription.subscriber.preferences, key, news, state, tellings)
            elif key in self._undeclared and not policy.is_changed:
                digest.is_complete = False
        row = state.own_watermark(self._cohorts.after(begin, key), begin)
        if row != own:
            digest.own[key] = row

    def _tell(
        self,
        digest: _Digest,
        preferences: Preferences,
        key: PolicyKey,
        news: PolicyNews,
        state: "_State",
        tellings: "_Tellings",
    ) -> "_State":
        """Adds the entries about a policy to a digest, and returns what the subscriber knows afterwards."""
        changes, vendor = self._changes, self._declared[key]
        try:
            new = changes.later_than(key, state.watermark)
            told = tellings.policy(key) if new else ()
            held, hold_entries = changes.hold_entries(vendor, key, state.watermark, state.held)
            absence, absence_entry = changes.absence_entry(vendor, key, state.absence)
            pending = [announcement for announcement in new if not changes.is_told(key, announcement, told)]
        except Exception as error:
            self.faults[key] = fault_of(error)
            return state
        untold: list[Announcement] = []
        for steps in told_as_one(pending, preferences):
            try:
                entry = changes.entry(vendor, key, steps)
            except Exception as error:
                self.faults[key] = fault_of(error)
                untold += steps
            else:
                if is_wanted(entry, preferences):
                    digest.entries.append(entry)
        if new:
            # What was told is recorded even if the watermark stays where it is.
            digest.tellings[key] = _tellings_with(
                told, [announcement for announcement in new if announcement not in untold]
            )
        if held != state.held:
            digest.entries += hold_entries
        if absence_entry is not None:
            digest.entries.append(absence_entry)
        stored = state.stored
        if news.settled_until is not None and news.settled_until > state.told_until and not untold:
            stored = _advanced(stored, news.settled_until, self._now)
        elif new or held != state.held or absence_entry is not None:
            stored = _advanced(stored, state.watermark.until, self._now)
        return replace(state, stored=stored, held=held, absence=absence)


def _advanced(stored: StoredWatermark | None, until: datetime, now: datetime) -> StoredWatermark:
    return stored.advanced(until, now) if stored else StoredWatermark(until, until)


@dataclass(frozen=True, slots=True)
class _State:
    """What a subscriber knows of a policy.

    stored: the watermark that holds for the subscriber; None before the first digest about the policy.
    watermark, told_until: what follows from it and from the time of the subscription, as the digest begins.
    held, absence: what was announced to the subscriber and is not resolved yet (`storage.OwnWatermark`).
    """

    stored: StoredWatermark | None
    watermark: Watermark
    told_until: datetime
    held: datetime | None
    absence: AnnouncedAbsence | None

    def own_watermark(self, shared: StoredWatermark | None, begin: Watched) -> OwnWatermark | None:
        """Returns the watermark of the subscriber's own that this state needs; None if that of all says the same.

        shared: the watermark that holds for the subscriber otherwise. begin: since when they watch the policy.
        """
        needs_more = self.held is not None or self.absence is not None
        stored = self.stored
        if stored is None and (needs_more or (shared is not None and shared.latest > begin.since)):
            stored = StoredWatermark(self.watermark.until, self.watermark.until)
        if stored is None or (stored.is_same_as(shared) and not needs_more):
            return None
        return OwnWatermark(StoredWatermark(stored.until, stored.latest), self.held, self.absence)


class _Tellings:
    """The tellings of a subscriber, which are read at once for many policies, when they are needed first.

    keys: the policies of which changes may be told.
    """

    def __init__(self, store: Store, subscriber: Subscriber, keys: Collection[PolicyKey]) -> None:
        self._subscriptions = store.subscriptions
        self._subscriber = subscriber
        self._keys = keys
        self._read: Mapping[PolicyKey, Collection[Telling]] | None = None
        self._is_damaged = False

    def policy(self, key: PolicyKey) -> Collection[Telling]:
        """Returns the tellings of a policy. DamageError if they are damaged; those of other policies can be read."""
        if self._read is None and not self._is_damaged:
            try:
                self._read = self._subscriptions.tellings(self._subscriber, self._keys)
            except DamageError:
                self._is_damaged = True
        read = self._subscriptions.tellings(self._subscriber, [key]) if self._read is None else self._read
        return read.get(key, ())


def _tellings_with(tellings: Collection[Telling], new: Collection[Announcement]) -> set[tuple[int, int]]:
    """Returns all tellings of a policy after a digest, each as the ids of its captures.

    If a new announcement was told before, its captures take the place of those by which it was told: they are what the
    history shows now.

    tellings: the tellings before the digest. new: the announcements that are later than the watermark.
    """
    others = [telling for telling in tellings if not any(telling.tells(announcement) for announcement in new)]
    # A new capture ends one change at most: the present one, if a capture was found between the two of a telling.
    old_by_new = {telling.new_capture_id: telling.old_capture_id for telling in others}
    old_by_new |= {announcement.new.first.capture_id: announcement.old.last.capture_id for announcement in new}
    return {(old, new_capture) for new_capture, old in old_by_new.items()}
