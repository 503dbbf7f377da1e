"""Finds the words that two texts have in common, in the same order, in bounded memory.

The texts have one letter for each word. Up to a limit, the common words are a longest common subsequence. Longer texts
are cut at runs of words that occur exactly once in each text.
"""

from rapidfuzz.distance import LCSseq

from diffing.order import Pair, heaviest_chain

#: A run of this many words is long enough to be an anchor, if it occurs exactly once in each text.
RUN = 6
# Upper limit, in bits, of the matrix with which a longest common subsequence is computed: 8 MB.
_MATRIX_BITS = 64_000_000

#: A run of common words: where it begins in the old text, where it begins in the new text, and its length.
Block = tuple[int, int, int]


def common_blocks(old: str, new: str) -> list[Block]:
    """Returns the runs of words that two texts have in common, in reading order.

    In stretches that are too long and have no anchors, common words are left out.
    """
    if len(old) * len(new) <= _MATRIX_BITS:
        return [
            (code.src_start, code.dest_start, code.src_end - code.src_start)
            for code in LCSseq.opcodes(old, new)
            if code.tag == "equal"
        ]
    blocks: list[Block] = []
    i = j = 0
    for old_start, new_start in [*anchors(old, new), (len(old), len(new))]:
        if old_start < i or new_start < j:
            continue
        if (old_start - i) * (new_start - j) <= _MATRIX_BITS:
            for a, b, length in common_blocks(old[i:old_start], new[j:new_start]):
                blocks.append((i + a, j + b, length))
        if old_start < len(old):
            blocks.append((old_start, new_start, RUN))
        i, j = old_start + RUN, new_start + RUN
    return blocks


def anchors(old: str, new: str) -> list[Pair]:
    """Returns where the runs begin that occur exactly once in each text and have the same order in both texts."""
    old_starts, new_starts = _starts_of_unique_runs(old), _starts_of_unique_runs(new)
    runs = sorted((start, new_starts[run]) for run, start in old_starts.items() if run in new_starts)
    in_order = heaviest_chain(runs, [1] * len(runs))
    return [runs[index] for index in sorted(in_order)]


def _starts_of_unique_runs(text: str) -> dict[str, int]:
    starts: dict[str, int] = {}
    for start in range(len(text) - RUN + 1):
        run = text[start : start + RUN]
        starts[run] = -1 if run in starts else start
    return {run: start for run, start in starts.items() if start >= 0}
