"""How many copies of a repeated text are looked at."""

from core.clauses import Clause
from diffing import neighbours
from diffing.similarity import EncodedText


def test_only_the_nearest_copies_of_a_text_are_looked_at() -> None:
    clauses = [Clause(n, "paragraph", None, (), "We sell nothing.") for n in range(1000)]
    text = EncodedText.__new__(EncodedText)
    object.__setattr__(text, "weight", 1.0)
    side = neighbours._Side(clauses, dict.fromkeys(range(1000), text))
    side.copies[neighbours._key(clauses[0])].extend(range(1000))
    assert [copy for (copy,) in side.copies_of((500,))] == [*range(480, 500), *range(501, 521)]
