"""Finds headings whose number has no full stop: "1 Collection", "2 Disclosure", "3 Erasure".

A number at the beginning of a text is mostly a fact: "3 years". Only the other headings tell that it numbers a section.
"""

import re
from collections.abc import Sequence

from core.clauses import Clause

# Such headings number the sections if at least this many of them count up from 1.
_FEWEST = 3
_NUMBER = re.compile(r"(\d{1,3})\s+[^\W\d_]")


def numbered_headings(clauses: Sequence[Clause]) -> frozenset[int]:
    """Returns the positions of the headings that begin with the number of their section, without a full stop."""
    numbered: list[int] = []
    for position, clause in enumerate(clauses):
        match = _NUMBER.match(clause.text) if clause.kind == "heading" and clause.label is None else None
        if match and int(match[1]) == len(numbered) + 1:
            numbered.append(position)
    return frozenset(numbered) if len(numbered) >= _FEWEST else frozenset()
