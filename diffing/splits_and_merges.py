"""Finds clauses that were split into several clauses, and clauses that were merged from several clauses.

In a split and in a merge, one clause of one document is the *whole*. A run of clauses of the other document are the
*parts*.
"""

from collections.abc import Sequence
from itertools import pairwise

from diffing.common_words import common_blocks
from diffing.similarity import EncodedText, concatenated

# Lower limit of the similarity, from 0 to 1, between the whole and the joined parts.
_TOGETHER = 0.5
# The whole must contain at least the share _PART of each part's words. For a part with fewer than _SHORT words, the
# share must be at least _SHORT_PART.
_PART, _SHORT_PART, _SHORT = 0.5, 0.6, 6
# More parts are found one by one, as leftovers (`diffing.leftovers`).
_MOST_PARTS = 40
# Two limits for a short part, as numbers of words of the whole: at most this many other words may lie between the words
# of the part, and at most this many words may lie between the part and the previous or the next part.
_SLACK = 3
# The clause before or after the parts becomes a further part only if the whole has room for at least the share _PART of
# the clause's weight. The room is _ROOM times the weight of the whole, minus the weight of the parts.
_ROOM = 1.2


def runs_of_parts(
    whole: EncodedText, texts: dict[int, EncodedText], similarity_alone: dict[int, float]
) -> list[tuple[tuple[int, ...], float]]:
    """Returns the runs of clauses that may be the parts of the whole, each with its similarity to the whole.

    A run is more similar to the whole than each of its clauses alone. A run is returned as the positions of its
    clauses.

    whole: the one clause.
    texts: the unpaired clauses of the other document, by position.
    similarity_alone: the clauses that may be parts: a dictionary from the position of each clause to its similarity to
        the whole.
    """
    runs: list[list[int]] = []
    for part in sorted(similarity_alone):
        # One unpaired clause may stand between two parts: it may have been inserted.
        if runs and (part - runs[-1][-1] == 1 or (part - runs[-1][-1] == 2 and part - 1 in texts)):
            runs[-1].append(part)
        else:
            runs.append([part])
    results = []
    for run in runs:
        parts, both = _credible(whole, texts, [part for part in range(run[0], run[-1] + 1) if part in texts])
        if len(parts) == 1:
            both = similarity_alone.get(parts[0], 0.0)
        parts, both = _with_neighbours(whole, texts, parts, both)
        if len(parts) > 1 and both >= _TOGETHER and both > max(similarity_alone.get(part, 0.0) for part in parts):
            results.append((tuple(parts), both))
    return results


def _credible(whole: EncodedText, texts: dict[int, EncodedText], parts: list[int]) -> tuple[list[int], float]:
    """Returns the credible parts (see `_together`), and the similarity of all credible parts together to the whole.

    No part is returned if more than one other clause lies between two neighbouring parts, or if there are more than
    _MOST_PARTS parts.
    """
    while 2 <= len(parts) <= _MOST_PARTS:
        both, credible = _together(whole, [texts[part] for part in parts])
        if all(credible):
            return parts, both
        parts = [part for part, is_credible in zip(parts, credible, strict=True) if is_credible]
        if any(after - before > 2 for before, after in pairwise(parts)):
            return [], 0.0
    return (parts, 0.0) if len(parts) == 1 else ([], 0.0)


def _with_neighbours(
    whole: EncodedText, texts: dict[int, EncodedText], parts: list[int], both: float
) -> tuple[list[int], float]:
    """Adds the clause before the first part, and the clause after the last part, if the similarity to the whole rises.

    both: the similarity of the parts together to the whole. Returns the parts and their similarity.
    """
    letters = set(whole.letters)
    for neighbour in (parts[0] - 1, parts[-1] + 1) if parts else ():
        wider = sorted([*parts, neighbour])
        if neighbour not in texts or len(wider) > _MOST_PARTS:
            continue
        room = _ROOM * whole.weight - sum(texts[part].weight for part in parts)
        if room >= _PART * texts[neighbour].weight and _may_be_part(texts[neighbour], letters):
            both_wider, credible = _together(whole, [texts[part] for part in wider])
            if all(credible) and both_wider > both:
                parts, both = wider, both_wider
    return parts, both


def _may_be_part(text: EncodedText, letters: set[str]) -> bool:
    """Returns whether the share _PART of a text is in the whole, in any order.

    letters: the letters of the whole.
    """
    weights = zip(text.letters, pairwise(text.sums), strict=True)
    return sum(after - before for letter, (before, after) in weights if letter in letters) >= _PART * text.weight


def _together(whole: EncodedText, parts: Sequence[EncodedText]) -> tuple[float, list[bool]]:
    """Returns the similarity between the whole and the joined parts, and for each part whether the part is credible.

    A part is credible if the whole contains at least half of the part's words, in the same order. The conditions for a
    short part are stricter, because two clauses often have a few words in common by chance. For a short part, the share
    must be larger. Its words must lie close together in the whole, and close to the words of the neighbouring parts.
    """
    together = concatenated(parts)
    # The blocks of common words. Each block is given by its start and end in the whole, and its start and end in the
    # joined parts.
    blocks = [
        (in_whole, in_whole + length, in_together, in_together + length)
        for in_whole, in_together, length in common_blocks(whole.letters, together.letters)
    ]
    both, credible = 0.0, []
    start = 0
    for part in parts:
        end = start + len(part.letters)
        # The common words of the part and the whole: their places in the joined parts, and their places in the whole.
        in_parts = [(max(c, start), min(d, end)) for _, _, c, d in blocks if c < end and d > start]
        in_whole = [(a + max(c, start) - c, a + min(d, end) - c) for a, _, c, d in blocks if c < end and d > start]
        common = sum(together.sums[last] - together.sums[first] for first, last in in_parts)
        both += common
        if len(part.letters) >= _SHORT:
            credible.append(common >= _PART * part.weight)
        else:
            # Two places in the whole: where the words of earlier parts end, and where the words of later parts begin.
            before = max((b if d <= start else a + start - c for a, b, c, d in blocks if c < start), default=0)
            after = min(
                (a if c >= end else a + end - c for a, _, c, d in blocks if d > end), default=len(whole.letters)
            )
            credible.append(
                common >= _SHORT_PART * part.weight
                and in_whole[-1][1] - in_whole[0][0] <= len(part.letters) + _SLACK
                and in_whole[0][0] - before <= _SLACK
                and after - in_whole[-1][1] <= _SLACK
            )
        start = end
    return 2 * both / (whole.weight + together.weight), credible
