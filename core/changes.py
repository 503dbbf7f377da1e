"""Changes and comparisons: the differences between two documents, clause by clause."""

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

    kind: the kind of change.
    significance: how important the change is to a person who watches the policy.
    confidence: how certain it is that the old and the new clauses belong together, from 0 to 1. The confidence is 1 for
        `added` and `removed`, and for clauses that match exactly.
    old, new: the changed clauses of the old and of the new document, in reading order. `added` has no old clauses, and
        `removed` has no new clauses. `split` has several new clauses, and `merged` has several old clauses.
    redline: pieces of text in reading order, each with an operation, for example `("insert", "may")`. Apart from white
        space, the `equal` and `delete` pieces make up the old text, and the `equal` and `insert` pieces the new text.
        Empty for `added`, `removed`, `moved` and `renumbered`.
    numbers: if only facts differ, the old and the new fact of each pair that counts, with its unit, for example
        `(("30 days", "90 days"),)`: a period, an age, an amount, a percentage, a section, a date in a rule. Contact
        details and the document's own dates and version stamps do not count.
    under: the texts of the headings, lead-ins or table headers that a clause moved from and moved to, if other words
        say now what holds for the clause; '' for a side without such words. None if the clause did not move, or if it
        moved within one list or one section.
    governed: the unchanged clauses of the new document for which this change says what holds: the clauses below a
        heading, lead-in or table header that changed. Each clause stands below at most one heading and one lead-in.
    crossed: whole sentences that crossed the border to or from the clause beside this one. They are in the redline, and
        do not count for the significance.
    """

    kind: ChangeKind
    significance: Significance
    confidence: float
    old: tuple[Clause, ...]
    new: tuple[Clause, ...]
    redline: Redline = ()
    numbers: tuple[tuple[str, str], ...] = ()
    under: tuple[str, str] | None = None
    governed: tuple[Clause, ...] = ()
    crossed: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the change as a dictionary for the JSON output.

        `numbers`, `under`, `governed` and `crossed` are left out if they are empty.
        """
        result: dict[str, Any] = {
            "kind": self.kind,
            "significance": self.significance,
            "confidence": self.confidence,
            "old": [clause.to_dict() for clause in self.old],
            "new": [clause.to_dict() for clause in self.new],
            "redline": [list(part) for part in self.redline],
        }
        if self.numbers:
            result["numbers"] = [list(pair) for pair in self.numbers]
        if self.under:
            result["under"] = list(self.under)
        if self.governed:
            result["governed"] = [clause.to_dict() for clause in self.governed]
        if self.crossed:
            result["crossed"] = list(self.crossed)
        return result


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences between two documents. Every clause of both documents is in one change or in `unchanged`.

    old, new: the two documents.
    changes: the changes in reading order of the new document. A removed clause is listed where the old document has it.
    unchanged: the position in the old document and the position in the new document of each unchanged clause, in
        reading order.
    coarse: one sentence for each step that was less exact than usual because the documents are very large. Reports show
        these sentences as notes. Usually empty.
    """

    old: Document
    new: Document
    changes: tuple[Change, ...]
    unchanged: tuple[tuple[int, int], ...]
    coarse: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """The number of changes of each kind, and the number of unchanged clauses under the key `unchanged`."""
        counts: dict[str, int] = dict.fromkeys(CHANGE_KINDS, 0)
        for change in self.changes:
            counts[change.kind] += 1
        counts["unchanged"] = len(self.unchanged)
        return counts

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison as a dictionary for the JSON output.

        `old` and `new` contain the title, language and effective date of each document. A report replaces these
        values with descriptions of the versions or files that are compared. `coarse` is left out if there are no notes.
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
