"""Changes and comparisons: what differs between two documents, clause by clause."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from core.clauses import Clause, Document

ChangeKind = Literal[
    "added",
    "removed",
    "modified",
    "moved",
    "moved_modified",
    "renumbered",
    "split",
    "merged",
    "cosmetic",
    "factual",
]
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
Significance = Literal["substantive", "factual", "editorial", "volatile"]
SIGNIFICANCES: tuple[Significance, ...] = get_args(Significance)
RedlineOperation = Literal["equal", "delete", "insert"]
Redline = tuple[tuple[RedlineOperation, str], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One clause-level difference between two documents.

    confidence: from 0 to 1, how sure it is that the two sides belong together; 1 for one-sided changes and for clauses
        that match exactly.
    old, new: the clauses of each side, in reading order. `added` has no old clauses and `removed` no new ones; `split`
        has several new clauses and `merged` several old ones.
    redline: the deleted and equal parts are the old texts in order, the inserted and equal parts the new ones, except
        for white space. Empty for `added`, `removed`, `moved` and `renumbered`.
    """

    kind: ChangeKind
    significance: Significance
    confidence: float
    old: tuple[Clause, ...]
    new: tuple[Clause, ...]
    redline: Redline = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the change in the shape of the JSON contract."""
        return {
            "kind": self.kind,
            "significance": self.significance,
            "confidence": self.confidence,
            "old": [clause.to_dict() for clause in self.old],
            "new": [clause.to_dict() for clause in self.new],
            "redline": [list(part) for part in self.redline],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences between two documents: every clause of either is in exactly one change or in `unchanged`.

    old, new: the documents compared.
    changes: in reading order of the new document; a removed clause stands where it was.
    unchanged: the positions (old, new) of the clauses that are the same, in reading order.
    coarse: notes for the reader on what was compared more coarsely than usual because of its size; mostly empty.
    """

    old: Document
    new: Document
    changes: tuple[Change, ...]
    unchanged: tuple[tuple[int, int], ...]
    coarse: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """The number of changes of each of the ten kinds and, as `unchanged`, of unchanged clauses."""
        counts: dict[str, int] = dict.fromkeys(CHANGE_KINDS, 0)
        for change in self.changes:
            counts[change.kind] += 1
        counts["unchanged"] = len(self.unchanged)
        return counts

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison in the shape of the JSON contract.

        `old` and `new` are what the documents state about themselves; a report replaces them by the versions or files
        it compares. `coarse` is left out if it is empty.
        """
        result: dict[str, Any] = {
            "old": self.old.stated(),
            "new": self.new.stated(),
            "counts": self.counts,
            "changes": [change.to_dict() for change in self.changes],
        }
        if self.coarse:
            result["coarse"] = list(self.coarse)
        return result
