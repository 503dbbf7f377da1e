"""Reports: two texts of a policy, when the one became the other, and what differs between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.changes import Comparison
from core.clauses import Document
from core.dates import iso
from core.declarations import Vendor
from core.exceptions import UsageError
from core.history import Alternation, History, Observation, Period
from core.policies import PolicyKey
from diffing import compare
from diffing.timeline import alternations, settled
from storage import Store


@dataclass(frozen=True, slots=True)
class VersionSide:
    """A version of a policy, as one period shows it, as one side of a report.

    vendor, policy: their slugs. vendor_name: as declared. number: the version's number, for display.
    document: the text of the period's last capture on the old side, and of its first capture on the new side.
    """

    vendor: str
    vendor_name: str
    policy: str
    number: int
    period: Period
    document: Document

    def to_dict(self) -> dict[str, Any]:
        """Returns the side in the shape of the JSON contract."""
        return {
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


@dataclass(frozen=True, slots=True)
class FileSide:
    """A local file as one side of a report. sha256: the checksum of its bytes, in lower-case hexadecimal."""

    path: Path
    sha256: str
    document: Document

    def to_dict(self) -> dict[str, Any]:
        """Returns the side in the shape of the JSON contract."""
        return {"path": str(self.path), "sha256": self.sha256, **self.document.stated()}


Side = VersionSide | FileSide


@dataclass(frozen=True, slots=True)
class Interval:
    """The time in which a change happened: after the last capture of the old text, before the first of the new text."""

    last_old: Observation
    first_new: Observation

    def to_dict(self) -> dict[str, Any]:
        """Returns the interval in the shape of the JSON contract."""
        return {"after": self.last_old.to_dict(), "before": self.first_new.to_dict()}


@dataclass(frozen=True, slots=True)
class PeriodBetween:
    """A period between the two periods a report compares. number: its version's number, for display."""

    number: int
    period: Period

    def to_dict(self) -> dict[str, Any]:
        """Returns the period in the shape of the JSON contract."""
        return {
            "version": self.number,
            "id": self.period.version_id,
            "from": iso(self.period.first.captured_at),
            "to": iso(self.period.last.captured_at),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What differs between two texts, and when the one became the other.

    interval: None for files, if both sides are one version, or if the old side was shown after the new one.
    between: the periods between those of the two sides, oldest first. If there are any, the change came in steps.
    alternations: all alternations in the policy's history; empty if there are no periods between.
    """

    old: Side
    new: Side
    interval: Interval | None
    between: tuple[PeriodBetween, ...]
    comparison: Comparison
    alternations: tuple[Alternation, ...] = ()

    @property
    def same_version(self) -> bool:
        """Whether both sides are one version, so that there is nothing to compare."""
        return (
            isinstance(self.old, VersionSide)
            and isinstance(self.new, VersionSide)
            and self.old.period.version_id == self.new.period.version_id
        )

    @property
    def backwards(self) -> bool:
        """Whether the old side was shown after the new one, as two versions named by `@id` may be."""
        return (
            isinstance(self.old, VersionSide)
            and isinstance(self.new, VersionSide)
            and self.old.period.first.captured_at > self.new.period.first.captured_at
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the report in the shape of the JSON contract."""
        own = {
            "old": self.old.to_dict(),
            "new": self.new.to_dict(),
            "interval": self.interval.to_dict() if self.interval else None,
            "between": [period.to_dict() for period in self.between],
        }
        # `own` comes first to set the order of the fields, and last so that its sides replace those of the comparison.
        return own | self.comparison.to_dict() | own


def build_report(store: Store, vendor: Vendor, policy: str, old: str, new: str) -> Report:
    """Returns what changed in a policy between two dates or versions.

    old, new: each a date or an `@id`, as `Library.period` takes them. Dates have to be in order; a version
        named by `@id` may be compared with an earlier one.

    UsageError if the dates are not in order, if the vendor has no such policy, or if nothing was captured by a date or
    no version has an id. StorageError as the store raises it.
    """
    vendor.policy(policy)
    key = PolicyKey(vendor.slug, policy)
    history = store.library.history(key)
    old_period, new_period = (store.library.period(key, history, when) for when in (old, new))
    if _is_after(old_period, new_period):
        if not (old.startswith("@") or new.startswith("@")):
            raise UsageError(f"{old} is after {new}; give the earlier date first")
        # An `@id` names the last period of the version, unless an earlier period brings the two sides into order.
        if old.startswith("@"):
            in_order = [p for p in history.version(old_period.version_id).periods if not _is_after(p, new_period)]
            old_period = in_order[-1] if in_order else old_period
    return report_between(store, vendor, policy, history, old_period, new_period)


def _is_after(period: Period, other: Period) -> bool:
    return period.first.captured_at > other.first.captured_at


def report_between(
    store: Store, vendor: Vendor, policy: str, history: History, old_period: Period, new_period: Period
) -> Report:
    """Returns what changed in a policy between two periods of its history. StorageError as the store raises it."""
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
        return VersionSide(vendor.slug, vendor.name, policy, numbers[period.version_id], period, document)

    return Report(
        old=side(old_period, old_document),
        new=side(new_period, new_document),
        interval=Interval(old_period.last, new_period.first) if forwards and not same else None,
        between=tuple(PeriodBetween(numbers[period.version_id], period) for period in between),
        comparison=_no_difference(old_document, new_document) if same else compare(old_document, new_document),
        alternations=alternations(settled(history).history) if between else (),
    )


def compare_files(old: FileSide, new: FileSide) -> Report:
    """Returns what differs between two local files."""
    comparison = compare(old.document, new.document)
    return Report(old=old, new=new, interval=None, between=(), comparison=comparison)


def _no_difference(old: Document, new: Document) -> Comparison:
    return Comparison(old, new, (), tuple((clause.position, clause.position) for clause in old.clauses))


def periods_by_version(between: Sequence[PeriodBetween]) -> dict[int, list[Period]]:
    """Returns the periods by the number of their version, in order of appearance."""
    grouped: dict[int, list[Period]] = {}
    for period_between in between:
        grouped.setdefault(period_between.number, []).append(period_between.period)
    return grouped
