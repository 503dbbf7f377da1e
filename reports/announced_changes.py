"""Changes as digests announce them: small enough to remember for many policies, and compared when they are shown."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from core.dates import iso
from core.declarations import Vendor
from core.history import Alternation, Announcement, Period, SettledHistory
from core.limits import Caller
from core.plurals import plural
from core.policies import PolicyKey
from diffing.timeline import announcements
from reports.change_list import ListedChange
from reports.digest_email import DigestEntry, digest_entry
from reports.report import Interval, ReportSource, VersionSide
from storage import Store

# Before the first capture of any policy.
_BEGIN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AnnouncedChange:
    """A change of a policy that digests announce.

    key: the policy. old_number, new_number: the numbers of the versions before and after the change, for display.
    announcement: the change. Its periods have only the captures between which it happened.
    appearance: 1 if the policy never had the new text before; otherwise how often it has been announced, this change
        included. With the version's id it names the change, whatever is captured later.
    """

    key: PolicyKey
    old_number: int
    new_number: int
    announcement: Announcement
    appearance: int

    @property
    def seen(self) -> datetime:
        """The time of the first capture of the new text."""
        return self.announcement.new.first.captured_at

    @property
    def new_id(self) -> str:
        """The id of the version after the change."""
        return self.announcement.new.version_id

    def to_dict(self) -> dict[str, Any]:
        """Returns those of the JSON fields of a change (`ListedChange.to_dict`) for which no texts are compared."""
        old, new = self.announcement.old, self.announcement.new
        return {
            "vendor": self.key.vendor,
            "policy": self.key.policy,
            "after": iso(old.last.captured_at),
            "before": iso(self.seen),
            "old": {"version": self.old_number, "id": old.version_id},
            "new": {"version": self.new_number, "id": new.version_id},
        }


def announced_changes(key: PolicyKey, settled: SettledHistory) -> tuple[AnnouncedChange, ...]:
    """Returns all changes of a policy that digests announce, newest first. settled: the policy's settled history."""
    numbers = {version.id: version.number for version in settled.history.versions}
    appearances: dict[str, int] = {}
    changes = []
    for announcement in announcements(settled.history, _BEGIN):
        old, new = announcement.old.version_id, announcement.new.version_id
        appearances[new] = appearances.get(new, 0) + 1
        changes.append(AnnouncedChange(key, numbers[old], numbers[new], _small(announcement), appearances[new]))
    return tuple(reversed(changes))


def listed_change(store: Store, vendor: Vendor, change: AnnouncedChange, call: Caller) -> ListedChange:
    """Compares the two texts of a change, and returns it as `reports.change_list.list_changes` lists it.

    vendor: the vendor's declaration. call: makes the comparison, for instance in another process with limits.

    StorageError if the database can't be read; DamageError if a text is damaged. The errors of `call`.
    """
    announcement = change.announcement
    old, new = announcement.old, announcement.new
    key = change.key

    def side(number: int, period: Period, capture_id: int, reader: str) -> VersionSide:
        document = store.library.document(capture_id, reader)
        return VersionSide(key.vendor, vendor.name, key.policy, number, period, document)

    source = ReportSource(
        old=side(change.old_number, old, old.last.capture_id, old.last.reader),
        new=side(change.new_number, new, new.first.capture_id, new.first.reader),
        interval=Interval(old.last, new.first),
        between=(),
        alternations=(),
    )
    listed: ListedChange = call(partial(_listed, change, source))
    return listed


def with_first_changes(entry: DigestEntry, length: int) -> DigestEntry:
    """Returns an entry for a feed, with the first of its changes, which together have at most `length` characters."""
    left, left_out = length, 0
    groups = []
    for group in entry.shown_groups:
        left -= len(group.place)
        runs = []
        for run in group.runs:
            fitting = []
            for change in run.changes:
                left -= sum(len(text) for _, text in change.excerpt) + sum(map(len, change.notes))
                if left >= 0:
                    fitting.append(change)
                else:  # and so are all later changes
                    left_out += 1
            if fitting:
                runs.append(replace(run, changes=tuple(fitting)))
        if runs:
            groups.append(replace(group, runs=tuple(runs)))
    if not left_out:
        return entry
    sentence = f"{plural(left_out, 'more change')} {'is' if left_out == 1 else 'are'} too long for this feed."
    return replace(entry, shown_groups=tuple(groups), other_changes=f"{sentence} {entry.other_changes}".rstrip())


def _listed(change: AnnouncedChange, source: ReportSource) -> ListedChange:
    report = source.report()
    return ListedChange(
        change.key, report, digest_entry(report, change.announcement), change.announcement.alternation is not None
    )


def _small(announcement: Announcement) -> Announcement:
    """Returns an announcement with nothing but the captures that say when it happened.

    So it stays the same when further captures show the new text, and what was made from it can be remembered.
    """
    old, new = announcement.old, announcement.new
    returned_to, alternation = announcement.returned_to, announcement.alternation
    return Announcement(
        Period(old.version_id, (old.last,)),
        Period(new.version_id, (new.first,)),
        Period(returned_to.version_id, (returned_to.last,)) if returned_to else None,
        _small_alternation(alternation) if alternation else None,
    )


def _small_alternation(alternation: Alternation) -> Alternation:
    versions = (replace(version, periods=version.periods[:0]) for version in alternation.versions)
    periods = (Period(period.version_id, (period.first, period.last)) for period in alternation.periods)
    return replace(alternation, versions=tuple(versions), periods=tuple(periods))
