"""Finds headings whose number has no full stop: "1 Collection", "2 Disclosure", "3 Erasure".

A number at the beginning of a text is mostly a fact: "3 years". Only the other headings tell that it numbers a section.
"""

import re
from collections import Counter
from collections.abc import Sequence

from core.clauses import Clause
from diffing.numerals import UNIT, UNIT_UNSPACED

# Such headings number the sections if at least this many of them count up from 1.
_FEWEST = 3
# A number, and the word after it, unless it is a unit.
_NUMBER = re.compile(rf"(\d{{1,3}})\s+(?!(?i:{UNIT})(?!\w)|{UNIT_UNSPACED})([^\W\d_]\w*)")
# Words that begin with the same letters, so many of them, are forms of one word: "warning", "warnings".
_STEM = 5


def numbered_headings(clauses: Sequence[Clause]) -> frozenset[int]:
    """Returns the positions of the headings that begin with the number of their section, without a full stop.

    A title begins with a capital. A word that most of the headings have after the number is what the number counts: "1
    Warning", "2 Warnings".
    """
    numbered: list[int] = []
    counted: Counter[str] = Counter()
    for position, clause in enumerate(clauses):
        match = _NUMBER.match(clause.text) if clause.kind == "heading" and clause.label is None else None
        if match and int(match[1]) == len(numbered) + 1 and not match[2][0].islower():
            numbered.append(position)
            counted[match[2].casefold()[:_STEM]] += 1
    if len(numbered) < _FEWEST or 2 * max(counted.values()) > len(numbered):
        return frozenset()
    return frozenset(numbered)
