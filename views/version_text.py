"""The text of one version of a policy, for `clausewatch show`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from core.clauses import Clause, Document
from core.dates import iso
from core.escaping import escape_line
from core.history import History, Period, Version
from core.policies import PolicyKey
from storage import Store
from views.versions import origin


@dataclass(frozen=True, slots=True)
class VersionText:
    """A version of a policy with the clauses of the text, and the period that the user selected.

    key: the vendor and the name of the policy.
    version: the version that the period shows.
    period: the period that the user's date or id selected.
    document: the text, read from the period's first capture.
    """

    key: PolicyKey
    version: Version
    period: Period
    document: Document

    def to_dict(self) -> dict[str, Any]:
        """Returns the version's JSON fields, which docs/contract.md describes."""
        return {
            "vendor": self.key.vendor,
            "policy": self.key.policy,
            "version": self.version.number,
            "id": self.version.id,
            **origin(self.period.first),
            **self.document.stated(),
            "period": {
                "from": iso(self.period.first.captured_at),
                "to": iso(self.period.last.captured_at),
                "url": self.period.last.url,
                "captures": len(self.period.observations),
            },
            "clauses": [clause.to_dict() for clause in self.document.clauses],
        }


def version_text(store: Store, key: PolicyKey, when: str, history: History | None = None) -> VersionText:
    """Returns the text of the version of a policy that a date, a number or an id selects.

    when: a date selects the version in force at the end of that date; a version's number, or `@` and the beginning of
        its id, selects that version.
    history: the policy's history, if the caller has it.

    UsageError if `when` has another form or is in the future, or if no accepted capture matches `when`. StorageError if
    the database can't be read.
    """
    history = history or store.library.history(key)
    period = store.library.period(key, history, when)
    document = store.library.document(period.first.capture_id, period.first.reader)
    return VersionText(key, history.version(period.version_id), period, document)


def clauses_as_text(clauses: Iterable[Clause]) -> str:
    """Returns clauses as plain text that is safe to print, without a line break at the end.

    Headings begin with one `#` for each level, as in Markdown. A clause's label stands before the text. List items
    without a label begin with a bullet.
    """
    return "\n".join(_clause_lines(clauses)).strip("\n")


def _clause_lines(clauses: Iterable[Clause]) -> Iterator[str]:
    for clause in clauses:
        text = f"{clause.label} {clause.text}" if clause.label else clause.text
        if clause.kind == "heading":
            yield f"\n{'#' * (len(clause.heading_path) + 1)} {escape_line(text)}\n"
        elif clause.kind == "list_item":
            yield f"  {'' if clause.label else '• '}{escape_line(text)}"
        else:
            yield f"{escape_line(text)}\n"
