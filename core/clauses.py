"""Clause and Document: a policy's text in the units that a reader would cite."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

ClauseKind = Literal["heading", "paragraph", "list_item", "table_row"]


@dataclass(frozen=True, slots=True)
class Clause:
    """The unit of meaning a reader would cite.

    position: its place in reading order, from 0.
    kind: what it is on the page.
    label: the number or letter that the page gives it (`2.1`, `(a)`); None if the page gives none.
    heading_path: the texts of the headings above it, outermost first. A heading's path doesn't include the heading.
    text: its words, without the label, with white space collapsed; never empty.
    links: the targets of its links in reading order, absolute, without tracking parameters; `mailto:` and `tel:`
        targets too.
    typography: the text with the source's own spaces, invisible characters, Unicode composition and Markdown emphasis;
        '' if that is the same as `text`, None if the source doesn't say (PDF). A change of typography alone is
        cosmetic.
    """

    position: int
    kind: ClauseKind
    label: str | None
    heading_path: tuple[str, ...]
    text: str
    links: tuple[str, ...] = ()
    typography: str | None = ""

    def to_dict(self) -> dict[str, Any]:
        """Returns the clause as the JSON contract has it, which leaves out links and typography."""
        return {
            "position": self.position,
            "kind": self.kind,
            "label": self.label,
            "heading_path": list(self.heading_path),
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Document:
    """A policy's own text as clauses, in reading order.

    title: the page's title (`<title>`, PDF metadata), which may differ from the first heading; None if there is none.
    language: ISO 639-1 code; None if the text is too short to tell.
    effective_date: the date on which the text says it takes effect or was last updated; None if it states no date, or
        an ambiguous one (03/04/2018).
    """

    title: str | None
    language: str | None
    effective_date: date | None
    clauses: tuple[Clause, ...]

    def stated(self) -> dict[str, str | None]:
        """Returns title, language and effective date, as the JSON contract has them for every document."""
        return {
            "title": self.title,
            "language": self.language,
            "effective_date": self.effective_date.isoformat() if self.effective_date else None,
        }
