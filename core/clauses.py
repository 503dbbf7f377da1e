"""Clause and Document: what a reader of a policy would cite."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

ClauseKind = Literal["heading", "paragraph", "list_item", "table_row"]


@dataclass(frozen=True, slots=True)
class Clause:
    """The unit of meaning a reader would cite.

    position: place in reading order, from 0.
    kind: what the clause is on the page.
    label: the number or letter the page gives it (`2.1`, `(a)`), None where it gives none.
    heading_path: texts of the headings above it, outermost first; a heading's own text is not in its path.
    text: its words, without the label; white space collapsed, never empty.
    links: the addresses its text links to, absolute, tracking parameters dropped, in reading order; `mailto:` and
        `tel:` targets included.
    typography: the text as it is set, where that differs from `text`: its own spacing, characters without width,
        Unicode composition, and the emphasis that Markdown spells out; '' where it does not differ, None where the
        source does not tell (PDF). What differs in it alone is cosmetic.
    """

    position: int
    kind: ClauseKind
    label: str | None
    heading_path: tuple[str, ...]
    text: str
    links: tuple[str, ...] = ()
    typography: str | None = ""

    def to_dict(self) -> dict[str, Any]:
        """The clause as the JSON contract has it (link targets and typography are not part of it)."""
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

    title: the title the page states (`<title>`, PDF metadata); may differ from the first heading.
    language: ISO 639-1 code, None when it cannot be told.
    effective_date: the date the text says it takes effect or was last updated; None when none is stated or the one
        stated is ambiguous (03/04/2018).
    """

    title: str | None
    language: str | None
    effective_date: date | None
    clauses: tuple[Clause, ...]

    def stated(self) -> dict[str, str | None]:
        """Title, language and effective date, as the JSON contract has them wherever a document is named."""
        return {
            "title": self.title,
            "language": self.language,
            "effective_date": self.effective_date.isoformat() if self.effective_date else None,
        }
