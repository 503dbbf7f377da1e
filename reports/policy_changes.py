"""The changes of policies that digests have to tell. Each is worked out once, and told to all subscribers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from core.declarations import Vendor
from core.history import Absence, Announcement, History, SettledHistory, Telling
from core.limits import Caller
from core.policies import PolicyKey
from diffing.absences import absence, there_again
from diffing.timeline import announcements, timeline
from reports.digest_email import (
    DigestEntry,
    as_email,
    digest_entry,
    gone_entry,
    held_entry,
    reverted_entry,
    taken_back_entry,
    there_again_entry,
)
from reports.digest_selection import worth_of
from reports.report import ReportSource, report_source
from reports.webhook_digest import change_details
from storage import AnnouncedAbsence, SteadyPolicy, Store, Subscriber, Watermark

# The subscriber to whom each entry is written once, to find out whether it can be written.
_NOBODY = Subscriber(0, "nobody@clausewatch.invalid", ())
# Before the first capture of any policy.
_BEGIN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PolicyNews:
    """What a policy has to tell.

    settled_until: the time of the last capture before the periods that are not confirmed yet; None if there is no such
        capture.
    changed_at: the time of the first capture of the newest change that is announced; None if nothing has changed. A
        subscriber whose watermark is at that time or later has been told everything.
    has_more: whether a text is held or the policy is gone, so that there may be something to tell besides changes.
    """

    settled_until: datetime | None
    changed_at: datetime | None
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Examined:
    """A history that was loaded.

    announcements: all announcements, oldest first. absence: since when the policy is gone; None if it isn't.
    """

    announcements: tuple[Announcement, ...]
    settled: SettledHistory
    absence: Absence | None

    def news(self) -> PolicyNews:
        changed_at = max((announcement.new.first.captured_at for announcement in self.announcements), default=None)
        has_more = self.settled.held_now is not None or self.absence is not None
        return PolicyNews(self.settled.until, changed_at, has_more)


class PolicyChanges:
    """The changes of policies, as of one time of composing digests.

    Each history and each report is made once. A history is kept in memory only if it has something to tell.

    steady: the policies whose histories are loaded only if a subscriber was not told the newest change.
    now: the present time. Later captures are left out.
    call: makes the comparisons. words: the words that subscribers watch for. with_attachments: whether entries get the
        HTML report. with_details: whether entries get what only webhooks tell.
    """

    def __init__(
        self,
        store: Store,
        steady: Mapping[PolicyKey, SteadyPolicy],
        now: datetime,
        call: Caller,
        words: frozenset[str],
        *,
        with_attachments: bool,
        with_details: bool,
    ) -> None:
        self._store = store
        self._steady = steady
        self._now = now
        self._call = call
        self._words = words
        self._with_attachments = with_attachments
        self._with_details = with_details
        self._examined: dict[PolicyKey, _Examined] = {}
        self._entries: dict[tuple[PolicyKey, tuple[int, ...]], DigestEntry] = {}
        self._failures: dict[tuple[PolicyKey, tuple[int, ...]], Exception] = {}
        #: The policies of which later captures were left out.
        self.with_later_captures: set[PolicyKey] = set()

    def news(self, key: PolicyKey, told: datetime | None) -> PolicyNews:
        """Returns what a policy has to tell.

        told: up to when most subscribers were told its changes; None if they were told nothing. It doesn't change the
        result: only a history with later changes is kept in memory.
        """
        if key in self._steady:
            return PolicyNews(self._steady[key].newest, self._steady[key].changed_at, has_more=False)
        examined = self._load(key)
        news = examined.news()
        if news.has_more or (news.changed_at is not None and (told is None or news.changed_at > told)):
            self._examined[key] = examined
        return news

    def later_than(self, key: PolicyKey, watermark: Watermark) -> list[Announcement]:
        """Returns the announcements whose new period begins after the watermark, oldest first."""
        if key in self._steady:
            changed_at = self._steady[key].changed_at
            if changed_at is None or changed_at <= watermark.until:
                return []
        return [
            announcement
            for announcement in self._examined_policy(key).announcements
            if watermark.is_before(announcement.new.first)
        ]

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
            capture for period in self._examined_policy(key).settled.history.periods for capture in period.observations
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
            settled_history = self._examined_policy(key).settled
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
        entries: list[DigestEntry] = []
        if key in self._steady:
            return announced, entries
        settled_history = self._examined_policy(key).settled
        held = settled_history.held_now
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
    ) -> tuple[AnnouncedAbsence | None, DigestEntry | None]:
        """Returns the absence that has been announced after this digest, and the entry that says what is new about it.

        The absence is None if the policy is there, and the entry if nothing is new.

        announced: the absence that an earlier digest announced, if no digest has said since that the policy is there
            again; otherwise None.
        """
        if key in self._steady:
            return announced, None
        examined = self._examined_policy(key)
        absence_now, standing = examined.absence, examined.settled.history
        if announced is None:
            if absence_now is None or not standing.periods:
                return None, None
            last_text = standing.periods[-1].last
            gone = AnnouncedAbsence(absence_now.first.capture_id, absence_now.first.captured_at)
            return gone, gone_entry(vendor, key.policy, absence_now, last_text)
        first = there_again(standing, announced.capture_id)
        if first is None:
            return announced, None
        captures = [capture for period in standing.periods for capture in period.observations]
        place = captures.index(first)
        return None, there_again_entry(
            vendor, key.policy, announced.since, first, captures[place - 1] if place else None
        )

    def _examined_policy(self, key: PolicyKey) -> _Examined:
        if key not in self._examined:
            self._examined[key] = self._load(key)
        return self._examined[key]

    def _load(self, key: PolicyKey) -> _Examined:
        history = self._history_until_now(key)
        settled = self._store.library.settled(key, history)
        return _Examined(announcements(settled.history, _BEGIN), settled, absence(history))

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
