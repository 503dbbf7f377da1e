"""Says how certain a match is: how often a reader would agree that its clauses belong together.

A match is doubtful as far as its texts differ. A neighbour that is matched with the neighbour on the other side is a
witness for the match. That the match kept its order is half a witness. It is unlikely that all witnesses mislead.
`bench.diff.calibration` compares the confidence with the verdicts of a reader.
"""

from collections.abc import Sequence
from dataclasses import replace

from diffing.similar_clauses import Match


def with_confidence(
    matches: Sequence[Match], moved: frozenset[int], old_length: int, new_length: int
) -> tuple[Match, ...]:
    """Returns matches with their confidence.

    matches: all matches of two documents.
    moved: the indices in `matches` of the matches that moved.
    old_length, new_length: the number of clauses of each document.
    """
    ends_below = {(match.old[-1] + 1, match.new[-1] + 1) for match in matches} | {(0, 0)}
    starts_above = {(match.old[0] - 1, match.new[0] - 1) for match in matches} | {(old_length - 1, new_length - 1)}
    result = []
    for index, match in enumerate(matches):
        witnesses = ((match.old[0], match.new[0]) in ends_below) + ((match.old[-1], match.new[-1]) in starts_above)
        doubt = (1 - min(1.0, match.similarity)) ** (1 + witnesses + (0 if index in moved else 0.5))
        result.append(match if not doubt else replace(match, confidence=1 - doubt))
    return tuple(result)
