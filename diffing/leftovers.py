"""Matches what the alignment left over: clauses whose place says more than their words, and parts of other clauses.

First, clauses that are left over in the same place: two headings with the same number, the header rows of a table, two
clauses that stand alone between the same neighbours. Their similarity may be low.

Then words are conserved: if words were deleted from a clause, and added clauses beside it consist of these words, the
clause was split, and nothing was added. In the same way, words that a clause gained from removed clauses beside it make
a merge. The order of the words may differ, since a list seldom keeps the order of the sentence from which it was made.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from core.clauses import Clause
from diffing.normalization import fold, number_in_front
from diffing.order import Gaps, Pair
from diffing.similar_clauses import Match, Sides
from diffing.similarity import TELLING, EncodedText, Vocabulary, concatenated, similarity
from diffing.tokenization import sentences, words

# Two clauses alone between the same neighbours are matched if they have at least _ALIKE in common (`_in_common`), or at
# least _RELATED and _TELLING_STEMS telling words. Of unrelated clauses that replaced each other in policies with known
# edits, 98 % have less in common.
_ALIKE, _RELATED, _TELLING_STEMS = 0.35, 0.23, 3
# The same for two lines of at most _LINE words, for two headings that are alone in their gap, with the same neighbour
# on one side, and for a paragraph and the clause below the heading that was the paragraph's title.
_LINE, _LINES_RELATED = 8, 0.15
# Clauses with more words are not compared in this way: in any order, long texts are alike.
_LONGEST = 500
# A word without its endings: its first letters. "Arbitration" and "arbitrator" have the same stem.
_STEM = 5
# Similarities of matches for which the place is the evidence.
_SAME_NUMBER, _SAME_PLACE = 0.5, 0.4
# An added clause consists of deleted words if these words weigh at least the share _CONSISTS of the clause, or
# _SHORT_CONSISTS of a clause with fewer than _SHORT words.
_CONSISTS, _SHORT_CONSISTS, _SHORT = 0.6, 0.8, 6
# A text cannot consist of another text's words if that text has fewer than this share of its words.
_MAY_CONSIST = 0.5
# Single words of a short part lie close to its other words: at most this many other words lie between them. A heading
# that is a part begins at most this many words after the beginning of the whole.
_SLACK = 3
# A clause may become a match's first part only if it has at least this many words.
_FIRST_PART = 8
# In gaps with more possible pairs than this, no first parts are searched.
_MOST_PAIRS = 400
# A sentence of at least this many words is told from others wherever it stands.
_SENTENCE = 6
# A list that became one long clause, or came from it: the clause has at least _LIST_WORDS words, and at least
# _LIST_PARTS clauses of the list make up at least the share _LIST_SHARE of it. In gaps with more possible pairs than
# _MOST_LIST_PAIRS, no lists are searched.
_LIST_WORDS, _LIST_PARTS, _LIST_SHARE, _MOST_LIST_PAIRS = 20, 4, 0.4, 4_000
# A run of words is looked up at most at this many places of a text.
_MOST_PLACES = 40

# Two clauses that begin with titles are matched if the titles have at least _TITLES_RELATED in common, and the clauses
# at least _TITLED. In gaps with more possible pairs than _MOST_TITLED_PAIRS, no titles are compared.
_TITLES_RELATED, _TITLED, _MOST_TITLED_PAIRS = 0.65, 0.2, 4_000
_RUN_IN_TITLE = re.compile(r"([^.:!?]{3,60})[.:]\s+\S")
# Of two clauses beside a match, the nearer one is matched unless the other has this much more in common for each
# clause that it lies farther.
_FARTHER = 0.02
# A line has at most this many characters.
_LINE_CHARACTERS = 80
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two documents.

    clauses: all clauses.
    kinds: the kind of each clause (`alignment.clause_kinds`).
    texts: the clauses without an equal counterpart, by position.
    """

    clauses: Sequence[Clause]
    kinds: Sequence[str]
    texts: dict[int, EncodedText]


