"""Builds reports. A report compares two texts of a policy, and says when the text changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from core.changes import Comparison
from core.clauses import Document
from core.dates import iso, parse_span
from core.declarations import Vendor
from core.exceptions import DateOrderError
from core.history import Alternation, History, Observation, Period, SettledHistory, names_version
from core.limits import Caller, call_here
from core.policies import PolicyKey
from diffing import compare
from diffing.lineage import chain
from diffing.timeline import alternations
from reports.capitals import terms_with_other_capitals
from storage import Store


@dataclass(frozen=True, slots=True)
class VersionSide:
    """One side of a report: a version of a policy, and one of the periods in which the page showed the version.

    vendor: the vendor's slug. vendor_name: the vendor's name in the declaration. policy: the policy's slug.
    number: the version's number, for display.
    period: the period.
    document: the text that is compared. On the old side, this is usually the text of the period's last capture, and on
        the new side the text of the period's first capture.
    compared: the capture that the text is from, if it is another one: captures of one version may differ in links,
        numbering and typography, and a date names the capture that was the last one on that date. Otherwise None.
    held: whether the period is held (`core.history.SettledHistory.held`): the page may not show the policy.
    """

    vendor: str
    vendor_name: str
    policy: str
    number: int
    period: Period
    document: Document
    compared: Observation | None = None
    held: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Returns the side as a dictionary for the JSON output (docs/contract.md).

        `compared` is omitted if it is None, and `held` if it is False.
        """
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
        if self.compared:
            fields["compared"] = self.compared.to_dict()
        if self.held:
            fields["held"] = True
        return fields


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
        """Whether both sides are the same version, so that at most links, numbering and typography differ."""
        return (
            isinstance(self.old, VersionSide)
            and isinstance(self.new, VersionSide)
            and self.old.period.version_id == self.new.period.version_id
        )

    @property
    def backwards(self) -> bool:
        """Whether the page showed the old side after the new side. Possible only if a version is named."""
        return (
            isinstance(self.old, VersionSide)
            and isinstance(self.new, VersionSide)
            and self.old.period.first.captured_at > self.new.period.first.captured_at
        )

    @property
    def evidence(self) -> tuple[tuple[str, Observation], ...]:
        """The captures that prove what the report says, each with its name; empty if files are compared."""
        if isinstance(self.old, FileSide) or isinstance(self.new, FileSide):
            return ()
        sides = (("Old", self.old), ("New", self.new))
        if self.interval:
            rows = [
                ("Old text, last seen", self.interval.last_old),
                ("New text, first seen", self.interval.first_new),
            ]
        else:
            rows = [
                row
                for name, side in sides
                for row in (
                    (f"{name} side, first seen", side.period.first),
                    (f"{name} side, last seen", side.period.last),
                )
            ]
        return (*rows, *((f"{name} text, compared", side.compared) for name, side in sides if side.compared))

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as a dictionary for the JSON output (docs/contract.md)."""
        report_fields = {
            "old": self.old.to_dict(),
            "new": self.new.to_dict(),
            "interval": self.interval.to_dict() if self.interval else None,
            "between": [period.to_dict() for period in self.between],
        }
        capitals = [
            {"old": old, "new": new, "clauses": clauses}
            for (old, new), clauses in terms_with_other_capitals(self.comparison.changes).items()
        ]
        # The report's fields come first in the output. The report's fields are merged in a second time at the end,
        # because the report's `old` and `new` must replace the comparison's `old` and `new`.
        return report_fields | self.comparison.to_dict() | report_fields | ({"capitals": capitals} if capitals else {})


def build_report(
    store: Store, vendor: Vendor, key: PolicyKey, old: str, new: str, *, call: Caller = call_here
) -> Report:
    """Returns a report on the changes of a policy between two dates or versions.

    vendor: the declaration of the policy's vendor.
    old, new: dates, or numbers or ids of versions (`#3`, `@id`), as in `Library.period`. Two dates must be in order. If
        a version is named, the old side may be later than the new side. A date also names the last capture on that
        date. An id names the capture whose text the lines of clauses are made of (`named_source`).
    call: makes the comparison, for instance in another process with limits on time and memory.

    DateOrderError if the dates are not in order. UsageError if a date is in the future, if the vendor does not declare
    the policy, if the policy has no accepted capture at or before a date, or if no version has the given number or id.
    StorageError if the database fails. The errors of `call`.
    """
    history = store.library.history(key)
    source = named_source(store, vendor, key, history, store.library.settled(key, history), old, new)
    report: Report = call(source.report)
    return report


def named_source(
    store: Store,
    vendor: Vendor,
    key: PolicyKey,
    history: History,
    settled_history: SettledHistory,
    old: str,
    new: str,
) -> "ReportSource":
    """Returns the source of the report on two dates or versions that a user names.

    vendor, key, old, new, and the errors: as for `build_report`.
    history, settled_history: the policy's history, with all periods, and divided into groups.

    A side that is named by an id has the text that `diffing.lineage` compares for this version. So the comparison of
    two neighbouring versions has the changes, with their numbers, that lineages name, and later captures of the same
    versions make no difference.
    """
    vendor.policy(key.policy)
    if not (names_version(old) or names_version(new)) and parse_span(old).end > parse_span(new).end:
        raise DateOrderError(f"{old} is later than {new}; give the earlier date first")
    old_period, new_period = (store.library.period(key, history, when) for when in (old, new))
    if old.startswith("@") and new.startswith("@"):
        new_period = _neighbouring(history, settled_history, old_period.version_id, new_period)
    if names_version(old) and _is_after(old_period, new_period):
        # A named version stands for its last period. If this period is after the new side, an earlier period of the
        # same version is used: the last one that is not after the new side. If there is none, the last period is used.
        periods = history.version(old_period.version_id).periods
        in_order = [period for period in periods if not _is_after(period, new_period)]
        old_period = in_order[-1] if in_order else old_period
    same = old_period.version_id == new_period.version_id
    texts = {entry.version_id: entry.text for entry in chain(settled_history)} if not same else {}
    # Without a date, the differences within a version are those between its first and its last capture.
    captures = (
        _capture_named(old_period, old, old_period.first if same else old_period.last, texts),
        _capture_named(new_period, new, new_period.last if same else new_period.first, texts),
    )
    return report_source(store, vendor, key, history, settled_history, old_period, new_period, captures)


def _neighbouring(history: History, settled_history: SettledHistory, old_id: str, new_period: Period) -> Period:
    """Returns the last period of the new version that follows the old version in the chain of versions.

    A version that returned has several periods, and a version may have followed another one only at the first of them.
    If it never followed, this is `new_period`.
    """
    begins = [
        new.first.capture_id
        for old, new in pairwise(chain(settled_history))
        if (old.version_id, new.version_id) == (old_id, new_period.version_id)
    ]
    found = [period for period in history.periods if begins and period.first.capture_id == begins[-1]]
    return found[0] if found else new_period


def _capture_named(period: Period, when: str, otherwise: Observation, texts: Mapping[str, Observation]) -> Observation:
    """Returns the last capture of a period on a date; for a version, the capture in `texts`, or else `otherwise`."""
    if when.startswith("@"):
        return texts.get(period.version_id, otherwise)
    if names_version(when):
        return otherwise
    end = parse_span(when).end
    return [capture for capture in period.observations if capture.captured_at <= end][-1]


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
        comparison = compare(self.old.document, self.new.document)
        return Report(self.old, self.new, self.interval, self.between, comparison, self.alternations)


def report_source(
    store: Store,
    vendor: Vendor,
    key: PolicyKey,
    history: History,
    settled_history: SettledHistory,
    old_period: Period,
    new_period: Period,
    captures: tuple[Observation, Observation] | None = None,
) -> ReportSource:
    """Returns the source of a report on the changes of a policy between two periods of the policy's history.

    vendor: the declaration of the policy's vendor.
    settled_history: the same history with its periods divided into groups.
    captures: the captures of the two periods whose texts are compared; None for the last capture of the old period and
        the first capture of the new period.

    StorageError if the database fails. DamageError if one of the texts is damaged.
    """
    same = old_period.version_id == new_period.version_id
    first, last = sorted((history.periods.index(old_period), history.periods.index(new_period)))
    between = history.periods[first + 1 : last]
    forwards = history.periods.index(old_period) == first
    numbers = {version.id: version.number for version in history.versions}

    def side(period: Period, usual: Observation, capture: Observation) -> VersionSide:
        document = store.library.document(usual.capture_id, usual.reader)
        compared = None
        if capture != usual and (other := store.library.document(capture.capture_id, capture.reader)) != document:
            document, compared = other, capture
        number = numbers[period.version_id]
        is_held = period in settled_history.held
        return VersionSide(key.vendor, vendor.name, key.policy, number, period, document, compared, is_held)

    old_capture, new_capture = captures or (old_period.last, new_period.first)
    return ReportSource(
        old=side(old_period, old_period.last, old_capture),
        new=side(new_period, new_period.first, new_capture),
        interval=Interval(old_period.last, new_period.first) if forwards and not same else None,
        between=tuple(PeriodBetween(numbers[period.version_id], period) for period in between),
        alternations=alternations(settled_history.history) if between else (),
    )


def compare_files(old: FileSide, new: FileSide) -> Report:
    """Returns a report on the differences between two local files."""
    comparison = compare(old.document, new.document)
    return Report(old=old, new=new, interval=None, between=(), comparison=comparison)


def periods_by_version(between: Sequence[PeriodBetween]) -> dict[int, list[Period]]:
    """Returns the periods grouped by the number of the version that they show, in order of appearance."""
    grouped: dict[int, list[Period]] = {}
    for period_between in between:
        grouped.setdefault(period_between.number, []).append(period_between.period)
    return grouped
