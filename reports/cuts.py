"""Where the several clauses of a split or a merge meet in the redline that they share."""

from collections.abc import Sequence
from itertools import accumulate

from core.changes import Redline, RedlineOperation

_Piece = tuple[RedlineOperation, str]


def cut(redline: Redline, other: RedlineOperation, texts: Sequence[str]) -> list[Redline]:
    """The redline cut after each of the texts, which its parts without `other` are in order, white space aside.

    No piece but the last ends in white space.
    """
    ends = list(accumulate(len("".join(text.split())) for text in texts))
    pieces: list[list[_Piece]] = [[]]
    seen = 0
    for operation, text in redline:
        begin = 0
        if operation != other:
            for index, char in enumerate(text):
                if not char.isspace():
                    # Before the first character of the next text: what stands between goes with the text before.
                    if len(pieces) < len(texts) and seen == ends[len(pieces) - 1]:
                        pieces[-1].append((operation, text[begin:index]))
                        pieces.append([])
                        begin = index
                    seen += 1
        pieces[-1].append((operation, text[begin:]))
    pieces += [[] for _ in range(len(texts) - len(pieces))]
    last = len(pieces) - 1
    return [tuple(_without_space_at_end(piece) if index < last else piece) for index, piece in enumerate(pieces)]


def _without_space_at_end(piece: list[_Piece]) -> list[_Piece]:
    while piece:
        operation, text = piece[-1]
        if text.rstrip():
            return [*piece[:-1], (operation, text.rstrip())]
        piece = piece[:-1]
    return piece
