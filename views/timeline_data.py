"""The timeline of a policy as plain data: its versions, how much each changed, and when the policy was captured."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from core.changes import Significance
from core.dates import parse_span
from core.exceptions import UsageError
from core.history import Alternation, Period, SettledHistory, Version
from core.lineage import ChainEntry, Step
from core.policies import PolicyKey
from diffing.timeline import alternations
from storage import Store
from storage.lineages import KeptSteps
from views.versions import unsettled_sentences

#: What is known of a version: its text stands, is not confirmed by a second capture yet, is held, or did not last.
Status = Literal["stands", "not confirmed", "held", "did not last"]


@dataclass(frozen=True, slots=True)
class ChangeSize:
    """How much two neighbouring versions differ.

    significances: the number of clauses in changes of each significance. A change that has clauses on both sides counts
        the side with more of them. changes: the number of changes of each significance.
    """

    significances: Mapping[Significance, int]
    changes: Mapping[Significance, int]

    @property
    def clauses(self) -> int:
        """The number of clauses in changes."""
        return sum(self.significances.values())


@dataclass(frozen=True, slots=True)
class TimelineChange:
    """A place on the timeline where another text begins: the first version, a new version, or one that returns.

    version, version_id: the number and the id of the version that begins. old, old_id: those of the version before;
        None if there is none.
    at: the first capture of the text. after: the last capture of the text before; None if there is none.
    size: how much both differ; None for the first version, and if the comparison isn't kept.
    step: the kept comparison; None if it isn't kept.
    fault: why both can't be compared; '' if they can.
    """

    version: int
    version_id: str
    old: int | None
    old_id: str | None
    at: datetime
    after: datetime | None
    size: ChangeSize | None
    step: Step | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class TimelineVersion:
    """A version, for the list below the timeline.

    first, last: the first and the last capture that shows it. captures: the number of all.
    clauses: the number of its clauses; None if no kept comparison tells.
    stated_date: the date that the text states, in ISO 8601, as precise as the text states it; None if it states none.
    change: the change that made it the policy's text for the first time; None if it never was.
    """

    number: int
    id: str
    status: Status
    first: datetime
    last: datetime
    captures: int
    clauses: int | None
    stated_date: str | None
    change: TimelineChange | None


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A time in which captures show one version. begin, end: its first and its last capture."""

    version: int
    begin: datetime
    end: datetime
    alternates: bool = False


