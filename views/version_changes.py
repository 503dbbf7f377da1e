"""How much each version of a policy differs from the version before, from the comparisons that are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.changes import CHANGE_KINDS
from core.history import SettledHistory
from core.lineage import Step
from core.policies import PolicyKey
from storage import Store


@dataclass(frozen=True, slots=True)
class VersionChanges:
    """How a version differs from the version before it.

    old_number, old_id: the number and the id of the version before. counts: as for `core.changes.Comparison.counts`.
    """

    old_number: int
    old_id: str
    counts: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {"old": {"version": self.old_number, "id": self.old_id}, "counts": dict(self.counts)}


def version_changes(store: Store, key: PolicyKey, settled: SettledHistory) -> dict[str, VersionChanges]:
    """Returns how the versions of a policy differ from the versions before them when they first stood, by version id.

    A version is left out if it is the first, if it did not last or is held, or if the comparison isn't kept.

    settled: the policy's settled history. StorageError if the database can't be read.
    """
    kept = store.lineages.kept(key, settled)
    changes: dict[str, VersionChanges] = {}
    seen: set[str] = set()
    for index, (entry, step) in enumerate(zip(kept.entries, kept.steps, strict=True)):
        if entry.version_id not in seen and step is not None and not step.opens:
            before = kept.entries[index - 1]
            changes[entry.version_id] = VersionChanges(before.number, before.version_id, counts_of(step))
        seen.add(entry.version_id)
    return changes


def counts_of(step: Step) -> dict[str, int]:
    """Returns the number of changes of each kind and of unchanged clauses, as `core.changes.Comparison.counts`."""
    counts: dict[str, int] = dict.fromkeys(CHANGE_KINDS, 0)
    for link in step.links:
        counts[link.kind] += 1
    counts["unchanged"] = sum(length for _, _, length in step.kept)
    return counts
