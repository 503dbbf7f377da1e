"""Counts the words of a policy that are extracted, and the words of furniture that are extracted by mistake."""

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

    expected: the number of words in the policy.
    lost: the number of words of the policy that aren't in any extracted clause.
    extracted: the number of words in the extracted clauses.
    let_in: the number of extracted words that aren't in the policy, such as words of furniture.
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
        """The percentage of the policy's words that are in the extracted clauses."""
        return 100 * (1 - self.lost / self.expected) if self.expected else 100.0

    @property
    def let_in_percent(self) -> float:
        """The percentage of the extracted words that aren't in the policy."""
        return 100 * self.let_in / self.extracted if self.extracted else 0.0

    def __str__(self) -> str:
        return (
            f"{self.kept_percent:.2f} % of {self.expected} policy words extracted, "
            f"{self.let_in_percent:.2f} % of {self.extracted} extracted words not in the policy"
        )


def score(expected: Iterable[str], clauses: Iterable[Clause]) -> Score:
    """Returns the score of the extracted clauses.

    The words of a label count as extracted if they are in the policy. The words of a label never count as let in: a
    label may be the number of a list item, and the text of the page doesn't contain this number.

    expected: the words of the policy.
    """
    clauses = list(clauses)
    policy = Counter(expected)
    extracted = Counter(word for clause in clauses for word in words(clause.text))
    labels = Counter(word for clause in clauses for word in words(clause.label or ""))
    lost = policy - extracted - labels
    let_in = extracted - policy
    return Score(policy.total(), lost.total(), extracted.total(), let_in.total())