class Leftovers:
    """The matches of two documents, to which leftovers are added.

    vocabulary: the words of both documents.
    matches: the matches so far.
    moved: the indices in `matches` of the matches that moved.
    """

    def __init__(
        self, old: Side, new: Side, vocabulary: Vocabulary, matches: Sequence[Match], moved: frozenset[int]
    ) -> None:
        self._old, self._new, self._vocabulary = old, new, vocabulary
        self.matches = list(matches)
        self._match_of_old = {i: index for index, match in enumerate(matches) for i in match.old}
        self._match_of_new = {j: index for index, match in enumerate(matches) for j in match.new}
        self._taken_apart: set[int] = set()
        self._gaps = Gaps([(match.old[0], match.new[0]) for index, match in enumerate(matches) if index not in moved])

    def matched(self) -> list[Match]:
        """Returns all matches, with the leftovers that could be matched."""
        for old, new in self._free_by_gap():
            self._match_in_place(old, new)
        for old, new in self._free_by_gap():
            self._match_titles(old, new)
            self._match_first_parts(old, new)
        for old, new in self._free_by_gap():
            self._match_run_in_titles(old, new)
            self._match_lists(old, new)
        self._join_parts()
        self._join_rows()
        self._take_back_lines()
        self._share_parts()
        self._match_beside()
        return [match for index, match in enumerate(self.matches) if index not in self._taken_apart]

    def _free_by_gap(self) -> list[tuple[list[int], list[int]]]:
        return self._gaps.members(
            [i for i in self._old.texts if i not in self._match_of_old],
            [j for j in self._new.texts if j not in self._match_of_new],
        )

    def _add(self, old: int, new: int, similarity_of_pair: float) -> None:
        self._match_of_old[old] = self._match_of_new[new] = len(self.matches)
        self.matches.append(Match((old,), (new,), similarity_of_pair))

    def _are_matched(self, old: int, new: int) -> bool:
        """Returns whether two clauses are in the same match, or both lie outside their documents."""
        outside = (old < 0 and new < 0) or (old >= len(self._old.clauses) and new >= len(self._new.clauses))
        index = self._match_of_old.get(old)
        return outside or (index is not None and index == self._match_of_new.get(new))

    def _match_in_place(self, old: list[int], new: list[int]) -> None:
        """Matches leftovers of one gap that belong together because of their place.

        old, new: the positions of the leftovers.
        """
        alone = len(old) == len(new) == 1
        headings: defaultdict[str, list[int]] = defaultdict(list)
        for j in new:
            if self._new.kinds[j] == "heading" and (number := _number(self._new.clauses[j])):
                headings[number].append(j)
        free = set(new)
        for i in old:
            same_number = headings.get(_number(self._old.clauses[i]), []) if self._old.kinds[i] == "heading" else []
            for j in sorted(free & {*self._places_between_matches(i), *same_number}):
                evidence = self._evidence_of_place(i, j, alone)
                if evidence is not None:
                    self._add(i, j, max(evidence, similarity(self._old.texts[i], self._new.texts[j]).both))
                    free.remove(j)
                    break

    def _places_between_matches(self, old: int) -> Iterator[int]:
        """Yields the new positions that lie below the match above an old clause, or above the match below it."""
        if old == 0:
            yield 0
        elif (above := self._match_of_old.get(old - 1)) is not None:
            yield from (j + 1 for j in self.matches[above].new)
        if old + 1 == len(self._old.clauses):
            yield len(self._new.clauses) - 1
        elif (below := self._match_of_old.get(old + 1)) is not None:
            yield from (j - 1 for j in self.matches[below].new)

    def _evidence_of_place(self, i: int, j: int, alone: bool) -> float | None:
        """Returns the least similarity of a pair of leftovers that belongs together because of its place.

        None if the two clauses don't belong together.
        """
        above, below = self._are_matched(i - 1, j - 1), self._are_matched(i + 1, j + 1)
        old, new = self._old.clauses[i], self._new.clauses[j]
        kinds = {self._old.kinds[i], self._new.kinds[j]}
        if kinds == {"heading"}:
            if _number(old) and _number(old) == _number(new):
                return _SAME_NUMBER
            if above and below:
                return _SAME_PLACE
            in_common = _in_common(words(fold(old.text)), words(fold(new.text)), self._vocabulary)[0]
            return _SAME_PLACE if (above or below) and alone and in_common >= _LINES_RELATED else None
        if kinds == {"table_row"} and below and old.text.count("|") == new.text.count("|"):
            return _SAME_PLACE if above or (self._is_header(self._old, i) and self._is_header(self._new, j)) else None
        is_short = max(len(self._old.texts[i].letters), len(self._new.texts[j].letters)) <= _LONGEST
        if above and below and alone and is_short and "contents" not in kinds:
            old_words, new_words = words(fold(old.text)), words(fold(new.text))
            in_common, telling = _in_common(old_words, new_words, self._vocabulary)
            if max(len(old_words), len(new_words)) <= _LINE:
                least = _LINES_RELATED
            else:
                least = _RELATED if telling >= _TELLING_STEMS else _ALIKE
            return in_common / 2 if in_common >= least else None
        return None

    @staticmethod
    def _is_header(side: Side, position: int) -> bool:
        """Returns whether a table's row is the table's first row."""
        return position == 0 or side.kinds[position - 1] != "table_row"

    def _match_first_parts(self, old: list[int], new: list[int]) -> None:
        """Matches a leftover that consists of words of a longer leftover in the same gap."""
        if len(old) * len(new) > _MOST_PAIRS:
            return
        found = []
        old_prose = [(i, self._old.texts[i]) for i in old if self._old.kinds[i] == "prose"]
        new_prose = [
            (j, self._new.texts[j], set(self._new.texts[j].letters)) for j in new if self._new.kinds[j] == "prose"
        ]
        for i, before in old_prose:
            old_letters = set(before.letters)
            for j, after, new_letters in new_prose:
                part, whole, letters = before, after, new_letters
                if len(before.letters) > len(after.letters):
                    part, whole, letters = after, before, old_letters
                is_longer = len(whole.letters) > len(part.letters) >= _FIRST_PART
                if is_longer and _may_consist(part, letters):
                    found.append((-Words(whole).take(part), i, j))
        for negative_weight, i, j in sorted(found):
            if negative_weight and i not in self._match_of_old and j not in self._match_of_new:
                self._add(i, j, similarity(self._old.texts[i], self._new.texts[j]).both)

    def _match_titles(self, old: list[int], new: list[int]) -> None:
        """Matches a paragraph that begins with its title, and the same title as a heading above the reworded text."""
        if len(old) * len(new) > _MOST_PAIRS:
            return
        for i in old:
            for j in new:
                if i in self._match_of_old or j in self._match_of_new:
                    continue
                if self._is_title(self._old, i, self._match_of_old, self._new, j) or self._is_title(
                    self._new, j, self._match_of_new, self._old, i
                ):
                    self._add(i, j, similarity(self._old.texts[i], self._new.texts[j]).both)

    def _is_title(self, side: Side, title: int, match_of: dict[int, int], side_of_whole: Side, whole: int) -> bool:
        """Returns whether a paragraph begins with the words of a heading, and the rest became the text below it."""
        if side.kinds[title] != "heading" or side_of_whole.kinds[whole] != "prose":
            return False
        letters = side.texts[title].letters
        return (
            len(letters) > 1
            and side_of_whole.texts[whole].letters.startswith(letters)
            and len(self._with_body((title,), whole, side_of_whole, side, match_of)) > 1
        )

    def _match_run_in_titles(self, old: list[int], new: list[int]) -> None:
        """Matches leftovers of one gap that begin with related titles, such as "Business transfers. We may share …"."""
        if len(old) * len(new) > _MOST_TITLED_PAIRS:
            return
        old_titles, new_titles = (
            [(position, title) for position in positions if (title := self._run_in_title(side, position))]
            for side, positions in ((self._old, old), (self._new, new))
        )
        found = []
        for i, old_title in old_titles:
            for j, new_title in new_titles:
                of_titles = _in_common(old_title, new_title, self._vocabulary)[0]
                if of_titles >= _TITLES_RELATED:
                    found.append((-of_titles, -self._words_in_common(i, j)[0], i, j))
        for _, negative_in_common, i, j in sorted(found):
            if -negative_in_common >= _TITLED and i not in self._match_of_old and j not in self._match_of_new:
                self._add(i, j, -negative_in_common / 2)

    @staticmethod
    def _run_in_title(side: Side, position: int) -> list[str]:
        """Returns the words of the title with which a paragraph or a list item begins; [] if it has none."""
        title = _RUN_IN_TITLE.match(side.clauses[position].text) if side.kinds[position] == "prose" else None
        return words(fold(title[1])) if title else []

    def _match_beside(self) -> None:
        """Matches leftovers that lie on the same side of a match, and have many words in common in any order."""
        candidates: dict[Pair, int] = {}
        for index, match in enumerate(self.matches):
            if index in self._taken_apart:
                continue
            for step, i, j in ((-1, match.old[0], match.new[0]), (1, match.old[-1], match.new[-1])):
                old, new = (
                    [
                        (distance, position + step * distance)
                        for distance in range(1, _SLACK + 1)
                        if self._is_free_prose(side, position + step * distance, match_of)
                    ]
                    for side, position, match_of in (
                        (self._old, i, self._match_of_old),
                        (self._new, j, self._match_of_new),
                    )
                )
                for to_old, a in old:
                    for to_new, b in new:
                        candidates[a, b] = min(to_old + to_new, candidates.get((a, b), 2 * _SLACK))
        found = []
        for (i, j), distance in candidates.items():
            letters = [set(text.letters) for text in (self._old.texts[i], self._new.texts[j])]
            # Fast, since most of these clauses have few words in common.
            if len(letters[0] & letters[1]) >= max(_TELLING_STEMS, _RELATED * max(map(len, letters))):
                in_common, telling = self._words_in_common(i, j)
                if in_common >= _ALIKE and telling >= _TELLING_STEMS and not self._would_cross(i, j):
                    found.append((_FARTHER * distance - in_common, i, j, in_common))
        for _, i, j, in_common in sorted(found):
            if i not in self._match_of_old and j not in self._match_of_new and not self._would_cross(i, j):
                self._add(i, j, in_common / 2)

    def _would_cross(self, i: int, j: int) -> bool:
        """Returns whether a match of two clauses would cross a match close by, which stands in its place so far."""
        for step in range(-_SLACK, _SLACK + 1):
            index = self._match_of_old.get(i + step)
            if index is not None:
                to_new = self.matches[index].new[0] - j
                if abs(to_new) <= 2 * _SLACK and (to_new < 0) != (step < 0):
                    return True
        return False

    @staticmethod
    def _is_free_prose(side: Side, position: int, match_of: dict[int, int]) -> bool:
        """Returns whether a clause is a leftover, is a paragraph or a list item, and isn't too long to be compared."""
        return (
            position in side.texts
            and position not in match_of
            and side.kinds[position] == "prose"
            and len(side.texts[position].letters) <= _LONGEST
        )

    def _words_in_common(self, i: int, j: int) -> tuple[float, int]:
        """Returns what an old and a new clause have in common (`_in_common`)."""
        old, new = (words(fold(clause.text)) for clause in (self._old.clauses[i], self._new.clauses[j]))
        return _in_common(old, new, self._vocabulary)

    def _match_lists(self, old: list[int], new: list[int]) -> None:
        """Matches a long leftover with a run of leftovers of the same gap that consist of its words.

        Such a run is a list that became a paragraph or the row of a table, or came from it.
        """
        if len(old) * len(new) > _MOST_LIST_PAIRS:
            return
        for whole, parts in self._lists(self._old, old, self._new, new):
            self._add_list((whole,), parts)
        for whole, parts in self._lists(self._new, new, self._old, old):
            self._add_list(parts, (whole,))

    def _add_list(self, old: tuple[int, ...], new: tuple[int, ...]) -> None:
        """Adds a match of several clauses, unless one of them is matched."""
        if any(i in self._match_of_old for i in old) or any(j in self._match_of_new for j in new):
            return
        self._match_of_old.update(dict.fromkeys(old, len(self.matches)))
        self._match_of_new.update(dict.fromkeys(new, len(self.matches)))
        self.matches.append(Match(old, new, self._similarity(old, new)))

    @staticmethod
    def _lists(
        side_of_whole: Side, wholes: Sequence[int], side: Side, leftovers: Sequence[int]
    ) -> list[tuple[int, tuple[int, ...]]]:
        """Returns long leftovers, each with the run of leftovers of the other side that consist of its words."""
        long = [n for n in wholes if len(side_of_whole.texts[n].letters) >= _LIST_WORDS]
        if not long or len(leftovers) < _LIST_PARTS:
            return []
        result = []
        for whole in long:
            text = side_of_whole.texts[whole]
            letters = set(text.letters)
            run: list[int] = []
            rest, weight = Words(text), 0.0
            for position in leftovers:
                part = side.texts[position]
                if len(part.letters) * _LIST_PARTS > len(text.letters) or side.kinds[position] == "contents":
                    continue
                taken = rest.take(part) if _may_consist(part, letters) else 0.0
                if taken and (not run or position - run[-1] <= _SLACK):
                    run.append(position)
                    weight += taken
            if len(run) >= _LIST_PARTS and weight >= _LIST_SHARE * text.weight:
                result.append((whole, tuple(run)))
        return result

    def _join_parts(self) -> None:
        """Joins leftovers to the match beside them if they consist of words that the match deletes or inserts."""
        for index in range(len(self.matches)):
            match = self.matches[index]
            if self._old.kinds[match.old[0]] == self._new.kinds[match.new[0]] == "table_row":
                continue
            joined: list[Sides] = []
            if len(match.old) == 1 and match.old[0] in self._old.texts:
                new = self._parts_beside(match.new, match.old[0], self._old, self._new, self._match_of_new)
                new = self._with_body(new, match.old[0], self._old, self._new, self._match_of_new)
                joined.append((match.old, new))
            if len(match.new) == 1 and match.new[0] in self._new.texts:
                old = self._parts_beside(match.old, match.new[0], self._new, self._old, self._match_of_old)
                old = self._with_body(old, match.new[0], self._new, self._old, self._match_of_old)
                joined.append((old, match.new))
            old, new = max(joined, key=lambda sides: len(sides[0]) + len(sides[1]), default=(match.old, match.new))
            self._replace(index, old, new, match.similarity)

    def _join_rows(self) -> None:
        """Joins a table's row that is left over to the match beside it if both divide the first cell of one row."""
        for index in range(len(self.matches)):
            old, new = self.matches[index].old, self.matches[index].new
            if len(old) + len(new) > 2 or old[0] not in self._old.texts or new[0] not in self._new.texts:
                continue
            if self._old.kinds[old[0]] == self._new.kinds[new[0]] == "table_row":
                new = self._rows_beside(new[0], self._new, self._match_of_new, self._old.clauses[old[0]].text)
                old = self._rows_beside(old[0], self._old, self._match_of_old, self._new.clauses[new[0]].text)
                if (len(old) > 1) != (len(new) > 1):
                    self._replace(index, old, new, _SAME_PLACE)

    @staticmethod
    def _rows_beside(row: int, side: Side, match_of: dict[int, int], whole: str) -> tuple[int, ...]:
        """Returns the position of a table's row, with the row beside it if both divide the first cell of another row.

        whole: the text of the other row.
        """
        for beside in (row - 1, row + 1):
            if beside not in side.texts or beside in match_of or side.kinds[beside] != "table_row":
                continue
            texts = whole, side.clauses[row].text, side.clauses[beside].text
            if len({text.count("|") for text in texts}) > 1:
                continue
            cell, *parts = (set(words(fold(text.partition("|")[0]))) for text in texts)
            are_parts = all(parts) and parts[0].isdisjoint(parts[1]) and parts[0] | parts[1] <= cell
            # Between the parts stands an "and" at most.
            if are_parts and len(cell - parts[0] - parts[1]) <= 1:
                return (min(row, beside), max(row, beside))
        return (row,)

    def _take_back_lines(self) -> None:
        """Takes two equal clauses apart if each is a line of another split or merge.

        If one address in a line gets several lines, and another address that had several lines gets one, a line that
        both addresses have, such as the city, didn't move from the one to the other.
        """
        for index in range(len(self.matches)):
            (i, *other_old), (j, *other_new) = self.matches[index].old, self.matches[index].new
            if other_old or other_new or i in self._old.texts or j in self._new.texts:
                continue
            if len(self._old.clauses[i].text) > _LINE_CHARACTERS:
                continue
            merged = self._whole_of_line(i, self._old, self._match_of_old, self._new, index)
            split = self._whole_of_line(j, self._new, self._match_of_new, self._old, index)
            if merged is None or split is None or merged == split:
                continue
            # A line beside both, or that stands where it stood, belongs to neither.
            if abs(j - self.matches[merged].new[0]) <= 1 or abs(i - self.matches[split].old[0]) <= 1:
                continue
            self._taken_apart.add(index)
            for side, position in ((self._old, i), (self._new, j)):
                side.texts[position] = self._vocabulary.encode(words(fold(side.clauses[position].text)))
            self._replace(merged, tuple(sorted((*self.matches[merged].old, i))), self.matches[merged].new)
            self._replace(split, self.matches[split].old, tuple(sorted((*self.matches[split].new, j))))

    def _whole_of_line(
        self, line: int, side: Side, match_of: dict[int, int], side_of_whole: Side, own: int
    ) -> int | None:
        """Returns the index of the match beside a line whose single clause on the other side has the line's words.

        own: the index of the line's own match.
        """
        line_words = f" {' '.join(words(fold(side.clauses[line].text)))} "
        for beside in (line - 1, line + 1):
            index = match_of.get(beside)
            if index is None or index == own or index in self._taken_apart or beside not in side.texts:
                continue
            old, new = self.matches[index].old, self.matches[index].new
            wholes = new if side is self._old else old
            if len(wholes) == 1 and wholes[0] in side_of_whole.texts:
                whole = side_of_whole.clauses[wholes[0]].text
                if line_words in f" {' '.join(words(fold(whole)))} ":
                    return index
        return None

    def _share_parts(self) -> None:
        """Gives a part of a split to the leftover beside the whole that makes up the rest of the part; merges likewise.

        If a long last sentence of a paragraph becomes the first of the next, the first paragraph is split between both,
        as far as its own words go. But the second paragraph wasn't removed.
        """
        for index in range(len(self.matches)):
            match = self.matches[index]
            if len(match.new) > 1:
                new, pairs = self._shared(match.old[0], match.new, (self._old, self._match_of_old), self._new)
                self._replace(index, match.old, new)
            elif len(match.old) > 1:
                old, pairs = self._shared(match.new[0], match.old, (self._new, self._match_of_new), self._old)
                self._replace(index, old, match.new)
                pairs = [(part, neighbour) for neighbour, part in pairs]
            else:
                continue
            for i, j in pairs:
                self._add(i, j, self._similarity((i,), (j,)))

    def _shared(
        self, whole: int, parts: tuple[int, ...], of_whole: tuple[Side, dict[int, int]], side: Side
    ) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
        """Returns the parts that stay with a whole, and the pairs of a leftover beside the whole and its part.

        of_whole: the side of the whole, and its matched clauses.
        """
        whole_side, match_of = of_whole
        pairs = []
        for neighbour, end in ((whole - 1, 0), (whole + 1, -1)):
            part = parts[end]
            if len(parts) == 1 or neighbour in match_of or neighbour not in whole_side.texts or part not in side.texts:
                continue
            if whole_side.kinds[neighbour] != side.kinds[part] or side.kinds[part] != "prose":
                continue
            text, text_of_part = whole_side.texts[neighbour], side.texts[part]
            if (
                (text_of_part.letters.startswith if end == 0 else text_of_part.letters.endswith)(text.letters)
                or (_may_consist(text, set(text_of_part.letters)) and Words(text_of_part).take(text))
                or self._has_sentence(whole_side, neighbour, (whole,), side, part)
            ):
                parts = parts[1:] if end == 0 else parts[:-1]
                pairs.append((neighbour, part))
        return parts, pairs

    def _replace(self, index: int, old: tuple[int, ...], new: tuple[int, ...], least_similarity: float = 0.0) -> None:
        """Gives a match other clauses."""
        match = self.matches[index]
        if (old, new) == (match.old, match.new):
            return
        self.matches[index] = Match(old, new, max(least_similarity, self._similarity(old, new)))
        self._match_of_old.update(dict.fromkeys(old, index))
        self._match_of_new.update(dict.fromkeys(new, index))

    def _similarity(self, old: tuple[int, ...], new: tuple[int, ...]) -> float:
        old_text, new_text = (
            concatenated([side.texts[position] for position in positions])
            for side, positions in ((self._old, old), (self._new, new))
        )
        return similarity(old_text, new_text).both

    def _with_body(
        self, parts: tuple[int, ...], whole: int, side_of_whole: Side, side: Side, match_of: dict[int, int]
    ) -> tuple[int, ...]:
        """Returns the parts, with the clause below the last part if this part is the heading of that clause.

        If a paragraph begins with its title, and the title becomes a heading, the rest of the paragraph became the
        clause below the heading, even if it was reworded.
        """
        below = parts[-1] + 1
        if (
            side_of_whole.kinds[whole] != "prose"
            or side.kinds[parts[-1]] != "heading"
            or below not in side.texts
            or below in match_of
            or side.kinds[below] != "prose"
        ):
            return parts
        whole_words, body_words = (
            words(fold(clause.text)) for clause in (side_of_whole.clauses[whole], side.clauses[below])
        )
        in_common = _in_common(whole_words, body_words, self._vocabulary)[0]
        return (*parts, below) if in_common >= _LINES_RELATED else parts

    def _parts_beside(
        self, parts: tuple[int, ...], whole: int, side_of_whole: Side, side: Side, match_of: dict[int, int]
    ) -> tuple[int, ...]:
        """Returns the parts of a whole, with the leftovers beside them that consist of the rest of the whole.

        A leftover with a whole sentence of the rest is a part, too, whatever else it says.
        """
        if not any(position in side.texts for position in parts):
            return parts
        text_of_whole = side_of_whole.texts[whole]
        rest: Words | None = None
        letters: set[str] = set()
        joined = list(parts)
        for start, step in ((parts[0], -1), (parts[-1], 1), *((gap, 1) for gap in _holes(parts))):
            position = start + step
            while (position := self._next_free(position, step, side, match_of)) in side.texts:
                kind, text = side.kinds[position], side.texts[position]
                letters = letters or set(text_of_whole.letters)
                if kind != "contents" and _may_consist(text, letters):
                    if rest is None:
                        rest = Words(text_of_whole)
                        for part in parts:
                            if part in side.texts:
                                rest.take(side.texts[part], always=True)
                    if rest.take(text, only_in_front=kind == "heading"):
                        joined.append(position)
                if (
                    position not in joined
                    and len(joined) > 1
                    and _has_other_number(
                        side.clauses[position], side_of_whole.clauses[whole], [side.clauses[part] for part in parts]
                    )
                ):
                    joined.append(position)
                if position not in joined and self._has_stems(side, position, side_of_whole, whole):
                    joined.append(position)
                if position not in joined and self._has_sentence(side, position, parts, side_of_whole, whole):
                    joined.append(position)
                # A heading that is no part begins or ends another section.
                if kind == "heading" and position not in joined:
                    break
                position += step
        return tuple(sorted(joined))

    def _has_stems(self, side: Side, position: int, side_of_whole: Side, whole: int) -> bool:
        """Returns whether a list item says what a paragraph says, inflected: "Filling orders" and "fill orders"."""
        if side.clauses[position].kind != "list_item" or side_of_whole.clauses[whole].kind != "paragraph":
            return False
        stems = {word[:_STEM] for word in words(fold(side_of_whole.clauses[whole].text))}
        weights = {word[:_STEM]: self._vocabulary.weight(word) for word in words(fold(side.clauses[position].text))}
        in_whole = [weight for stem, weight in weights.items() if stem in stems]
        is_enough = sum(in_whole) >= _SHORT_CONSISTS * sum(weights.values())
        return is_enough and sum(weight >= TELLING for weight in in_whole) >= 2

    @staticmethod
    def _next_free(position: int, step: int, side: Side, match_of: dict[int, int]) -> int:
        """Returns the position of the next leftover, beyond a few matched clauses that are no headings; or -1."""
        for _ in range(_SLACK):
            if position in side.texts and position not in match_of:
                return position
            if not 0 <= position < len(side.kinds) or side.kinds[position] == "heading":
                return -1
            position += step
        return -1

    @staticmethod
    def _has_sentence(side: Side, position: int, others: Sequence[int], other_side: Side, whole: int) -> bool:
        """Returns whether a clause has a whole sentence of another clause, which no other clause of its side has.

        others: the positions of the other clauses.
        """
        if side.kinds[position] != "prose" or other_side.kinds[whole] != "prose":
            return False
        shared = _long_sentences(side.clauses[position].text) & _long_sentences(other_side.clauses[whole].text)
        return bool(shared) and any(
            not any(sentence in _long_sentences(side.clauses[other].text) for other in others) for sentence in shared
        )


