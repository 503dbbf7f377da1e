"""Words kept and words let in, counted the same way for all corpora."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.clauses import Clause

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(text.lower())


@dataclass(slots=True)
class Score:
    """How many words there are to keep, how many of them are lost, how many are given and how many of those let in."""

    wanted: int = 0
    lost: int = 0
    given: int = 0
    let_in: int = 0

    def add(self, other: "Score") -> None:
        """Counts another page's words to these."""
        self.wanted += other.wanted
        self.lost += other.lost
        self.given += other.given
        self.let_in += other.let_in

    def __str__(self) -> str:
        kept = 1 - self.lost / self.wanted if self.wanted else 1.0
        furniture = self.let_in / self.given if self.given else 0.0
        return f"{100 * kept:.2f} % of {self.wanted} words kept, {100 * furniture:.2f} % of {self.given} let in"


def score(wanted: Iterable[str], clauses: Iterable[Clause]) -> Score:
    """Of the words of a reading and the clauses that were made.

    A label counts for its words where the reading has it, and is not held against them where it has not: the numbers
    of an ordered list are written by the browser.
    """
    clauses = list(clauses)
    want = Counter(wanted)
    have = Counter(word for clause in clauses for word in words(clause.text))
    labels = Counter(word for clause in clauses for word in words(clause.label or ""))
    lost = want - have - labels
    let_in = have - want
    return Score(want.total(), lost.total(), have.total(), let_in.total())
