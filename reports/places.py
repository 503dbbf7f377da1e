"""Names the places of clauses as a person cites them: by headings with their numbers, by labels, by what stands before.

All text from a vendor is made printable.
"""

from typing import Final

from core.clauses import Clause, Document
from reports.excerpts import ELLIPSIS, shortened
from reports.vendor_text import printable

PATH_SEPARATOR: Final = " › "
#: What is said of a clause above which no heading stands.
NO_HEADING: Final = "no heading"
_CLAUSE_KIND_WORDS: Final = {
    "heading": "heading",
    "paragraph": "paragraph",
    "list_item": "list item",
    "table_row": "table row",
}
# The number of characters that are shown of a clause that only says where another clause stands.
_BEFORE = 60


def kind_word(clause: Clause) -> str:
    """Returns the kind of a clause in words: `list item`."""
    return _CLAUSE_KIND_WORDS[clause.kind]


def label_of(clause: Clause) -> str:
    """Returns the clause's number or letter as the page shows it: `4.2`, `8.`, `(b)`; '' if there is none."""
    return printable(clause.label or "").strip()


def cited(label: str) -> str:
    """Returns a label as a person cites it: without punctuation at its end."""
    return label.rstrip(".:")


class Places:
    """The places of a document's clauses."""

    def __init__(self, document: Document) -> None:
        self._clauses = document.clauses
        self._indices = {id(clause): index for index, clause in enumerate(document.clauses)}
        self._paths = _numbered_paths(document)

    def path(self, clause: Clause) -> tuple[str, ...]:
        """Returns the headings above a clause, outermost first, each with its number: `4. Sharing`."""
        return self._paths[self._indices[id(clause)]]

    def before(self, clause: Clause) -> Clause | None:
        """Returns the clause before a clause; None for the first."""
        index = self._indices[id(clause)]
        return self._clauses[index - 1] if index else None

    def in_words(self, clause: Clause, left_out: int | None) -> str:
        """Returns the place of a clause in words: `4.2 under “4. Sharing”, after “We share …”`.

        left_out: the number of outer headings that are left out; None if no heading is named.
        """
        parts = [cited(label_of(clause))]
        path, before = self.path(clause), self.before(clause)
        if left_out is not None:
            if path:
                ellipsis = [ELLIPSIS] if left_out else []
                parts.append(f"under “{PATH_SEPARATOR.join([*ellipsis, *path[left_out:]])}”")
                if before and before.kind == "heading" and before.text == clause.heading_path[-1]:
                    before = None
            else:
                parts.append(f"under {NO_HEADING}")
        place = " ".join(part for part in parts if part)
        if before is None:
            return place or "the beginning"
        after = f"after “{shortened(numbered(before).rstrip('.;'), _BEFORE)}”"
        return f"{place}, {after}" if place else after


def numbered(clause: Clause) -> str:
    """Returns the text of a clause with its label in front."""
    return printable(f"{clause.label} {clause.text}" if clause.label else clause.text)


def _numbered_paths(document: Document) -> list[tuple[str, ...]]:
    names: dict[str, str] = {}
    paths = []
    for clause in document.clauses:
        paths.append(tuple(names.get(text) or printable(text) for text in clause.heading_path))
        if clause.kind == "heading":
            names[clause.text] = numbered(clause)
    return paths