class Words:
    """The words of a text, from which other texts take their words. Each word can be taken once.

    text: the text.
    """

    def __init__(self, text: EncodedText) -> None:
        self._letters = text.letters
        self._free = bytearray(b"\x01") * len(text.letters)
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for start in range(len(text.letters)):
            for length in (1, 2):
                self._places[text.letters[start : start + length]].append(start)

    def take(self, part: EncodedText, always: bool = False, only_in_front: bool = False) -> float:
        """Takes the words of a part, if they are enough: see _CONSISTS. Returns the weight of the words taken, or 0.

        Runs of at least two words are taken. Of a short part, single telling words are taken, too, if all its words
        lie close together.

        always: whether to take the words even if they are not enough.
        only_in_front: whether the words must stand at the beginning of the text.
        """
        letters, sums = part.letters, part.sums
        is_short = len(letters) < _SHORT
        runs: list[tuple[int, int]] = []
        weight, position, is_telling = 0.0, 0, False
        while position < len(letters):
            start, length = self._longest_run(letters, position)
            if length >= 2 or (length == 1 and is_short and sums[position + 1] - sums[position] >= TELLING):
                runs.append((start, length))
                self._free[start : start + length] = bytes(length)
                weight += sums[position + length] - sums[position]
                is_telling = is_telling or any(
                    after - before >= TELLING for before, after in pairwise(sums[position : position + length + 1])
                )
            position += max(1, length)
        first, last = min(runs, default=(0, 0))[0], sum(max(runs, default=(0, 0)))
        is_enough = (
            is_telling
            and weight >= (_SHORT_CONSISTS if is_short else _CONSISTS) * part.weight
            and (min(length for _, length in runs) > 1 or last - first <= len(letters) + _SLACK)
            and (not only_in_front or first <= _SLACK)
        )
        if is_enough or always:
            return weight
        for start, length in runs:
            self._free[start : start + length] = b"\x01" * length
        return 0.0

    def _longest_run(self, letters: str, position: int) -> tuple[int, int]:
        """Returns the start and the length of the longest free run that equals the letters from a position on."""
        best = (0, 0)
        places = self._places.get(letters[position : position + 2]) or self._places.get(letters[position], [])
        for start in places[:_MOST_PLACES]:
            length = 0
            while (
                position + length < len(letters)
                and start + length < len(self._letters)
                and self._free[start + length]
                and self._letters[start + length] == letters[position + length]
            ):
                length += 1
            if length > best[1]:
                best = (start, length)
        return best


