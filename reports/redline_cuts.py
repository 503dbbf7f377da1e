"""Cuts the redline of a split into a piece for each new clause, and of a merge into a piece for each old clause."""

from collections.abc import Sequence
from itertools import accumulate

from core.changes import Redline, RedlineOperation

_Part = tuple[RedlineOperation, str]


def cut_redline(redline: Redline, other: RedlineOperation, texts: Sequence[str]) -> list[Redline]:
    """Cuts a redline at the end of each of one side's texts. Returns one piece for each text.

    Without the parts of the other side, the redline must be equal to the texts in order, except for white space. Only
    the last piece may end in white space.

    other: the operation of the parts that occur only on the other side, `delete` or `insert`.
    texts: the texts of the clauses on the side that has several clauses.
    """
    ends = list(accumulate(len("".join(text.split())) for text in texts))
    pieces: list[list[_Part]] = [[]]
    characters = 0
    for operation, text in redline:
        begin = 0
        if operation != other:
            for index, char in enumerate(text):
                if not char.isspace():
                    # The cut is before the first character of the next text. White space and parts of the other side
                    # before this character belong to the previous piece.
                    if len(pieces) < len(texts) and characters == ends[len(pieces) - 1]:
                        pieces[-1].append((operation, text[begin:index]))
                        pieces.append([])
                        begin = index
                    characters += 1
        pieces[-1].append((operation, text[begin:]))
    pieces += [[] for _ in range(len(texts) - len(pieces))]
    last = len(pieces) - 1
    return [tuple(_without_space_at_end(piece) if index < last else piece) for index, piece in enumerate(pieces)]


def _without_space_at_end(piece: list[_Part]) -> list[_Part]:
    while piece:
        operation, text = piece[-1]
        if text.rstrip():
            return [*piece[:-1], (operation, text.rstrip())]
        piece = piece[:-1]
    return piece
