"""Cuts the redline of a split or a merge where its several clauses meet."""

from collections.abc import Sequence
from itertools import accumulate

from core.changes import Redline, RedlineOperation

_Part = tuple[RedlineOperation, str]


def cut_redline(redline: Redline, other: RedlineOperation, texts: Sequence[str]) -> list[Redline]:
    """Returns the redline cut after each of the texts, in as many pieces as there are texts.

    other: the operation of the parts that belong only to the other side, `delete` or `insert`. The rest of the redline
        is the texts in order, except for white space.

    Only the last piece may end in white space.
    """
    ends = list(accumulate(len("".join(text.split())) for text in texts))
    pieces: list[list[_Part]] = [[]]
    seen = 0
    for operation, text in redline:
        begin = 0
        if operation != other:
            for index, char in enumerate(text):
                if not char.isspace():
                    # The cut is before the first character of the next text; what comes before it stays with the text
                    # before.
                    if len(pieces) < len(texts) and seen == ends[len(pieces) - 1]:
                        pieces[-1].append((operation, text[begin:index]))
                        pieces.append([])
                        begin = index
                    seen += 1
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
