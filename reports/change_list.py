"""Lists the changes of many policies since a time, a few words on each, for `clausewatch changes`."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.dates import iso
from core.declarations import Vendor
from core.history import Announcement
from core.limits import Caller, call_here
from core.policies import PolicyKey
from diffing.timeline import announcements
from reports.digest_email import DigestEntry, digest_entry
from reports.isolation import fault_of
from reports.report import Report, ReportSource, VersionSide, report_source
from storage import Store


@dataclass(frozen=True, slots=True)
class ListedChange:
    """A change of a policy, as a digest would announce it.

    key: the policy. report: the comparison of the text before the change with the text after it. entry: the digest's
    entry about the change. is_alternation: whether it announces that the page alternates.
    """

    key: PolicyKey
    report: Report
    entry: DigestEntry
    is_alternation: bool = False

    @property
    def old(self) -> VersionSide:
        """The text before the change."""
        assert isinstance(self.report.old, VersionSide)  # noqa: S101 - `list_changes` compares no files
        return self.report.old

    @property
    def new(self) -> VersionSide:
        """The text after the change."""
        assert isinstance(self.report.new, VersionSide)  # noqa: S101 - `list_changes` compares no files
        return self.report.new

    @property
    def seen(self) -> datetime:
        """The time of the first capture of the new text."""
        return self.new.period.first.captured_at

    @property
    def headline(self) -> str:
        """What changed, in a few words: `changed: Retention 30 → 90 days (2 substantive)`."""
        return self.entry.headline

    def to_dict(self) -> dict[str, Any]:
        """Returns the change's JSON fields, which docs/contract.md describes."""
        old, new = self.old, self.new
        return {
            "vendor": self.key.vendor,
            "policy": self.key.policy,
            "after": iso(old.period.last.captured_at),
            "before": iso(self.seen),
            "old": {"version": old.number, "id": old.period.version_id},
            "new": {"version": new.number, "id": new.period.version_id},
            "headline": self.headline,
            "summary": self.entry.summary,
            "counts": self.report.comparison.counts,
            "command": self.entry.command,
        }


def list_changes(
    store: Store,
    vendors: Mapping[str, Vendor],
    since: datetime,
    slugs: Collection[str] = (),
    *,
    call: Caller = call_here,
    report_fault: Callable[[str], object] = lambda sentence: None,
) -> tuple[ListedChange, ...]:
    """Returns the changes whose new text was first captured at or after a time, newest first.

    Only periods that stand are compared, and only those that begin at or after the time: the texts are what digests
    announce. Policies that are not declared are left out. What can't be compared is left out, too, and all others are
    listed.

    vendors: the declared vendors, by slug. slugs: the vendors to list; empty for all.
    call: makes the comparisons, for instance in another process with limits on time and memory.
    report_fault: called with a sentence for each policy, or change, that could not be compared.

    StorageError if the database can't be read.
    """
    changes: list[ListedChange] = []
    for key in store.library.maybe_changed(since, slugs):
        vendor = vendors.get(key.vendor)
        if vendor is None or key.policy not in vendor.policies:
            continue
        try:
            for seen, compare_texts in _comparisons(store, vendor, key, since):
                try:
                    changes.append(call(compare_texts))
                except Exception as error:
                    report_fault(f"{key}: its change seen on {seen:%Y-%m-%d} could not be compared: {fault_of(error)}")
        except Exception as error:
            report_fault(f"{key}: its changes could not be compared: {fault_of(error)}")
    return tuple(sorted(changes, key=lambda change: (change.seen, change.key), reverse=True))


def _comparisons(
    store: Store, vendor: Vendor, key: PolicyKey, since: datetime
) -> Iterator[tuple[datetime, Callable[[], ListedChange]]]:
    """Yields for each change of a policy the time at which it was seen, and a function that compares the texts."""
    settled_history = store.library.settled(key)
    history = settled_history.history
    for announcement in announcements(history, since - timedelta(microseconds=1)):
        source = report_source(store, vendor, key, history, settled_history, announcement.old, announcement.new)
        yield announcement.new.first.captured_at, partial(_listed, key, source, announcement)


def _listed(key: PolicyKey, source: ReportSource, announcement: Announcement) -> ListedChange:
    report = source.report()
    return ListedChange(key, report, digest_entry(report, announcement))
