"""Builds reports. A report compares two texts of a policy, and says when the text changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.changes import Comparison
from core.clauses import Document
from core.dates import iso
from core.declarations import Vendor
from core.exceptions import UsageError
from core.history import Alternation, History, Observation, Period, SettledHistory
from core.policies import PolicyKey
from diffing import compare
from diffing.timeline import alternations
from storage import Store


@dataclass(frozen=True, slots=True)
class VersionSide:
    """One side of a report: a version of a policy, and one of the periods in which the page showed the version.

    vendor: the vendor's slug. vendor_name: the vendor's name in the declaration. policy: the policy's slug.
    number: the version's number, for display.
    period: the period.
    document: the text. On the old side, this is the text of the period's last capture. On the new side, this is the
        text of the period's first capture.
    held: whether the period is held (`core.history.SettledHistory.held`): the page may not show the policy.
    """

    vendor: str
    vendor_name: str
    policy: str
    number: int
    period: Period
    document: Document
    held: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Returns the side as a dictionary for the JSON output (docs/contract.md). `held` is omitted if it is False."""
        fields: dict[str, Any] = {
            "vendor": self.vendor,
            "policy": self.policy,
            "version": self.number,
            "id": self.period.version_id,
            **self.document.stated(),
            "extractor": self.period.first.reader,
            "captures": len(self.period.observations),
            "first": self.period.first.to_dict(),
            "last": self.period.last.to_dict(),
        }
        return fields | {"held": True} if self.held else fields


@dataclass(frozen=True, slots=True)
class FileSide:
    """One side of a report: a local file.

    path: the file's path. sha256: the checksum of the file's bytes, in lower-case hexadecimal.
    document: the file's text.
    """

    path: Path
    sha256: str
    document: Document

    def to_dict(self) -> dict[str, Any]:
        """Returns the side as a dictionary for the JSON output (docs/contract.md)."""
        return {"path": str(self.path), "sha256": self.sha256, **self.document.stated()}


Side = VersionSide | FileSide


@dataclass(frozen=True, slots=True)
class Interval:
    """The time in which a change happened.

    last_old: the last capture of the old text. first_new: the first capture of the new text.
    """

    last_old: Observation
    first_new: Observation

    def to_dict(self) -> dict[str, Any]:
        """Returns the interval as a dictionary for the JSON output (docs/contract.md)."""
        return {"after": self.last_old.to_dict(), "before": self.first_new.to_dict()}


