"""The text of one version of a policy: `clausewatch show`."""

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
    """A version of a policy, in the period that was asked for, with its clauses."""

    key: PolicyKey
    version: Version
    period: Period
    document: Document

    def to_dict(self) -> dict[str, Any]:
        """Returns the version as the JSON contract has it."""
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
    """Returns the version of a policy in force at the end of a date, or the version named by `@id`.

    UsageError if `when` is neither, or if no accepted capture answers to it. StorageError if the database refuses.
    """
    history = store.library.history(key)
    period = store.library.period(key, history, when)
    document = store.library.document(period.first.capture_id, period.first.reader)
    return VersionText(key, history.version(period.version_id), period, document)
