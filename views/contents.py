"""The contents list of a document: its headings, nested."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.clauses import Clause


@dataclass(slots=True)
class ContentsEntry:
    """A heading of a document, and the headings below it, in reading order."""

    heading: Clause
    below: "list[ContentsEntry]" = field(default_factory=list)


def contents_list(clauses: Sequence[Clause]) -> list[ContentsEntry]:
    """Returns the headings of a document as a tree, in reading order. A heading's level is that of its heading path."""
    top: list[ContentsEntry] = []
    open_entries: list[ContentsEntry] = []
    for clause in clauses:
        if clause.kind != "heading":
            continue
        del open_entries[len(clause.heading_path) :]
        entry = ContentsEntry(clause)
        (open_entries[-1].below if open_entries else top).append(entry)
        open_entries.append(entry)
    return top
