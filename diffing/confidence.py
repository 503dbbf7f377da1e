"""Says how certain a match is: how often a reader would agree that its clauses belong together.

A match is doubtful as far as its texts differ. A neighbour that is matched with the neighbour on the other side makes a
second witness, and two neighbours make a third: it is unlikely that all of them mislead. `bench.diff.calibration`
compares the confidence with the share of right matches.
"""

from collections.abc import Sequence
from dataclasses import replace

from diffing.similar_clauses import Match


def with_confidence(matches: Sequence[Match], old_length: int, new_length: int) -> list[Match]:
    """Returns matches with their confidence.

    matches: all matches of two documents.
    old_length, new_length: the number of clauses of each document.
    """
    ends_below = {(match.old[-1] + 1, match.new[-1] + 1) for match in matches} | {(0, 0)}
    starts_above = {(match.old[0] - 1, match.new[0] - 1) for match in matches} | {(old_length - 1, new_length - 1)}
    result = []
    for match in matches:
        neighbours = ((match.old[0], match.new[0]) in ends_below) + ((match.old[-1], match.new[-1]) in starts_above)
        doubt = (1 - min(1.0, match.similarity)) ** (1 + neighbours)
        result.append(match if not doubt else replace(match, confidence=1 - doubt))
    return result
