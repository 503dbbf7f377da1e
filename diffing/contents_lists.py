"""Finds contents lists: lists that name the headings of their own document.

A contents list says nothing that the headings do not say. So its items are never matched with headings, and a change of
an item is editorial.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from core.clauses import Clause
from diffing.normalization import without_number

# A contents list has at least this many clauses, and at least the share _NAMED of them are headings of the document.
_FEWEST, _NAMED = 3, 0.75
_MOST_CHARACTERS = 200


def contents_items(clauses: Sequence[Clause]) -> frozenset[int]:
    """Returns the positions of the clauses that are items of a contents list.

    A contents list is a run of clauses of one kind. Most of its clauses have the same text as a heading outside the
    run, apart from numbers, case and punctuation at the end.
    """
    headings = Counter(_name(clause.text) for clause in clauses if clause.kind == "heading")
    if len(headings) < _FEWEST:
        return frozenset()
    items: set[int] = set()
    position = 0
    for kind, group in groupby(clauses, key=lambda clause: clause.kind):
        run = list(group)
        start, position = position, position + len(run)
        if len(run) < _FEWEST:
            continue
        names = [_name(clause.text) if len(clause.text) <= _MOST_CHARACTERS else "" for clause in run]
        # Some pages mark the items of the list as headings. Such an item names a heading outside the list.
        outside = headings - Counter(names) if kind == "heading" else headings
        named = [start + offset for offset, name in enumerate(names) if name and outside[name]]
        # The list begins and ends with an item that names a heading. Clauses around the list may have the same kind.
        if len(named) >= _FEWEST and len(named) >= _NAMED * (named[-1] - named[0] + 1):
            items.update(range(named[0], named[-1] + 1))
    return frozenset(items)


def _name(text: str) -> str:
    return without_number(text).casefold().strip(" .:;,")
