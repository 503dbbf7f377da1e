"""Since when each clause of a policy reads as it does, and what happened to one clause: for `blame` and `trace`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from core.changes import Change, ChangeKind, Redline, Significance
from core.clauses import Clause, Document
from core.dates import iso
from core.escaping import escape_line
from core.exceptions import UsageError
from core.history import Observation, SettledHistory
from core.limits import Caller
from core.lineage import ChainEntry, Event, EventKind, Gap, Line, Since
from core.plurals import plural
from core.policies import PolicyKey
from diffing.lineage import chain, line_of, reads_so_since, redlines
from diffing.normalization import fold, strip_typography
from storage import Store
from storage.lineages import Lineage

# At most so many clauses are found.
_MOST_FOUND = 50
# The kinds of changes without a redline, as in `core.changes.Change`.
_WITHOUT_REDLINE = frozenset(["added", "removed", "moved", "renumbered"])


@dataclass(frozen=True, slots=True)
class VersionName:
    """A version by its number, for display, and by its id, for addresses."""

    number: int
    id: str

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields `version` and `id`."""
        return {"version": self.number, "id": self.id}


@dataclass(frozen=True, slots=True)
class ChangeName:
    """A change, by its place in the comparison of two neighbouring versions.

    number: the change's number in this comparison, from 1, as reports count.
    """

    old: VersionName
    new: VersionName
    number: int

    def to_dict(self) -> dict[str, Any]:
        """Returns the change's JSON fields, which docs/contract.md describes."""
        return {"old": self.old.to_dict(), "new": self.new.to_dict(), "number": self.number}


@dataclass(frozen=True, slots=True)
class MissingFrom:
    """A version from which a clause is missing, although the clause was there a day before and after.

    first, last: the first and the last capture of the version in this time.
    """

    version: VersionName
    first: Observation
    last: Observation

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {**self.version.to_dict(), "first": self.first.to_dict(), "last": self.last.to_dict()}


