"""Clause and Document. A document is a policy's text, divided into the units that a person would cite."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

ClauseKind = Literal["heading", "paragraph", "list_item", "table_row"]


@dataclass(frozen=True, slots=True)
class Clause:
    """The unit of meaning that a person would cite: a heading, a paragraph, a list item or a table row.

    position: the clause's place in reading order, counted from 0.
    kind: the clause's kind.
    label: the number or letter in front of the clause on the page (`2.1`, `(a)`); None if the clause has no label.
    heading_path: the texts of the headings above the clause, outermost first. The path of a heading doesn't include
        the heading itself.
    text: the words of the clause without the label, with white space collapsed; never empty.
    links: the targets of the clause's links in reading order, including `mailto:` and `tel:` targets. The targets are
        absolute and have no tracking parameters.
    typography: the clause exactly as the page spells it: `text` with the page's own spaces, invisible characters,
        Unicode composition and Markdown emphasis. '' if the page's spelling equals `text`. None if the page's spelling
        is not known, for example for a PDF. A change of the typography alone is cosmetic.
    """

    position: int
    kind: ClauseKind
    label: str | None
    heading_path: tuple[str, ...]
    text: str
    links: tuple[str, ...] = ()
    typography: str | None = ""

    def to_dict(self) -> dict[str, Any]:
        """Returns the clause as a dictionary for the JSON output. The typography is left out."""
        return {
            "position": self.position,
            "kind": self.kind,
            "label": self.label,
            "heading_path": list(self.heading_path),
            "text": self.text,
            "links": list(self.links),
        }


@dataclass(frozen=True, slots=True)
class Document:
    """A policy's own text as clauses, in reading order.

    title: the page's title from `<title>` or from the PDF metadata; None if the page has no title. The title may differ
        from the first heading.
    language: the ISO 639-1 code of the text's language; None if the text is too short to detect the language.
    effective_date: the date on which the policy takes effect or was last updated, as the text states it. None if the
        text states neither date, if the text names only the month, or if the date is ambiguous (03/04/2018).
    clauses: the clauses in reading order.
    stated_date: the same date in ISO 8601, as precise as the text states it: `2024-03-04`, or `2024-03` if the text
        names only the month. None if the text states no date, or an ambiguous one.
    """

    title: str | None
    language: str | None
    effective_date: date | None
    clauses: tuple[Clause, ...]
    stated_date: str | None = None

    def stated(self) -> dict[str, str | None]:
        """Returns title, language, effective date and stated date as a dictionary for the JSON output."""
        return {
            "title": self.title,
            "language": self.language,
            "effective_date": self.effective_date.isoformat() if self.effective_date else None,
            "stated_date": self.stated_date,
        }
