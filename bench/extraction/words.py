"""Counts the words of a policy that are kept and the words of furniture that are let in, alike for all corpora."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.clauses import Clause

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Returns the words of a text, in lower case."""
    return _WORD.findall(text.lower())


@dataclass(slots=True)
class Score:
    """Counts of words.

    expected: words of the policy; lost: those among them that no clause has. extracted: words of the clauses; let_in:
    those among them that aren't the policy's.
    """

    expected: int = 0
    lost: int = 0
    extracted: int = 0
    let_in: int = 0

    def add(self, other: "Score") -> None:
        """Adds the counts of another page."""
        self.expected += other.expected
        self.lost += other.lost
        self.extracted += other.extracted
        self.let_in += other.let_in

    @property
    def kept_percent(self) -> float:
        """The share of the policy's words that are kept."""
        return 100 * (1 - self.lost / self.expected) if self.expected else 100.0

    @property
    def let_in_percent(self) -> float:
        """The share of the extracted words that aren't the policy's."""
        return 100 * self.let_in / self.extracted if self.extracted else 0.0

    def __str__(self) -> str:
        return (
            f"{self.kept_percent:.2f} % of {self.expected} words kept, "
            f"{self.let_in_percent:.2f} % of {self.extracted} let in"
        )


def score(expected: Iterable[str], clauses: Iterable[Clause]) -> Score:
    """Compares the words of a policy with the clauses that were extracted.

    A label counts as words kept if the policy has it. It never counts as words let in, since it may be the number of a
    list item, which the browser writes.
    """
    clauses = list(clauses)
    policy = Counter(expected)
    extracted = Counter(word for clause in clauses for word in words(clause.text))
    labels = Counter(word for clause in clauses for word in words(clause.label or ""))
    lost = policy - extracted - labels
    let_in = extracted - policy
    return Score(policy.total(), lost.total(), extracted.total(), let_in.total())
