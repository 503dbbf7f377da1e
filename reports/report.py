"""What a report is about: two texts of a policy, when the one became the other, and what differs between them."""

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
    """One side of a report that is a version of a policy, as one period shows it.

    vendor, policy: slugs; vendor_name: as declared. number: the version's, for display.
    document: the text of the capture next to the interval: the period's last on the old side, its first on the new.
    """

    vendor: str
    vendor_name: str
    policy: str
    number: int
    period: Period
    document: Document

    def to_dict(self) -> dict[str, Any]:
        """The side as the JSON contract has it."""
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
    """One side of a report that is a local file. sha256: of its bytes, lower-case hexadecimal."""

    path: Path
    sha256: str
    document: Document

    def to_dict(self) -> dict[str, Any]:
        """The side as the JSON contract has it."""
        return {"path": str(self.path), "sha256": self.sha256, **self.document.stated()}


Side = VersionSide | FileSide


@dataclass(frozen=True, slots=True)
class Interval:
    """When a change happened: after the last capture of the old text, before the first of the new."""

    last_old: Observation
    first_new: Observation

    def to_dict(self) -> dict[str, Any]:
        """The interval as the JSON contract has it."""
        return {"after": self.last_old.to_dict(), "before": self.first_new.to_dict()}


@dataclass(frozen=True, slots=True)
class Between:
    """A period that lies between the two a report compares. number: its version's, for display."""

    number: int
    period: Period

    def to_dict(self) -> dict[str, Any]:
        """The period as the JSON contract has it."""
        return {
            "version": self.number,
            "id": self.period.version_id,
            "from": iso(self.period.first.captured_at),
            "to": iso(self.period.last.captured_at),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What differs between two texts, and when the one became the other.

    interval: None for files, for two sides of one version, and for an old side that was shown after the new one.
    between: periods between the two sides' periods, oldest first; where there are any, the change came in steps.
    alternations: those of the policy's history where there is something between.
    """

    old: Side
    new: Side
    interval: Interval | None
    between: tuple[Between, ...]
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
        """The report as the JSON contract has it."""
        named = {
            "old": self.old.to_dict(),
            "new": self.new.to_dict(),
            "interval": self.interval.to_dict() if self.interval else None,
            "between": [period.to_dict() for period in self.between],
        }
        # The sides as this report names them stand in place of what the documents state of themselves.
        return named | self.comparison.to_dict() | named


def build_report(store: Store, vendor: Vendor, policy: str, old: str, new: str) -> Report:
    """What changed in a policy between two dates or versions (`@id`, see `Store.period`).

    Dates have to be in order; a version named by `@id` may be compared with an earlier one. UsageError when they are
    not, when the vendor has no such policy, or when a date or id finds no capture.
    """
    vendor.policy(policy)
    history = store.library.history(PolicyKey(vendor.slug, policy))
    old_period, new_period = (
        store.library.period(PolicyKey(vendor.slug, policy), history, when) for when in (old, new)
    )
    if _is_after(old_period, new_period):
        if not (old.startswith("@") or new.startswith("@")):
            raise UsageError(f"{old} is after {new}; give the earlier date first")
        # A version shown more than once stands for its last period, unless an earlier one lets the two be in order.
        if old.startswith("@"):
            earlier = [p for p in history.version(old_period.version_id).periods if not _is_after(p, new_period)]
            old_period = earlier[-1] if earlier else old_period
    return report_between(store, vendor, policy, history, old_period, new_period)


def _is_after(one: Period, other: Period) -> bool:
    return one.first.captured_at > other.first.captured_at


def report_between(
    store: Store, vendor: Vendor, policy: str, history: History, old_period: Period, new_period: Period
) -> Report:
    """What changed in a policy between two periods of its history. StorageError as the store raises it."""
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
        between=tuple(Between(numbers[period.version_id], period) for period in between),
        comparison=_nothing(old_document, new_document) if same else compare(old_document, new_document),
        alternations=alternations(settled(history).history) if between else (),
    )


def compare_files(old: FileSide, new: FileSide) -> Report:
    """What differs between two local files."""
    comparison = compare(old.document, new.document)
    return Report(old=old, new=new, interval=None, between=(), comparison=comparison)


def _nothing(old: Document, new: Document) -> Comparison:
    return Comparison(old, new, (), tuple((clause.position, clause.position) for clause in old.clauses))


def periods_of(between: Sequence[Between]) -> dict[int, list[Period]]:
    """The periods by their version's number, in order of appearance."""
    grouped: dict[int, list[Period]] = {}
    for one in between:
        grouped.setdefault(one.number, []).append(one.period)
    return grouped