@dataclass(frozen=True, slots=True)
class PeriodBetween:
    """A period between the two periods that a report compares.

    number: the number of the version that the period shows, for display. period: the period.
    """

    number: int
    period: Period

    def to_dict(self) -> dict[str, Any]:
        """Returns the period as a dictionary for the JSON output (docs/contract.md)."""
        return {
            "version": self.number,
            "id": self.period.version_id,
            "from": iso(self.period.first.captured_at),
            "to": iso(self.period.last.captured_at),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The differences between two texts, and the time in which the text changed.

    old, new: the two sides.
    interval: the time in which the text changed. None if the sides are files, if both sides are the same version, or if
        the page showed the old side after the new side.
    between: the periods between the period of the old side and the period of the new side, oldest first.
    comparison: the differences.
    alternations: all alternations in the policy's history; empty if `between` is empty.
    """

    old: Side
    new: Side
    interval: Interval | None
    between: tuple[PeriodBetween, ...]
    comparison: Comparison
    alternations: tuple[Alternation, ...] = ()

    @property
    def same_version(self) -> bool:
        """Whether both sides are the same version, so that there are no differences."""
        return (
            isinstance(self.old, VersionSide)
            and isinstance(self.new, VersionSide)
            and self.old.period.version_id == self.new.period.version_id
        )

    @property
    def backwards(self) -> bool:
        """Whether the page showed the old side after the new side. Possible only if a version is named by `@id`."""
        return (
            isinstance(self.old, VersionSide)
            and isinstance(self.new, VersionSide)
            and self.old.period.first.captured_at > self.new.period.first.captured_at
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as a dictionary for the JSON output (docs/contract.md)."""
        report_fields = {
            "old": self.old.to_dict(),
            "new": self.new.to_dict(),
            "interval": self.interval.to_dict() if self.interval else None,
            "between": [period.to_dict() for period in self.between],
        }
        # The report's fields come first in the output. The report's fields are merged in a second time at the end,
        # because the report's `old` and `new` must replace the comparison's `old` and `new`.
        return report_fields | self.comparison.to_dict() | report_fields


def build_report(store: Store, vendor: Vendor, key: PolicyKey, old: str, new: str) -> Report:
    """Returns a report on the changes of a policy between two dates or versions.

    vendor: the declaration of the policy's vendor.
    old, new: dates or ids of versions (`@id`), as in `Library.period`. Two dates must be in order. If a version is
        named by `@id`, the old side may be later than the new side.

    UsageError if the dates are not in order, if the vendor does not declare the policy, if the policy has no accepted
    capture at or before a date, or if no version has the given id. StorageError if the database fails.
    """
    vendor.policy(key.policy)
    history = store.library.history(key)
    old_period, new_period = (store.library.period(key, history, when) for when in (old, new))
    if _is_after(old_period, new_period):
        if not (old.startswith("@") or new.startswith("@")):
            raise UsageError(f"{old} is after {new}; give the earlier date first")
        # An `@id` names the last period of the version. If this period is after the new side, an earlier period of the
        # same version is used: the last one that is not after the new side. If there is none, the `@id`'s last period
        # is used.
        if old.startswith("@"):
            periods = history.version(old_period.version_id).periods
            in_order = [period for period in periods if not _is_after(period, new_period)]
            old_period = in_order[-1] if in_order else old_period
    settled_history = store.library.settled(key, history)
    return report_source(store, vendor, key, history, settled_history, old_period, new_period).report()


def _is_after(period: Period, other: Period) -> bool:
    return period.first.captured_at > other.first.captured_at


@dataclass(frozen=True, slots=True)
class ReportSource:
    """What a report on two periods is made of. The fields are those of `Report`.

    A source can be pickled, so that the comparison can be made in another process.
    """

    old: VersionSide
    new: VersionSide
    interval: Interval | None
    between: tuple[PeriodBetween, ...]
    alternations: tuple[Alternation, ...]

    def report(self) -> Report:
        """Compares the two texts, and returns the report."""
        old, new = self.old.document, self.new.document
        same = self.old.period.version_id == self.new.period.version_id
        comparison = _no_difference(old, new) if same else compare(old, new)
        return Report(self.old, self.new, self.interval, self.between, comparison, self.alternations)


def report_source(
    store: Store,
    vendor: Vendor,
    key: PolicyKey,
    history: History,
    settled_history: SettledHistory,
    old_period: Period,
    new_period: Period,
) -> ReportSource:
    """Returns the source of a report on the changes of a policy between two periods of the policy's history.

    vendor: the declaration of the policy's vendor.
    settled_history: the same history with its periods divided into groups.

    StorageError if the database fails. DamageError if one of the texts is damaged.
    """
    old_document = store.library.document(old_period.last.capture_id, old_period.last.reader)
    same = old_period.version_id == new_period.version_id
    new_document = (
        old_document if same else store.library.document(new_period.first.capture_id, new_period.first.reader)
    )
    first, last = sorted((history.periods.index(old_period), history.periods.index(new_period)))
    between = history.periods[first + 1 : last]
    forwards = history.periods.index(old_period) == first
    numbers = {version.id: version.number for version in history.versions}

    def side(period: Period, document: Document) -> VersionSide:
        number = numbers[period.version_id]
        is_held = period in settled_history.held
        return VersionSide(key.vendor, vendor.name, key.policy, number, period, document, is_held)

    return ReportSource(
        old=side(old_period, old_document),
        new=side(new_period, new_document),
        interval=Interval(old_period.last, new_period.first) if forwards and not same else None,
        between=tuple(PeriodBetween(numbers[period.version_id], period) for period in between),
        alternations=alternations(settled_history.history) if between else (),
    )


def compare_files(old: FileSide, new: FileSide) -> Report:
    """Returns a report on the differences between two local files."""
    comparison = compare(old.document, new.document)
    return Report(old=old, new=new, interval=None, between=(), comparison=comparison)


def _no_difference(old: Document, new: Document) -> Comparison:
    return Comparison(old, new, (), tuple((clause.position, clause.position) for clause in old.clauses))


def periods_by_version(between: Sequence[PeriodBetween]) -> dict[int, list[Period]]:
    """Returns the periods grouped by the number of the version that they show, in order of appearance."""
    grouped: dict[int, list[Period]] = {}
    for period_between in between:
        grouped.setdefault(period_between.number, []).append(period_between.period)
    return grouped
