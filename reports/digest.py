"""Composes digests. Each subscriber with new changes gets one e-mail in the outbox."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from core.declarations import Vendor
from core.email_addresses import checked_address
from core.exceptions import DamageError, DeclarationError
from core.history import Absence, Announcement, History, SettledHistory, Telling
from core.limits import Caller, call_here
from core.policies import PolicyKey
from core.preferences import is_due
from core.recipients import kind_of, shown_address
from diffing.absences import absence, there_again
from diffing.timeline import announcements, timeline
from reports.digest_email import (
    DigestEntry,
    Links,
    as_email,
    digest_entry,
    gone_entry,
    held_entry,
    reverted_entry,
    taken_back_entry,
    there_again_entry,
)
from reports.digest_selection import is_wanted, told_as_one, worth_of
from reports.isolation import fault_of
from reports.report import ReportSource, report_source
from reports.shared_mails import SharedMails
from reports.webhook_digest import change_details
from storage import AnnouncedAbsence, Store, Subscriber, Watermark

# The subscriber to whom each entry is written once, to find out whether it can be written.
_NOBODY = Subscriber(0, "nobody@clausewatch.invalid", ())


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
    equal.

    Each subscriber has a watermark for each policy. The watermark is a time: the subscriber has received every change
    up to this time. The first watermark is the time at which the subscriber chose the vendor. A change is new to a
    subscriber if `diffing.timeline.announcements` announces the change, if the first capture of the change's new period
    is later than the watermark, and if no earlier digest told it (`core.history.Telling`). `compose` then advances the
    watermark to the last capture before the periods that are not confirmed yet. So each change is sent once. If a run
    is missed, the next run sends the missed changes. A backfill of captures from before the watermark sends nothing.

    A policy that is gone (`diffing.absences`) is told in one line, and in another one when it is there again. What a
    subscriber was told last is remembered, and a line is written if the captures say the opposite. So a new subscriber
    is told of a policy that is gone already, too: otherwise, the silence would say that it is there, and unchanged.

    Captures that are later than the present time don't count yet: a clock was wrong, and the changes before that time
    are still to come.

    `compose` skips policies that have had no new capture, reading or review since the last run. It doesn't load the
    history of a policy that certainly shows the text that was told last (`storage.steady_policies`). If another process
    composes digests at the same time, each subscriber gets the digest of one of the two; the next run composes what
    only the other one has seen.

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
    # A policy's revision is a counter that rises whenever the policy's history may have changed. The revisions are read
    # before all other data. A capture that arrives later raises the revision again, so the next digest doesn't skip the
    # policy.
    revisions = store.subscriptions.changed_policies()
    subscribed = store.subscriptions.subscribers()
    refused = {trouble.mailbox for trouble in store.outbox.troubles() if trouble.is_refused}
    subscribers = [
        subscriber
        for subscriber in subscribed
        if is_due(subscriber.preferences, subscriber.last_digest_at, now) and subscriber.mailbox not in refused
    ]
    watermarks = {subscriber.id: store.subscriptions.watermarks(subscriber, now) for subscriber in subscribers}
    announced_holds = store.subscriptions.announced_holds()
    announced_absences = store.subscriptions.announced_absences()
    maybe_there_again = {key for absences in announced_absences.values() for key in absences}
    words = frozenset(word for subscriber in subscribers for word in subscriber.preferences.words)
    with_attachments = not (links and links.public_url)
    with_details = any(kind_of(subscriber.address) == "webhook" for subscriber in subscribers)
    earliest = _earliest(watermarks.values())
    # What was told of a hold or of an absence has to be compared with the history.
    with_told_state = maybe_there_again.union(*announced_holds.values())
    unchanged = store.clause_index.newest_of_unchanged(
        {key: until for key, until in earliest.items() if key not in with_told_state}, now
    )
    changes = _PolicyChanges(
        store, earliest, maybe_there_again, unchanged, now, call, words, with_attachments, with_details
    )
    mails = SharedMails(now, sender, links, call)
    faults: dict[PolicyKey, str] = {}
    broken: dict[str, str] = {}
    undelivered: dict[Subscriber, str] = {}
    to_examine_again: set[PolicyKey] = set()
    caught_up: list[Subscriber] = []
    messages = 0
    for subscriber in subscribers:
        subscriber_watermarks = watermarks[subscriber.id]
        advanced: dict[PolicyKey, datetime] = {}
        holds: dict[PolicyKey, datetime | None] = {}
        tellings: dict[PolicyKey, set[tuple[int, int]]] = {}
        absences: dict[PolicyKey, int | None] = {}
        entries: list[DigestEntry] = []
        declared = list(_declared(subscriber_watermarks, vendors, broken))
        with_history = [key for _, key in declared if key not in unchanged]
        tellings_of = _Tellings(store, subscriber, with_history)
        subscriber_holds = announced_holds.get(subscriber.id, {})
        subscriber_absences = announced_absences.get(subscriber.id, {})
        for vendor, key in declared:
            watermark = subscriber_watermarks[key]
            announced_hold = subscriber_holds.get(key)
            announced_absence = subscriber_absences.get(key)
            try:
                new = changes.later_than(key, watermark)
                told = tellings_of.policy(key) if new else ()
                until = changes.settled_until(key)
                hold, hold_entries = changes.hold_entries(vendor, key, watermark, announced_hold)
                gone_capture_id, absence_entry = changes.absence_entry(vendor, key, announced_absence)
            except Exception as error:
                faults[key] = fault_of(error)
                continue
            untold: list[Announcement] = []
            pending = [announcement for announcement in new if not changes.is_told(key, announcement, told)]
            for steps in told_as_one(pending, subscriber.preferences):
                try:
                    entry = changes.entry(vendor, key, steps)
                except Exception as error:
                    faults[key] = fault_of(error)
                    untold += steps
                else:
                    if is_wanted(entry, subscriber.preferences):
                        entries.append(entry)
            if new:
                tellings[key] = _tellings_with(
                    told, [announcement for announcement in new if announcement not in untold]
                )
                # What was told is recorded even if the watermark stays where it is.
                advanced[key] = watermark.until
            if until and until > watermark.until and not untold:
                advanced[key] = until
            if hold != announced_hold:
                entries += hold_entries
                holds[key] = hold
                # The row of the watermark remembers the hold.
                advanced.setdefault(key, watermark.until)
            if absence_entry is not None:
                entries.append(absence_entry)
                absences[key] = gone_capture_id
                advanced.setdefault(key, watermark.until)
        # Changes of a policy that is not declared now, or not soundly, are sent after it has been declared again.
        left_out = set(subscriber_watermarks) - {key for _, key in declared}
        if advanced:
            message = None
            if entries:
                slugs = dict.fromkeys(name.partition("/")[0] for name in subscriber.vendors)
                named = {vendor.slug: vendor for vendor in _sound(slugs, vendors, broken)}
                try:
                    message = mails.to(subscriber, entries, named)
                except Exception as error:
                    undelivered[subscriber] = fault_of(error)
                    to_examine_again |= subscriber_watermarks.keys()
                    continue
            if store.subscriptions.enqueue(subscriber, message, advanced, now, holds, tellings, absences):
                messages += message is not None
            else:  # another process has composed this subscriber's digest, perhaps without the newest captures
                left_out = set(subscriber_watermarks)
        to_examine_again |= left_out
        if not left_out:
            caught_up.append(subscriber)
    to_examine_again |= changes.with_later_captures
    composed = {key: revision for key, revision in revisions.items() if key not in to_examine_again}
    # A policy that has to be examined again is sound, too, and so is one that is no longer declared. Of a vendor whose
    # declaration is broken, nothing was examined.
    sound = [key for key in revisions if key.vendor not in broken]
    examined = set(subscribers)
    store.subscriptions.mark_composed(
        composed,
        caught_up,
        {**dict.fromkeys(sound), **faults},
        served={
            subscriber: now
            for subscriber in subscribers
            if subscriber.preferences.every != "run" and subscriber not in undelivered
        },
        left_for_later=[subscriber for subscriber in subscribed if subscriber not in examined],
    )
    for slug, fault in broken.items():
        report_fault(f"{slug}: {fault}; digests report its changes again when this is corrected")
    for key, fault in faults.items():
        report_fault(
            f"{key}: its changes could not be worked out: {fault}. The first digest after the next capture tries again."
        )
    for subscriber, fault in undelivered.items():
        report_fault(f"the digest to {shown_address(subscriber.address)} could not be written: {fault}")
    return messages


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


def _earliest(watermarks: Collection[Mapping[PolicyKey, Watermark]]) -> dict[PolicyKey, datetime]:
    """Returns for each policy the earliest watermark of all subscribers."""
    earliest: dict[PolicyKey, datetime] = {}
    for subscriber_watermarks in watermarks:
        for key, watermark in subscriber_watermarks.items():
            earliest[key] = min(watermark.until, earliest.get(key, watermark.until))
    return earliest


def _declared(
    keys: Collection[PolicyKey], vendors: Mapping[str, Vendor], broken: dict[str, str]
) -> Iterator[tuple[Vendor, PolicyKey]]:
    """Yields the given policies that are declared, sorted by the vendor's slug, then in the order of declaration.

    broken: receives the fault of each vendor whose declaration is broken. Its policies are left out.
    """
    for vendor in _sound(sorted({key.vendor for key in keys}), vendors, broken):
        for policy in vendor.policies:
            key = PolicyKey(vendor.slug, policy)
            if key in keys:
                yield vendor, key


def _sound(slugs: Iterable[str], vendors: Mapping[str, Vendor], broken: dict[str, str]) -> Iterator[Vendor]:
    """Yields the vendors that are declared soundly.

    broken: receives the fault of each vendor whose declaration is broken.
    """
    for slug in slugs:
        try:
            vendor = vendors.get(slug)
        except DeclarationError as error:
            broken[slug] = str(error)
            continue
        if vendor:
            yield vendor


@dataclass(frozen=True, slots=True)
class _Announced:
    """The announcements of one policy that are new to at least one subscriber.

    until: the time of the last capture before the periods that are not confirmed yet; None if there is no such capture.
    announcements: the announcements, oldest first.
    settled: the settled history; only its last period if there is nothing to report.
    absence: since when the policy is gone; None if it isn't.
    """

    until: datetime | None
    announcements: tuple[Announcement, ...]
    settled: SettledHistory
    absence: Absence | None


class _PolicyChanges:
    """The new changes of each policy. Each history and each report is made once and used for all subscribers.

    earliest: for each policy, the earliest watermark of all subscribers. Changes before this time are not available.
    maybe_there_again: the policies of which a subscriber was told that they are gone.
    unchanged: the policies that have no news since their earliest watermark, each with the time of its newest capture.
        Their histories are not loaded.
    now: the present time. Later captures are left out.
    call: makes the comparisons. words: the words that subscribers watch for. with_attachments: whether entries get the
        HTML report. with_details: whether entries get what only webhooks tell.
    """

    def __init__(
        self,
        store: Store,
        earliest: Mapping[PolicyKey, datetime],
        maybe_there_again: Collection[PolicyKey],
        unchanged: Mapping[PolicyKey, datetime],
        now: datetime,
        call: Caller,
        words: frozenset[str],
        with_attachments: bool,
        with_details: bool,
    ) -> None:
        self._with_attachments = with_attachments
        self._with_details = with_details
        self._store = store
        self._words = words
        self._call = call
        self._earliest = earliest
        self._maybe_there_again = maybe_there_again
        self._now = now
        nothing = History((), ())
        self._announced = {
            key: _Announced(until, (), SettledHistory(nothing, (), (), until), None) for key, until in unchanged.items()
        }
        self._entries: dict[tuple[PolicyKey, tuple[int, ...]], DigestEntry] = {}
        self._failures: dict[tuple[PolicyKey, tuple[int, ...]], Exception] = {}
        #: The policies of which later captures were left out.
        self.with_later_captures: set[PolicyKey] = set()

    def settled_until(self, key: PolicyKey) -> datetime | None:
        """Returns the time of the last capture before the periods that are not confirmed yet.

        None if there is no such capture.
        """
        return self._announced_in(key).until

    def later_than(self, key: PolicyKey, watermark: Watermark) -> list[Announcement]:
        """Returns the announcements whose new period begins after the watermark, oldest first."""
        announced = self._announced_in(key).announcements
        return [announcement for announcement in announced if watermark.is_before(announcement.new.first)]

    def is_told(self, key: PolicyKey, announcement: Announcement, tellings: Collection[Telling]) -> bool:
        """Returns whether a telling tells an announcement, or only a wrong clock makes it look like a second change.

        The latter is so if the same change was told, and if every capture that was stored since then shows its text.
        """
        if any(telling.tells(announcement) for telling in tellings):
            return True
        old, new = announcement.old.version_id, announcement.new.version_id
        first = announcement.new.first
        if first.source != "live":
            return False
        captures = [
            capture for period in self._announced_in(key).settled.history.periods for capture in period.observations
        ]
        return any(
            (telling.old_version_id, telling.new_version_id) == (old, new)
            and telling.new_capture_id < first.capture_id
            and all(
                capture.version_id == new
                for capture in captures
                if telling.new_capture_id <= capture.capture_id < first.capture_id
            )
            for telling in tellings
        )

    def entry(self, vendor: Vendor, key: PolicyKey, steps: Sequence[Announcement]) -> DigestEntry:
        """Returns the entry for announcements that are told as one (`told_as_one`)."""
        change = key, tuple(step.new.first.capture_id for step in steps)
        if change in self._failures:
            raise self._failures[change]
        if change not in self._entries:
            first, last = steps[0], steps[-1]
            announcement = replace(last, old=first.old)
            is_reverted = first.old.version_id == last.new.version_id
            settled_history = self._announced_in(key).settled
            source = report_source(
                self._store,
                vendor,
                key,
                settled_history.history,
                settled_history,
                first.old,
                first.new if is_reverted else last.new,
            )
            try:
                write_entry = partial(
                    _entry_from,
                    source,
                    announcement,
                    self._words,
                    is_reverted=is_reverted,
                    with_attachment=self._with_attachments,
                    with_details=self._with_details,
                )
                self._entries[change] = self._call(write_entry)
            except Exception as error:
                self._failures[change] = error
                raise
        return self._entries[change]

    def hold_entries(
        self, vendor: Vendor, key: PolicyKey, watermark: Watermark, announced: datetime | None
    ) -> tuple[datetime | None, list[DigestEntry]]:
        """Returns the hold that has been announced after this digest, and the entries that say what is new about it.

        A hold is named by the `captured_at` of the held period's first capture; None if the policy has no hold.

        announced: the hold that an earlier digest announced, if no digest has said since how it ended; otherwise None.
        """
        settled_history = self._announced_in(key).settled
        held = settled_history.held_now
        entries: list[DigestEntry] = []
        if announced is not None and any(
            capture.captured_at == announced for period in settled_history.held for capture in period.observations
        ):
            return announced, entries  # also if an earlier capture of the held text has arrived since
        refuted = {period.version_id for period in settled_history.transient}
        is_news = held is not None and watermark.is_before(held.first) and held.version_id not in refuted
        current = held.first.captured_at if held is not None and is_news else None
        if current == announced or not settled_history.history.periods:
            return announced, entries
        standing = settled_history.history.periods[-1]
        if announced is not None and not any(
            observation.captured_at == announced
            for period in settled_history.history.periods
            for observation in period.observations
        ):
            entries.append(taken_back_entry(vendor, key.policy, announced))
        # A hold whose text stands now is reported as a change.
        if held is not None and current is not None:
            entries.append(held_entry(vendor, key.policy, standing, held))
        return current, entries

    def absence_entry(
        self, vendor: Vendor, key: PolicyKey, announced: AnnouncedAbsence | None
    ) -> tuple[int | None, DigestEntry | None]:
        """Returns the absence that has been announced after this digest, and the entry that says what is new about it.

        An absence is named by the id of its first capture; None if the policy is there. The entry is None if nothing is
        new.

        announced: the absence that an earlier digest announced, if no digest has said since that the policy is there
            again; otherwise None.
        """
        absence_now, standing = self._announced_in(key).absence, self._announced_in(key).settled.history
        if announced is None:
            if absence_now is None or not standing.periods:
                return None, None
            last_text = standing.periods[-1].last
            return absence_now.first.capture_id, gone_entry(vendor, key.policy, absence_now, last_text)
        first = there_again(standing, announced.capture_id)
        if first is None:
            return announced.capture_id, None
        captures = [capture for period in standing.periods for capture in period.observations]
        place = captures.index(first)
        return None, there_again_entry(
            vendor, key.policy, announced.since, first, captures[place - 1] if place else None
        )

    def _announced_in(self, key: PolicyKey) -> _Announced:
        if key not in self._announced:
            history = self._history_until_now(key)
            settled_history = self._store.library.settled(key, history)
            new = announcements(settled_history.history, self._earliest[key])
            needed = settled_history
            if not new and key not in self._maybe_there_again:
                needed = _only_needed(settled_history)
            self._announced[key] = _Announced(settled_history.until, new, needed, absence(history))
        return self._announced[key]

    def _history_until_now(self, key: PolicyKey) -> History:
        history = self._store.library.history(key)
        captures = [capture for period in history.periods for capture in period.observations]
        until_now = [capture for capture in captures if capture.captured_at <= self._now]
        quarantined = tuple(capture for capture in history.quarantined if capture.captured_at <= self._now)
        if len(until_now) == len(captures) and len(quarantined) == len(history.quarantined):
            return history
        self.with_later_captures.add(key)
        return replace(timeline(until_now), quarantined=quarantined)


def _entry_from(
    source: ReportSource,
    announcement: Announcement,
    words: frozenset[str],
    *,
    is_reverted: bool,
    with_attachment: bool,
    with_details: bool,
) -> DigestEntry:
    report = source.report()
    if is_reverted:
        entry = reverted_entry(report, announcement)
    else:
        entry = digest_entry(report, announcement, with_attachment=with_attachment)
        if with_details:
            entry = replace(entry, details=change_details(report, entry, announcement))
    entry = replace(entry, worth=worth_of(report.comparison, words))
    # An entry that can't be written fails here, and its policy has the fault. In a subscriber's e-mail, it would keep
    # the entries of the other policies from being sent.
    as_email([entry], _NOBODY, {}, announcement.new.first.captured_at, _NOBODY.address)
    return entry


def _only_needed(settled_history: SettledHistory) -> SettledHistory:
    """Returns a history without announcements, and without the periods that no entry needs.

    This saves memory: a crawl adds captures to every policy, but few policies change.
    """
    if settled_history.held or settled_history.transient:
        return settled_history
    return SettledHistory(History(settled_history.history.periods[-1:], ()), (), (), settled_history.until)
