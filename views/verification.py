"""The findings of a verification in words and in numbers, for `clausewatch verify`."""

from collections import Counter
from dataclasses import dataclass, field

from core.exceptions import RESTORE_ADVICE
from core.plurals import plural
from storage import Finding, Remedy

# For each remedy, the end of the line about a finding. `retry` has none: the finding says what to do.
_ENDS: dict[Remedy, str] = {
    "backup": "; only a backup can repair this",
    "repair": "; `clausewatch verify --repair` repairs this",
    "mended": "; this has been repaired",
    "reextract": "; `clausewatch reextract` repairs this",
}
# For each remedy that the operator has to apply, the line that follows the number of damaged items. The other remedies
# of `Finding` need no action.
_ACTIONS: dict[Remedy, str] = {
    "backup": f"can't be repaired: {RESTORE_ADVICE}",
    "repair": "can be repaired: run `clausewatch verify --repair`",
    "reextract": "can be repaired: run `clausewatch reextract`",
    "retry": "could not be checked: correct what the lines above say, then run `clausewatch verify` again",
}


def describe_finding(finding: Finding) -> str:
    """Returns a finding as text, with its remedy. Control characters that come from the database are not escaped."""
    return f"{finding.place}: {finding.fault}{_ENDS.get(finding.remedy, '')}"


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
        """The counts: a line, and a line for each action that the operator should take."""
        line = f"{plural(self.captures, 'capture')} checked, with everything that belongs to them"
        repaired = self.remedies["mended"]
        if not self.damaged:
            return f"{line}; {f'{repaired} damaged and repaired; ' if repaired else ''}nothing is damaged"
        lines = [f"{line}: {plural(self.damaged + repaired, 'fault')}"]
        if repaired:
            lines.append(f"{repaired} {'has' if repaired == 1 else 'have'} been repaired")
        lines += [f"{self.remedies[remedy]} {text}" for remedy, text in _ACTIONS.items() if self.remedies[remedy]]
        return "\n  ".join(lines)
