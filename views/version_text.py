"""The text of one version of a policy, for `clausewatch show`."""

from dataclasses import dataclass
from typing import Any

from core.clauses import Document
from core.dates import iso
from core.history import Period, Version
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


def version_text(store: Store, key: PolicyKey, when: str) -> VersionText:
    """Returns the text of the version of a policy that a date, a number or an id selects.

    when: a date selects the version in force at the end of that date; a version's number, or `@` and the beginning of
        its id, selects that version.

    UsageError if `when` has another form or is in the future, or if no accepted capture matches `when`. StorageError if
    the database can't be read.
    """
    history = store.library.history(key)
    period = store.library.period(key, history, when)
    document = store.library.document(period.first.capture_id, period.first.reader)
    return VersionText(key, history.version(period.version_id), period, document)
