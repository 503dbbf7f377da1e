"""Finds clauses that were split into several or merged from several: runs of clauses that together make up one clause
of the other side."""

from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from diffing.similarity import EncodedText, concatenated

# How similar the whole and its parts together must be; which share of a part must stand in the whole, and of a short
# part.
_TOGETHER, _PART, _SHORT_PART = 0.5, 0.5, 0.6
_MOST_PARTS = 8
_SHORT = 6
# How many words may stand between a short part and the next one.
_SLACK = 3
# A neighbour is added only if at least _PART of it fits before the parts weigh this many times as much as the whole.
_ROOM = 1.2


def runs_of_parts(
    whole: EncodedText, texts: dict[int, EncodedText], similarity_alone: dict[int, float]
) -> list[tuple[tuple[int, ...], float]]:
    """Returns the runs of clauses that together make up the whole better than any of them alone.

    Each run is given by the positions of its clauses, with the similarity of the run and the whole.

    texts: the unpaired clauses of the other side, by position. similarity_alone: how similar to the whole each clause
    that may be a part is by itself, by position.
    """
    runs: list[list[int]] = []
    for part in sorted(similarity_alone):
        # A clause that has no counterpart itself may have been inserted between two parts.
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
    """Returns those of the parts that are credible together, and their similarity to the whole.

    No part is returned if too much lies between the credible ones.
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
    """Adds the clauses before and after the parts if that makes the parts more similar to the whole."""
    for neighbour in (parts[0] - 1, parts[-1] + 1) if parts else ():
        wider = sorted([*parts, neighbour])
        if neighbour not in texts or len(wider) > _MOST_PARTS:
            continue
        room = _ROOM * whole.weight - sum(texts[part].weight for part in parts)
        if room >= _PART * texts[neighbour].weight:
            both_wider, credible = _together(whole, [texts[part] for part in wider])
            if all(credible) and both_wider > both:
                parts, both = wider, both_wider
    return parts, both


def _together(whole: EncodedText, parts: Sequence[EncodedText]) -> tuple[float, list[bool]]:
    """Returns how similar the whole and the parts together are, and for each part whether it is credible.

    Half of a part must stand in the whole, in its order. Of a short part more must, in one place and close to the parts
    beside it, since a few words stand in many clauses.
    """
    together = concatenated(parts)
    # Blocks of common words: begin and end in the whole, begin and end in the parts together.
    blocks = [
        (code.src_start, code.src_end, code.dest_start, code.dest_end)
        for code in LCSseq.opcodes(whole.letters, together.letters)
        if code.tag == "equal"
    ]
    both, credible = 0.0, []
    start = 0
    for part in parts:
        end = start + len(part.letters)
        inside = [(a + max(c, start) - c, a + min(d, end) - c) for a, _, c, d in blocks if c < end and d > start]
        common = sum(
            together.sums[min(d, end)] - together.sums[max(c, start)] for _, _, c, d in blocks if c < end and d > start
        )
        both += common
        if len(part.letters) >= _SHORT:
            credible.append(common >= _PART * part.weight)
        else:
            before = max((b if d <= start else a + start - c for a, b, c, d in blocks if c < start), default=0)
            after = min(
                (a if c >= end else a + end - c for a, _, c, d in blocks if d > end), default=len(whole.letters)
            )
            credible.append(
                common >= _SHORT_PART * part.weight
                and inside[-1][1] - inside[0][0] <= len(part.letters) + _SLACK
                and inside[0][0] - before <= _SLACK
                and after - inside[-1][1] <= _SLACK
            )
        start = end
    return 2 * both / (whole.weight + together.weight), credible
