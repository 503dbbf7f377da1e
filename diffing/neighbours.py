"""Corrects matches that their neighbours contradict.

A list that moved moves with its items. If most items of a list were matched in order, the items between them belong
together, although one of them may resemble an item of another list more. In the same way, if a clause stands several
times in a document, the copy under the same heading is the right one, or the copy beside the neighbours of a match.

A match is *supported* if another match of clauses close by has the same order.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.clauses import Clause
from diffing.normalization import fold, strip_typography
from diffing.similar_clauses import Match
from diffing.similarity import EncodedText, concatenated, similarity

# How far away, in clauses, the match may be that supports another match.
_CLOSE = 4
# Two clauses in the same place between supported matches belong together if their similarity is at least _IN_PLACE.
# An unsupported match that is more similar than _SAME is kept.
_IN_PLACE, _SAME = 0.28, 0.9
# A copy takes the place of clauses in a match if it has at least this share of their words.
_COPIED = 0.6
# Of a text that repeats often, about this many copies are looked at: those nearest in reading order.
_COPIES = 40

Positions = tuple[int, ...]


@dataclass(slots=True)
class _Side:
    """One of the two documents.

    texts: the clauses without an equal counterpart, by position.
    match_of: the index of the match of each matched clause.
    copies: the positions of these clauses by their text without typography, in order.
    headings: the nearest heading above each position, without typography; '' if there is none.
    """

    clauses: Sequence[Clause]
    texts: dict[int, EncodedText]
    match_of: dict[int, int] = field(default_factory=dict)
    copies: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    headings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        heading = ""
        for clause in self.clauses:
            self.headings.append(heading)
            if clause.kind == "heading":
                heading = _key(clause)

    def copies_of(self, positions: Positions) -> list[Positions]:
        """Returns the other places where most of the clauses at some positions stand, too."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for position in positions:
            copies = self.copies[_key(self.clauses[position])]
            middle = bisect_left(copies, position)
            for copy in copies[max(0, middle - _COPIES // 2) : middle + _COPIES // 2 + 1]:
                found[copy - position].append(copy)
        weight = sum(self.texts[position].weight for position in positions)
        return [
            tuple(copy)
            for offset, copy in sorted(found.items())
            if offset and sum(self.texts[position].weight for position in copy) >= _COPIED * weight
        ]


def corrected(
    old: Sequence[Clause],
    new: Sequence[Clause],
    old_texts: dict[int, EncodedText],
    new_texts: dict[int, EncodedText],
    matches: Sequence[Match],
) -> list[Match]:
    """Returns the matches of two documents, corrected.

    old_texts, new_texts: the clauses without an equal counterpart, by position.
    """
    return _Neighbours(_Side(old, old_texts), _Side(new, new_texts), matches).corrected()


class _Neighbours:
    def __init__(self, old: _Side, new: _Side, matches: Sequence[Match]) -> None:
        self._old, self._new = old, new
        self._matches: list[Match | None] = []
        for match in matches:
            self._put(match)
        for side in (old, new):
            for position in sorted(side.texts):
                side.copies[_key(side.clauses[position])].append(position)

    def corrected(self) -> list[Match]:
        """Returns the corrected matches."""
        for correct in (self._take_supported_copy, self._match_in_place):
            for index, match in enumerate(list(self._matches)):
                if match and self._is_similar(match) and self._matches[index] is match:
                    correct(match)
        return [match for match in self._matches if match]

    def _put(self, match: Match) -> None:
        """Adds a match. Takes the matches apart that have one of its clauses."""
        for side, positions in ((self._old, match.old), (self._new, match.new)):
            for position in positions:
                index = side.match_of.get(position, -1)
                other = self._matches[index] if index >= 0 else None
                if other:
                    self._matches[index] = None
                    for i in other.old:
                        del self._old.match_of[i]
                    for j in other.new:
                        del self._new.match_of[j]
        self._old.match_of.update(dict.fromkeys(match.old, len(self._matches)))
        self._new.match_of.update(dict.fromkeys(match.new, len(self._matches)))
        self._matches.append(match)

    def _support(self, old: Positions, new: Positions) -> int:
        """Returns how many matches of clauses close by have the same order as a match of some clauses."""
        found = set()
        for step, i, j in ((-1, old[0], new[0]), (1, old[-1], new[-1])):
            for distance in range(1, _CLOSE + 1):
                match = self._match_at(self._old, i + step * distance)
                if match and 0 < step * (match.new[-1 if step < 0 else 0] - j) <= _CLOSE:
                    found.add(match)
        return len(found)

    def _evidence(self, old: Positions, new: Positions) -> tuple[bool, int]:
        """Returns what a copy's place says for it: whether both have the same heading above, and the support."""
        return self._are_under_one_heading(old, new), self._support(old, new)

    def _are_under_one_heading(self, old: Positions, new: Positions) -> bool:
        headings = self._old.headings[old[0]], self._new.headings[new[0]]
        return bool(headings[0]) and headings[0] == headings[1]

    def _is_doubtful(self, match: Match) -> bool:
        """Returns whether a match of similar clauses has no support."""
        return self._is_similar(match) and not self._support(match.old, match.new)

    def _is_similar(self, match: Match) -> bool:
        """Returns whether a match is one of similar clauses, not of equal ones."""
        return match.old[0] in self._old.texts and match.new[0] in self._new.texts

    def _is_free(self, side: _Side, positions: Positions, of_heading: bool = False) -> bool:
        """Returns whether some clauses are in no match, or only in doubtful ones.

        of_heading: whether a match of clauses under different headings counts as doubtful, too.
        """
        matches = [self._matches[side.match_of[position]] for position in positions if position in side.match_of]
        return all(
            match
            and (
                self._is_doubtful(match)
                or (of_heading and self._is_similar(match) and not self._are_under_one_heading(match.old, match.new))
            )
            for match in matches
        )

    def _take_supported_copy(self, match: Match) -> None:
        """Gives a match the copy of its clauses that has more support."""
        candidates = [(copy, match.new) for copy in self._old.copies_of(match.old)]
        candidates += [(match.old, copy) for copy in self._new.copies_of(match.new)]
        candidates = [
            (old, new)
            for old, new in candidates
            if self._is_free(
                *((self._old, old) if new == match.new else (self._new, new)), self._are_under_one_heading(old, new)
            )
        ]
        if not candidates:
            return
        evidence, old, new = max((self._evidence(*candidate), *candidate) for candidate in candidates)
        if evidence > self._evidence(match.old, match.new):
            self._put(Match(old, new, self._similarity(old, new)))

    def _match_in_place(self, doubtful: Match) -> None:
        """Gives a clause of a doubtful match the clause in its place between other matches, if they belong together."""
        if doubtful.similarity > _SAME or len(doubtful.old) + len(doubtful.new) > 2 or not self._is_doubtful(doubtful):
            return
        (i,), (j,) = doubtful.old, doubtful.new
        candidates = [(i, self._in_place(self._old, i, False)), (self._in_place(self._new, j, True), j)]
        for old, new in candidates:
            if old in self._old.texts and new in self._new.texts and (old, new) != (i, j):
                similar = self._similarity((old,), (new,))
                is_same_kind = self._old.clauses[old].kind == self._new.clauses[new].kind
                is_free = self._is_free(self._old, (old,)) and self._is_free(self._new, (new,))
                if is_same_kind and is_free and similar >= _IN_PLACE:
                    self._put(Match((old,), (new,), similar))
                    return

    def _in_place(self, side: _Side, position: int, is_new: bool) -> int:
        """Returns the position, in the other document, of the place of a clause between two supported matches; or -1.

        is_new: whether the clause belongs to the new document.
        """
        ends = []
        for step in (-1, 1):
            for distance in range(1, _CLOSE + 1):
                match = self._match_at(side, position + step * distance)
                if match and self._support(match.old, match.new):
                    positions = match.old if is_new else match.new
                    ends.append((positions[-1 if step < 0 else 0], distance))
                    break
        if len(ends) < 2:
            return -1
        (above, to_above), (below, to_below) = ends
        return above + to_above if below - above == to_above + to_below else -1

    def _match_at(self, side: _Side, position: int) -> Match | None:
        index = side.match_of.get(position)
        return self._matches[index] if index is not None else None

    def _similarity(self, old: Positions, new: Positions) -> float:
        return similarity(
            concatenated([self._old.texts[i] for i in old]), concatenated([self._new.texts[j] for j in new])
        ).both


def _key(clause: Clause) -> str:
    return strip_typography(fold(clause.text))