def _has_other_number(line: Clause, whole: Clause, parts: Sequence[Clause]) -> bool:
    """Returns whether a line is a part of a clause except for its number, such as a telephone number that changed.

    parts: the parts of the clause that are known.
    """
    if line.kind == "heading" or len(line.text) > _LINE_CHARACTERS or not _DIGIT.search(line.text):
        return False
    masked, masked_whole, *masked_parts = (
        f" {_DIGIT.sub('0', ' '.join(words(fold(clause.text))))} " for clause in (line, whole, *parts)
    )
    if masked_whole.count(masked) != 1 or masked.count(" ") > _LINE or not any(map(str.isalpha, masked)):
        return False
    return not any(masked in part for part in masked_parts)


def _may_consist(part: EncodedText, letters: set[str]) -> bool:
    """Returns whether a text may consist of the words of another text.

    letters: the letters of the other text's words.
    """
    return sum(letter in letters for letter in part.letters) >= _MAY_CONSIST * len(part.letters)


@lru_cache(maxsize=256)
def _long_sentences(text: str) -> frozenset[str]:
    """Returns the words of each sentence that is long enough to be told from others."""
    found = (words(fold(sentence)) for sentence in sentences(text))
    return frozenset(" ".join(sentence_words) for sentence_words in found if len(sentence_words) >= _SENTENCE)


def _holes(parts: Sequence[int]) -> list[int]:
    """Returns the positions after which a clause between two parts is no part."""
    return [before for before, after in pairwise(parts) if after - before > 1]


def _number(clause: Clause) -> str:
    return (clause.label or number_in_front(clause.text)).strip(" .:()[]").casefold()


def _in_common(old: Sequence[str], new: Sequence[str], vocabulary: Vocabulary) -> tuple[float, int]:
    """Returns how much two clauses have in common, from 0 to 1, and the number of telling stems that both have.

    The measure is the weight of the common stems in any order. Weights are squared, because in any order even unrelated
    clauses have many common words.

    old, new: the words of the clauses.
    """
    weights: dict[str, float] = {}
    for word in (*old, *new):
        stem = word[:_STEM]
        weights[stem] = max(vocabulary.weight(word), weights.get(stem, 0.0))
    stems = [Counter(word[:_STEM] for word in clause_words) for clause_words in (old, new)]
    shared = stems[0] & stems[1]
    total = sum(weights[stem] ** 2 * count for side in stems for stem, count in side.items())
    common = sum(weights[stem] ** 2 * count for stem, count in shared.items())
    return (2 * common / total if total else 0.0), sum(weights[stem] >= TELLING for stem in shared)
