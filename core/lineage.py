"""Lineage: how the clauses of a policy's versions descend from each other.

A policy's *chain* is the sequence of its versions that count, oldest first. A *step* leads from one version of the
chain to the next, and a clause's *line* follows the clause through all steps. `diffing.lineage` derives all of them.
"""

from dataclasses import dataclass
from typing import Literal

from core.changes import ChangeKind, Significance
from core.history import Observation

#: The number of the rules by which steps are derived. If you change `diffing.lineage.step_of`, `text_key`, or how two
#: documents are compared, raise it: otherwise, databases keep the steps that they have.
LINEAGE = "1"

#: What happened to a clause. `appeared`: it is in the oldest version of the chain, or was added. `unknown`: its version
#: could not be compared with the version before, so it may be older. `modified`: its words, facts or typography
#: changed. `returned`: it was removed, and was added again with the same text.
EventKind = Literal["appeared", "unknown", "modified", "moved", "renumbered", "split", "merged", "removed", "returned"]


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """A version's place in a policy's chain.

    version_id, number: the version's id, and its number for display.
    first: the first capture of the period by which the version is in the chain.
    before: the last capture of the text before. None for the first entry. So the policy got this text between `before`
        and `first`.
    text: the capture whose document stands for the version: the first that shows the version in the chain.
    pending: whether the version is not confirmed yet (`core.history.SettledHistory.pending`). Only the last can be.
    """

    version_id: str
    number: int
    first: Observation
    before: Observation | None
    text: Observation
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A change, as a step keeps it.

    kind, significance, numbers: as for `core.changes.Change`.
    old, new: the positions of the clauses in the old and in the new document, in reading order.
    keys: the text key (`diffing.sameness.text_key`) of each new clause; for `removed`, of the removed clause.
    """

    kind: ChangeKind
    significance: Significance
    old: tuple[int, ...]
    new: tuple[int, ...]
    keys: tuple[str, ...]
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """The comparison of two neighbouring versions, reduced to what lines need.

    kept: the runs of unchanged clauses: the position of the first clause in the old and in the new document, and the
        number of clauses.
    links: the changes, in the comparison's order. The number that reports give a change is its index here plus 1.
    opens: whether nothing leads here: the version is the first of the chain, or could not be compared with the version
        before. Every clause is then in a link of the kind `added`.
    """

    kept: tuple[tuple[int, int, int], ...]
    links: tuple[Link, ...]
    opens: bool = False

    @property
    def clauses(self) -> int:
        """The number of clauses of the new version."""
        return sum(length for _, _, length in self.kept) + sum(len(link.new) for link in self.links)


@dataclass(frozen=True, slots=True)
class Gap:
    """A short time for which a clause was missing (`diffing.lineage.BRIEF`).

    begin: the index of the first version of the chain without the clause. end: that of the version with it again.
    """

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Since:
    """Since when a clause reads as it does.

    index: the index of the version in the chain, counted from 0.
    number: the number of the change that made it read so, in the comparison with the version before, from 1. None if
        there is no such comparison: the version is the first of the chain, or could not be compared.
    gaps: the times since then for which the clause was missing so briefly that they don't count, oldest first.
    """

    index: int
    number: int | None
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a clause on its way through the versions.

    index: the index of the first version of the chain after the event.
    kind: what happened.
    change: the kind of the change. significance: its significance.
    number: the number of the change in the comparison with the version before, from 1; None without a comparison.
    old: the positions of the clauses in the version before. For `returned`, the clause's position in the version
        `old_index`, which is the last that had it.
    new: the positions of the clauses in the version after.
    old_index: the index of the version to which the positions in `old` belong; None if `old` is empty.
    numbers: as for `core.changes.Change`.
    """

    index: int
    kind: EventKind
    change: ChangeKind
    significance: Significance
    number: int | None
    old: tuple[int, ...]
    new: tuple[int, ...]
    old_index: int | None = None
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A clause's way through the versions of a chain: its ancestors and its descendants.

    events: what happened, in order of time; within one version, in reading order.
    places: for each version of the chain, the positions of the clauses that the clause descends from, or that descend
        from it; empty where the version has none. The clause itself is at its own place.
    gaps: the short times for which clauses of the line were missing, oldest first. Their removals and returns are no
        events.
    """

    events: tuple[Event, ...]
    places: tuple[tuple[int, ...], ...]
    gaps: tuple[Gap, ...] = ()
