"""Clauses split in several or merged from several: runs of clauses that together make up one of the other side."""

from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from diffing.likeness import Text, joined

# How alike the whole and its parts together must be; how much of a part must stand in the whole, and of a short one.
_TOGETHER, _PART, _SHORT_PART = 0.5, 0.5, 0.6
_MOST_PARTS = 8
_SHORT = 6
# Words that may stand between a short part and the next one.
_SLACK = 3
# Parts that weigh more than the whole by more than this have no room for another.
_ROOM = 1.2


def runs_of_parts(whole: Text, texts: dict[int, Text], alone: dict[int, float]) -> list[tuple[tuple[int, ...], float]]:
    """The runs of parts that together make up the whole better than any of them alone, with their likeness.

    alone: how alike each part by itself is to the whole.
    """
    runs: list[list[int]] = []
    for part in sorted(alone):
        # One clause may have been put in between, if it has no other side itself.
        if runs and (part - runs[-1][-1] == 1 or (part - runs[-1][-1] == 2 and part - 1 in texts)):
            runs[-1].append(part)
        else:
            runs.append([part])
    found = []
    for run in runs:
        parts, both = _believable(whole, texts, [part for part in range(run[0], run[-1] + 1) if part in texts])
        if len(parts) == 1:
            both = alone.get(parts[0], 0.0)
        parts, both = _with_those_beside(whole, texts, parts, both)
        if len(parts) > 1 and both >= _TOGETHER and both > max(alone.get(part, 0.0) for part in parts):
            found.append((tuple(parts), both))
    return found


def _believable(whole: Text, texts: dict[int, Text], parts: list[int]) -> tuple[list[int], float]:
    """The parts that are believable together, and how alike they are to the whole; none if they don't hang together."""
    while 2 <= len(parts) <= _MOST_PARTS:
        both, believable = _together(whole, [texts[part] for part in parts])
        if all(believable):
            return parts, both
        parts = [part for part, believed in zip(parts, believable, strict=True) if believed]
        if any(after - before > 2 for before, after in pairwise(parts)):
            return [], 0.0
    return (parts, 0.0) if len(parts) == 1 else ([], 0.0)


def _with_those_beside(whole: Text, texts: dict[int, Text], parts: list[int], both: float) -> tuple[list[int], float]:
    """The parts, and the clauses before and after them where they make the whole more alike."""
    for beside in (parts[0] - 1, parts[-1] + 1) if parts else ():
        wider = sorted([*parts, beside])
        if beside not in texts or len(wider) > _MOST_PARTS:
            continue
        room = _ROOM * whole.weight - sum(texts[part].weight for part in parts)
        if room >= _PART * texts[beside].weight:
            both_wider, believable = _together(whole, [texts[part] for part in wider])
            if all(believable) and both_wider > both:
                parts, both = wider, both_wider
    return parts, both


def _together(whole: Text, parts: Sequence[Text]) -> tuple[float, list[bool]]:
    """How alike the whole and the parts together are, and which parts are believable as parts of it.

    Half of a part must stand in the whole, in its turn; of a short part more, together and with little between
    it and the next part, since a few words stand in many clauses.
    """
    together = joined(parts)
    blocks = [
        (code.src_start, code.src_end, code.dest_start, code.dest_end)
        for code in LCSseq.opcodes(whole.letters, together.letters)
        if code.tag == "equal"
    ]
    both, believable = 0.0, []
    start = 0
    for part in parts:
        end = start + len(part.letters)
        inside = [(a + max(c, start) - c, a + min(d, end) - c) for a, _, c, d in blocks if c < end and d > start]
        common = sum(
            together.sums[min(d, end)] - together.sums[max(c, start)] for _, _, c, d in blocks if c < end and d > start
        )
        both += common
        if len(part.letters) >= _SHORT:
            believable.append(common >= _PART * part.weight)
        else:
            before = max((b if d <= start else a + start - c for a, b, c, d in blocks if c < start), default=0)
            after = min(
                (a if c >= end else a + end - c for a, _, c, d in blocks if d > end), default=len(whole.letters)
            )
            believable.append(
                common >= _SHORT_PART * part.weight
                and inside[-1][1] - inside[0][0] <= len(part.letters) + _SLACK
                and inside[0][0] - before <= _SLACK
                and after - inside[-1][1] <= _SLACK
            )
        start = end
    return 2 * both / (whole.weight + together.weight), believable
