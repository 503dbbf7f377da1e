"""Change and comparison: what differs between two documents, clause by clause."""

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
    """One clause-level difference between two versions.

    confidence: from 0 to 1, how sure the pairing of the two sides is; 1 for one-sided changes and exact matches.
    old, new: the clauses of either side, in reading order; one of them is empty for `added` and `removed`, `split`
        has several on the new side, `merged` several on the old.
    redline: delete + equal parts are the old texts in order, insert + equal the new, white space aside; empty for
        kinds without one.
    """

    kind: ChangeKind
    significance: Significance
    confidence: float
    old: tuple[Clause, ...]
    new: tuple[Clause, ...]
    redline: Redline = ()

    def to_dict(self) -> dict[str, Any]:
        """The change as the JSON contract has it."""
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
    """All that differs between two documents: every clause of either is in exactly one change or in `unchanged`.

    old, new: the documents compared.
    changes: in reading order of the new document, a removed clause where it stood.
    unchanged: (old position, new position) of the clauses that are the same, in reading order.
    coarse: what was compared more coarsely than usual because of its size, in words for the reader; mostly empty.
    """

    old: Document
    new: Document
    changes: tuple[Change, ...]
    unchanged: tuple[tuple[int, int], ...]
    coarse: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """How many changes of each kind, all ten of them, and `unchanged`, in clauses."""
        counts: dict[str, int] = dict.fromkeys(CHANGE_KINDS, 0)
        for change in self.changes:
            counts[change.kind] += 1
        counts["unchanged"] = len(self.unchanged)
        return counts

    def to_dict(self) -> dict[str, Any]:
        """The comparison as the JSON contract has it, `old` and `new` as the documents themselves state them.

        A report says there which version or file they are. `coarse` is left out where there is nothing in it.
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
