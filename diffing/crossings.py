"""Finds sentences that crossed the border between two clauses.

If the last sentence of a paragraph becomes the first sentence of the next, both paragraphs change, and nobody reads
anything new: the sentences still follow one another in the same order. Only what else differs between the old and the
new text of each paragraph says what the change is worth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.clauses import Clause
from diffing.normalization import fold
from diffing.similar_clauses import Match
from diffing.tokenization import sentences

# Clauses that begin with the same sentence have so many characters in common, unless the sentence is shorter.
_BEGINNING = 8
# At most this many matches in a row are regrouped.
_MOST_REGROUPED = 12
_ENDS = (".", "!", "?", "。", "！", "？")


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of two matched clauses without the sentences that crossed to or from the clauses beside them.

    old, new: the texts that are left.
    crossed: the sentences that crossed.
    """

    old: str
    new: str
    crossed: tuple[str, ...]


def rests_of_crossings(matches: Sequence[Match], old: Sequence[Clause], new: Sequence[Clause]) -> dict[Match, Rest]:
    """Returns, for each match with a sentence that crossed, what is left of its clauses."""
    rests = _regrouped(matches, old, new)
    pairs = {
        (match.old[0], match.new[0]): match
        for match in matches
        if match not in rests
        and len(match.old) == len(match.new) == 1
        and old[match.old[0]].text != new[match.new[0]].text
    }
    for (i, j), upper in sorted(pairs.items()):
        lower = pairs.get((i + 1, j + 1))
        if lower is None or len({old[i].kind, old[i + 1].kind, new[j].kind, new[j + 1].kind}) > 1:
            continue
        above = rests.get(upper) or Rest(old[i].text, new[j].text, ())
        below = Rest(old[i + 1].text, new[j + 1].text, ())
        down = _crossed(above.old, below.new, above.new, below.old)
        up = _crossed(above.new, below.old, above.old, below.new)
        if down and not up:
            above = Rest(_without_end(above.old, down), above.new, above.crossed + down)
            below = Rest(below.old, _without_start(below.new, down), down)
        elif up and not down:
            above = Rest(above.old, _without_end(above.new, up), above.crossed + up)
            below = Rest(_without_start(below.old, up), below.new, up)
        else:
            continue
        rests |= {upper: above, lower: below}
    return rests


def _regrouped(matches: Sequence[Match], old: Sequence[Clause], new: Sequence[Clause]) -> dict[Match, Rest]:
    """Returns the matches of neighbouring clauses that have the same sentences in the same order, grouped otherwise.

    The sentences are the same to the letter, since nothing else tells whether they say the same.
    """
    starting = {(match.old[0], match.new[0]): match for match in matches}
    rests: dict[Match, Rest] = {}
    for (i, j), first in sorted(starting.items()):
        # The first sentences are the same, so mostly a look at the first letters is enough.
        if old[i].text[:_BEGINNING] != new[j].text[:_BEGINNING] or old[i].text == new[j].text:
            continue
        group: list[Match] = []
        following: Match | None = first
        sides: tuple[list[str], list[str]] = [], []
        while following and following not in rests and len(group) < _MOST_REGROUPED:
            texts = [[old[i] for i in following.old], [new[j] for j in following.new]]
            if not _are_runs(following) or len({c.kind for side in texts for c in side} | {old[first.old[0]].kind}) > 1:
                break
            group.append(following)
            for side, clauses in zip(sides, texts, strict=True):
                side += [sentence.strip() for clause in clauses for sentence in sentences(clause.text)]
            shorter = min(map(len, sides))
            if sides[0][:shorter] != sides[1][:shorter] or (len(group) == 1 and len(sides[0]) == len(sides[1])):
                break
            if len(sides[0]) == len(sides[1]):
                rests |= {match: Rest("", "", _only_in_one(match, old, new)) for match in group}
                break
            following = starting.get((following.old[-1] + 1, following.new[-1] + 1))
    return rests


def _are_runs(match: Match) -> bool:
    """Returns whether the clauses of a match follow one another on both sides."""
    return all(side[-1] - side[0] == len(side) - 1 for side in (match.old, match.new))


def _only_in_one(match: Match, old: Sequence[Clause], new: Sequence[Clause]) -> tuple[str, ...]:
    """Returns the sentences that only one side of a match has."""
    sides = [
        [sentence.strip() for clause in side for sentence in sentences(clause.text)]
        for side in ([old[i] for i in match.old], [new[j] for j in match.new])
    ]
    return tuple(sentence for side, other in (sides, sides[::-1]) for sentence in side if sentence not in other)


def _crossed(leaving: str, entering: str, left: str, entered: str) -> tuple[str, ...]:
    """Returns the sentences with which one text ends and another text begins; () if there are none.

    leaving, left: the upper clause with and without the sentences.
    entering, entered: the lower clause with and without the sentences.
    """
    above, below = _sentences(leaving), _sentences(entering)
    if above[-1:] == _sentences(left)[-1:] or below[:1] == _sentences(entered)[:1]:
        return ()
    for count in range(min(len(above), len(below)), 0, -1):
        begins = count == len(above) or above[-count - 1].endswith(_ENDS)
        if begins and above[-1].endswith(_ENDS) and above[-count:] == below[:count]:
            return tuple(sentence.strip() for sentence in sentences(entering)[:count])
    return ()


def _sentences(text: str) -> list[str]:
    return [fold(sentence) for sentence in sentences(text)]


def _without_end(text: str, crossed: tuple[str, ...]) -> str:
    return "".join(sentences(text)[: -len(crossed)]).strip()


def _without_start(text: str, crossed: tuple[str, ...]) -> str:
    return "".join(sentences(text)[len(crossed) :]).strip()
