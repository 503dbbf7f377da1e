"""The findings of a verification in words and in numbers, for `clausewatch verify`."""

from collections import Counter
from dataclasses import dataclass, field

from core.plurals import plural
from storage import Finding, Remedy

# For each remedy that the operator has to apply, the text that follows the number of damaged items. The other remedies
# of `Finding` need no action.
_ACTIONS: dict[Remedy, str] = {
    "backup": "can't be made again: restore the database from a backup",
    "repair": "can be made again: run `clausewatch verify --repair`",
    "reextract": "can be made again: run `clausewatch reextract`",
}


def describe_finding(finding: Finding) -> str:
    """Returns a finding as text. Control characters that come from the database are not escaped."""
    mended = "; it has been made again" if finding.remedy == "mended" else ""
    return f"{finding.place}: {finding.fault}{mended}"


@dataclass(slots=True)
class VerificationSummary:
    """Counts what a verification checks and finds.

    captures: the number of captures that were checked.
    remedies: the number of findings, by `Finding.remedy`.
    """

    captures: int = 0
    remedies: Counter[Remedy] = field(default_factory=Counter)

    def add_finding(self, finding: Finding) -> None:
        """Counts a finding."""
        self.remedies[finding.remedy] += 1

    @property
    def damaged(self) -> int:
        """The number of damaged items for which the operator has to do something."""
        return sum(self.remedies[remedy] for remedy in _ACTIONS)

    @property
    def text(self) -> str:
        """The counts on one line, with the actions that the operator should take."""
        line = f"{plural(self.captures, 'capture')} checked, with everything that belongs to them"
        if self.remedies["mended"]:
            line += f"; {self.remedies['mended']} damaged and made again"
        if not self.damaged:
            return f"{line}; nothing is damaged"
        actions = [f"{self.remedies[remedy]} {text}" for remedy, text in _ACTIONS.items() if self.remedies[remedy]]
        return f"{line}; {self.damaged} damaged: {'; '.join(actions)}"