@dataclass(frozen=True, slots=True)
class PolicyTimeline:
    """The timeline of a policy. Times are timezone-aware UTC, and in order.

    versions: all versions, in order of number. changes: where a text begins that counts, oldest first.
    spans: the periods, oldest first. captures: the times of the accepted captures. quarantined: of all others.
    alternations: where the page goes back and forth. notes: a sentence for each version that doesn't stand.
    """

    key: PolicyKey
    versions: tuple[TimelineVersion, ...] = ()
    changes: tuple[TimelineChange, ...] = ()
    spans: tuple[TextSpan, ...] = ()
    captures: tuple[datetime, ...] = ()
    quarantined: tuple[datetime, ...] = ()
    alternations: tuple[Alternation, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all comparisons of neighbouring versions are kept, or are known to be impossible."""
        return all(change.size or change.fault or change.old is None for change in self.changes)

    @property
    def extent(self) -> tuple[datetime, datetime] | None:
        """The times of the first and of the last capture; None if the policy has no capture."""
        times = [times[at] for times in (self.captures, self.quarantined) if times for at in (0, -1)]
        return (min(times), max(times)) if times else None


def policy_timeline(store: Store, key: PolicyKey, settled: SettledHistory) -> PolicyTimeline:
    """Returns the timeline of a policy. Few queries are made, however many captures and versions there are.

    settled: the policy's settled history. StorageError if the database can't be read.
    """
    quarantined = store.timelines.quarantined(key)
    stated = store.timelines.stated_dates([version.first for version in settled.history.versions])
    return timeline_of(key, settled, quarantined, store.lineages.kept(key, settled), stated)


def timeline_of(
    key: PolicyKey,
    settled: SettledHistory,
    quarantined: tuple[datetime, ...],
    kept: KeptSteps,
    stated: Mapping[str, str],
) -> PolicyTimeline:
    """Returns the timeline that a policy's history shows.

    quarantined: the times of the quarantined captures, oldest first. kept: the comparisons of neighbouring versions.
    stated: the date that each version states, by the version's id.
    """
    changes = tuple(_change(kept, index) for index in range(len(kept.entries)))
    first_changes: dict[str, TimelineChange] = {}
    for change in changes:
        first_changes.setdefault(change.version_id, change)
    clauses = _clause_counts(kept)
    status = _statuses(settled)
    versions = tuple(
        _version(version, status[version.id], clauses, stated, first_changes) for version in settled.history.versions
    )
    numbers = {version.id: version.number for version in settled.history.versions}
    policy_alternations = alternations(settled.history)
    alternating = {id(period) for alternation in policy_alternations for period in alternation.periods}
    periods = sorted(_periods(settled), key=lambda period: period.first.captured_at)
    spans = tuple(
        TextSpan(
            numbers[period.version_id],
            period.first.captured_at,
            period.last.captured_at,
            id(period) in alternating,
        )
        for period in periods
    )
    captures = sorted(capture.captured_at for period in periods for capture in period.observations)
    return PolicyTimeline(
        key,
        versions,
        changes,
        spans,
        tuple(captures),
        quarantined,
        policy_alternations,
        tuple(unsettled_sentences(settled)),
    )


def size_of(step: Step) -> ChangeSize:
    """Returns how much two neighbouring versions differ. step: their comparison."""
    significances: Counter[Significance] = Counter()
    changes: Counter[Significance] = Counter()
    for link in step.links:
        clauses = max(len(link.old), len(link.new))
        significances[link.significance] += clauses
        changes[link.significance] += 1
    return ChangeSize(dict(significances), dict(changes))


def stated_moment(stated: str) -> datetime | None:
    """Returns the begin of a stated date (`2024-03-04`, `2024-03`); None if it isn't a date."""
    try:
        return parse_span(stated).begin.astimezone(UTC)
    except (UsageError, ValueError, OverflowError):
        return None


def _change(kept: KeptSteps, index: int) -> TimelineChange:
    entry: ChainEntry = kept.entries[index]
    old = kept.entries[index - 1] if index else None
    step = kept.steps[index] if old else None
    return TimelineChange(
        entry.number,
        entry.version_id,
        old.number if old else None,
        old.version_id if old else None,
        entry.first.captured_at,
        entry.before.captured_at if entry.before else None,
        size_of(step) if step and not step.opens else None,
        step,
        kept.faults.get(index, "") if old else "",
    )


def _version(
    version: Version,
    status: Status,
    clauses: Mapping[str, int],
    stated: Mapping[str, str],
    changes: Mapping[str, TimelineChange],
) -> TimelineVersion:
    return TimelineVersion(
        version.number,
        version.id,
        status,
        version.first.captured_at,
        max(period.last.captured_at for period in version.periods),
        sum(len(period.observations) for period in version.periods),
        clauses.get(version.id),
        stated.get(version.id),
        changes.get(version.id),
    )


def _clause_counts(kept: KeptSteps) -> dict[str, int]:
    return {
        entry.version_id: step.clauses for entry, step in zip(kept.entries, kept.steps, strict=True) if step is not None
    }


def _statuses(settled: SettledHistory) -> dict[str, Status]:
    """Returns the status of each version. A version that stood once stands."""
    statuses: dict[str, Status] = {}
    groups: Sequence[tuple[Sequence[Period], Status]] = (
        (settled.transient, "did not last"),
        (settled.held, "held"),
        (settled.pending, "not confirmed"),
        (settled.history.periods, "stands"),
    )
    for periods, status in groups:
        statuses.update(dict.fromkeys((period.version_id for period in periods), status))
    for version in settled.history.versions:
        statuses.setdefault(version.id, "did not last")
    return statuses


def _periods(settled: SettledHistory) -> list[Period]:
    """Returns all periods of a settled history, each once. A held period may be pending, too."""
    groups = (settled.history.periods, settled.transient, settled.held, settled.pending)
    return list({id(period): period for group in groups for period in group}.values())
