"""The laws that every comparison obeys. Several tests check them on different documents."""

from core.changes import Change, Comparison
from core.clauses import Document


def accounts_for_all(comparison: Comparison, old: Document, new: Document) -> bool:
    """Returns whether every clause of the two documents is either in exactly one change or unchanged."""
    old_positions = [clause.position for change in comparison.changes for clause in change.old]
    new_positions = [clause.position for change in comparison.changes for clause in change.new]
    old_positions += [old_position for old_position, _ in comparison.unchanged]
    new_positions += [new_position for _, new_position in comparison.unchanged]
    return sorted(old_positions) == list(range(len(old.clauses))) and sorted(new_positions) == list(
        range(len(new.clauses))
    )


def rebuilds(change: Change) -> bool:
    """Returns whether the old text and the new text can be rebuilt from the redline of a change."""
    old = "".join(text for operation, text in change.redline if operation != "insert")
    new = "".join(text for operation, text in change.redline if operation != "delete")
    return (
        old.split() == " ".join(clause.text for clause in change.old).split()
        and new.split() == " ".join(clause.text for clause in change.new).split()
    )


def mirrored(comparison: Comparison) -> set[tuple[object, ...]]:
    """Returns the changes with old and new exchanged, in the form of `as_set`."""
    kinds = {"added": "removed", "removed": "added", "split": "merged", "merged": "split"}
    return {
        (kinds.get(change.kind, change.kind), change.significance, change.confidence, change.new, change.old)
        for change in comparison.changes
    }


def as_set(comparison: Comparison) -> set[tuple[object, ...]]:
    """Returns the changes in a form that does not depend on their order."""
    return {
        (change.kind, change.significance, change.confidence, change.old, change.new) for change in comparison.changes
    }