@dataclass(frozen=True, slots=True)
class ClauseSince:
    """A clause of a version, and since when it reads as it does.

    clause: the clause.
    version: the version that brought this reading.
    first: the first capture with this reading.
    before: the last capture before it, which shows the earlier reading, or the policy without the clause. None if no
        earlier capture is known.
    change: the change that made the clause read so. None if there is no comparison to name: the clause is as old as the
        oldest version, or `unknown`.
    kind, significance: the kind and the significance of this change; None without a change.
    unknown: whether the clause may be older, because the comparison with the version before is missing.
    missing_from: the versions since then from which the clause was missing so briefly that its date stays.
    """

    clause: Clause
    version: VersionName
    first: Observation
    before: Observation | None
    change: ChangeName | None
    kind: ChangeKind | None
    significance: Significance | None
    unknown: bool = False
    missing_from: tuple[MissingFrom, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields of the clause, and when it came to read so. docs/contract.md describes them."""
        return {
            **self.clause.to_dict(),
            "since": self.version.to_dict(),
            **_interval(self.before, self.first),
            "change": self.change.to_dict() if self.change else None,
            "change_kind": self.kind,
            "significance": self.significance,
            **({"unknown": True} if self.unknown else {}),
            **({"missing_from": [version.to_dict() for version in self.missing_from]} if self.missing_from else {}),
        }


@dataclass(frozen=True, slots=True)
class Blame:
    """A version of a policy with the date of each clause.

    pending: whether the version is not confirmed yet. first: the first capture of the version's period.
    document: the text. clauses: its clauses, in reading order.
    missing: a sentence for each comparison that is missing.
    """

    key: PolicyKey
    version: VersionName
    first: Observation
    pending: bool
    document: Document
    clauses: tuple[ClauseSince, ...]
    missing: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {
            "vendor": self.key.vendor,
            "policy": self.key.policy,
            **self.version.to_dict(),
            **({"pending": True} if self.pending else {}),
            "first": self.first.to_dict(),
            **self.document.stated(),
            "clauses": [clause.to_dict() for clause in self.clauses],
            "missing": list(self.missing),
        }


@dataclass(frozen=True, slots=True)
class TracedEvent:
    """Something that happened to a clause.

    kind: what happened.
    change: the change, with the clauses of both sides and the redline. Reports can render it.
    old, new: the versions before and after. old is None if there is no version before.
    before, first: the last capture before, and the first capture after. before is None if there is none.
    name: the change's place in the comparison of both versions; None without a comparison.
    """

    kind: EventKind
    change: Change
    old: VersionName | None
    new: VersionName
    before: Observation | None
    first: Observation
    name: ChangeName | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {
            "event": self.kind,
            "old": self.old.to_dict() if self.old else None,
            "new": self.new.to_dict(),
            **_interval(self.before, self.first),
            "number": self.name.number if self.name else None,
            "change": self.change.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened to a clause, in order of time.

    version, clause: the clause that was asked for, and the version in which it is.
    events: what happened, oldest first; at least one event.
    newest: the newest version. now: its clauses that descend from the clause; empty if the clause is gone.
    last: the last capture of the newest version.
    missing: as for `Blame`. missing_from: as for `ClauseSince`; these versions are in no event.
    """

    key: PolicyKey
    version: VersionName
    clause: Clause
    events: tuple[TracedEvent, ...]
    newest: VersionName
    now: tuple[Clause, ...]
    last: Observation
    missing: tuple[str, ...]
    missing_from: tuple[MissingFrom, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {
            "vendor": self.key.vendor,
            "policy": self.key.policy,
            **self.version.to_dict(),
            "clause": self.clause.to_dict(),
            "events": [event.to_dict() for event in self.events],
            "newest": self.newest.to_dict(),
            "now": [clause.to_dict() for clause in self.now],
            "last_captured": iso(self.last.captured_at),
            "missing": list(self.missing),
            "missing_from": [version.to_dict() for version in self.missing_from],
        }


@dataclass(frozen=True, slots=True)
class FoundClause:
    """A clause that contains a user's words. version: the newest version in which a clause of its line does.

    is_newest: whether this is the newest version in which any clause contains the words.
    """

    version: VersionName
    clause: Clause
    is_newest: bool


def blame(store: Store, key: PolicyKey, when: str, calls: Caller, settled: SettledHistory | None = None) -> Blame:
    """Returns a version of a policy, with since when each clause reads as it does.

    when: a date, or a version's number or `@` and the beginning of its id, as for `Library.period`.
    calls: makes missing comparisons, for instance in another process with limits. Nothing is written.
    settled: the policy's settled history, if the caller has it.

    UsageError if `when` selects no version, or one that never stood. StorageError if the database can't be read.
    """
    settled = settled or store.library.settled(key)
    index = _index_named(store, key, when, chain(settled), settled)
    lineage = store.lineages.lineage(key, calls, settled)
    entry = lineage.entries[index]
    document = _document(store, entry)
    since = reads_so_since(lineage.steps[: index + 1], _begins(lineage))
    clauses = [_clause_since(lineage, clause, of) for clause, of in zip(document.clauses, since, strict=True)]
    return Blame(key, _name(entry), entry.first, entry.pending, document, tuple(clauses), _missing(key, lineage))


def trace(
    store: Store, key: PolicyKey, version_id: str, position: int, calls: Caller, settled: SettledHistory | None = None
) -> Trace:
    """Returns what happened to a clause.

    version_id: the id of the version in which the clause is. position: the clause's position in that version.
    calls, settled: as for `blame`.

    UsageError if the policy has no such version, or the version no such clause, or if the version never stood.
    StorageError if the database can't be read.
    """
    settled = settled or store.library.settled(key)
    index = _index_named(store, key, f"@{version_id}", chain(settled), settled)
    lineage = store.lineages.lineage(key, calls, settled)
    if not 0 <= position < lineage.steps[index].clauses:
        clauses = plural(lineage.steps[index].clauses, "clause")
        raise UsageError(f"version @{version_id} of {key} has {clauses}, so it lacks the one asked for")
    line = line_of(lineage.steps, index, position, _begins(lineage))
    newest = len(lineage.entries) - 1
    indices = {index, newest} | {event.index for event in line.events}
    indices |= {event.old_index for event in line.events if event.old_index is not None}
    documents = {at: _document(store, lineage.entries[at]) for at in sorted(indices)}
    return Trace(
        key,
        _name(lineage.entries[index]),
        documents[index].clauses[position],
        _traced(lineage, line, documents, calls),
        _name(lineage.entries[newest]),
        tuple(documents[newest].clauses[at] for at in line.places[newest]),
        (settled.pending or settled.history.periods)[-1].last,
        _missing(key, lineage),
        _missing_from(lineage, line.gaps),
    )


def find_clauses(
    store: Store, key: PolicyKey, words: str, calls: Caller, when: str | None = None
) -> tuple[FoundClause, ...]:
    """Returns the clauses of a policy that contain some words, newest version first; of each line, only the newest.

    If clauses of the newest version that has any consist of nothing but the words, as a heading may, the other clauses
    of this version don't count as newest. At most 50 clauses are returned.

    words: a part of a clause's text. Case, typography and white space make no difference.
    when: the only version in which to look, as for `blame`; None for all versions.
    calls: as for `blame`.

    UsageError if no clause contains the words, or as for `blame`. StorageError if the database can't be read.
    """
    wanted = strip_typography(fold(words))
    if not any(map(str.isalnum, wanted)):
        raise UsageError("give a few words of the clause to trace")
    settled = store.library.settled(key)
    entries = chain(settled)
    newest = f"@{entries[-1].version_id}" if entries else "@"
    index = _index_named(store, key, when or newest, entries, settled)
    lineage = store.lineages.lineage(key, calls, settled)
    found: list[FoundClause] = []
    on_lines: set[tuple[int, int]] = set()  # the clauses on the lines of the clauses that are found
    for at in range(index, -1 if when is None else index - 1, -1):
        texts = [(strip_typography(fold(clause.text)), clause) for clause in _document(store, entries[at]).clauses]
        exact = {clause.position for text, clause in texts if text == wanted}
        is_newest = not found
        for text, clause in texts:
            if wanted in text and (at, clause.position) not in on_lines and len(found) < _MOST_FOUND:
                is_named = is_newest and (not exact or clause.position in exact)
                found.append(FoundClause(_name(entries[at]), clause, is_named))
                line = line_of(lineage.steps, at, clause.position)
                on_lines.update((place, position) for place, of in enumerate(line.places) for position in of)
    if found:
        return tuple(sorted(found, key=lambda clause: not clause.is_newest))
    where = f"version {entries[index].number}" if when is not None else "any version"
    raise UsageError(
        f"no clause of {where} of {key} contains “{escape_line(words)}”; give fewer words, exactly as the policy has "
        f"them: `clausewatch show {key.vendor} --policy {key.policy}` prints the policy"
    )


def _index_named(
    store: Store, key: PolicyKey, when: str, entries: Sequence[ChainEntry], settled: SettledHistory
) -> int:
    """Returns the index of the entry of a chain that a user names."""
    counting = replace(settled.history, periods=(*settled.history.periods, *settled.pending))
    period = store.library.period(key, counting, when)
    named = [index for index, entry in enumerate(entries) if entry.version_id == period.version_id]
    if not named:
        number = counting.version(period.version_id).number
        raise UsageError(
            f"version {number} of {key} did not last, or is held, so no clause's history counts it; `clausewatch "
            f"versions {key.vendor} --policy {key.policy}` lists the versions that stand"
        )
    begun = [index for index in named if entries[index].first.captured_at <= period.first.captured_at]
    return begun[-1] if begun else named[0]


def _document(store: Store, entry: ChainEntry) -> Document:
    return store.library.document(entry.text.capture_id, entry.text.reader)


def _name(entry: ChainEntry) -> VersionName:
    return VersionName(entry.number, entry.version_id)


def _change_name(lineage: Lineage, index: int, number: int | None) -> ChangeName | None:
    if number is None:
        return None
    return ChangeName(_name(lineage.entries[index - 1]), _name(lineage.entries[index]), number)


def _clause_since(lineage: Lineage, clause: Clause, since: Since) -> ClauseSince:
    entry = lineage.entries[since.index]
    link = lineage.steps[since.index].links[since.number - 1] if since.number is not None else None
    return ClauseSince(
        clause,
        _name(entry),
        entry.first,
        entry.before,
        _change_name(lineage, since.index, since.number),
        link.kind if link else None,
        link.significance if link else None,
        unknown=since.index in lineage.faults,
        missing_from=_missing_from(lineage, since.gaps),
    )


def _begins(lineage: Lineage) -> list[datetime]:
    return [entry.first.captured_at for entry in lineage.entries]


def _missing_from(lineage: Lineage, gaps: Sequence[Gap]) -> tuple[MissingFrom, ...]:
    """Returns the versions in some short times. Each has a version after it, which names its last capture."""
    indices = sorted({index for gap in gaps for index in range(gap.begin, gap.end)})
    return tuple(
        MissingFrom(_name(lineage.entries[index]), lineage.entries[index].first, before)
        for index in indices
        if (before := lineage.entries[index + 1].before) is not None
    )


def _traced(lineage: Lineage, line: Line, documents: Mapping[int, Document], calls: Caller) -> tuple[TracedEvent, ...]:
    sides = []
    for event in line.events:
        old = () if event.kind == "returned" or event.old_index is None else event.old
        olds = tuple(documents[event.index - 1].clauses[at] for at in old)
        sides.append((olds, tuple(documents[event.index].clauses[at] for at in event.new)))
    drawn = [at for at, event in enumerate(line.events) if event.change not in _WITHOUT_REDLINE]
    pairs = [(_joined(sides[at][0]), _joined(sides[at][1])) for at in drawn]
    parts: dict[int, Redline] = dict(zip(drawn, calls(partial(redlines, pairs)), strict=True)) if drawn else {}
    return tuple(
        _event(lineage, event, Change(event.change, event.significance, 1, *of_event, parts.get(at, ()), event.numbers))
        for at, (event, of_event) in enumerate(zip(line.events, sides, strict=True))
    )


def _event(lineage: Lineage, event: Event, change: Change) -> TracedEvent:
    entry = lineage.entries[event.index]
    before = _name(lineage.entries[event.index - 1]) if event.index else None
    name = _change_name(lineage, event.index, event.number)
    return TracedEvent(event.kind, change, before, _name(entry), entry.before, entry.first, name)


def _joined(clauses: Sequence[Clause]) -> str:
    return " ".join(clause.text for clause in clauses)


def _missing(key: PolicyKey, lineage: Lineage) -> tuple[str, ...]:
    return tuple(
        f"Version {lineage.entries[index].number} could not be compared with version "
        f"{lineage.entries[index - 1].number}, so what became of the clauses between them is not known: {fault}. "
        f"`clausewatch reextract {key.vendor}` tries again."
        for index, fault in sorted(lineage.faults.items())
    )


def _interval(before: Observation | None, first: Observation) -> dict[str, Any]:
    return {"interval": {"after": before.to_dict() if before else None, "before": first.to_dict()}}
