"""Cuts the redline of a change into pieces.

A redline is the combined text of a change, with the deleted and the inserted words marked. The redline of a `split`
change is cut into one piece for each new clause. The redline of a `merged` change is cut into one piece for each old
clause.
"""

from collections.abc import Sequence
from itertools import accumulate

from core.changes import Redline, RedlineOperation

_Part = tuple[RedlineOperation, str]


def cut_redline(redline: Redline, other: RedlineOperation, texts: Sequence[str]) -> list[Redline]:
    """Cuts a redline into one piece for each of the given texts.

    White space at the end of each piece is removed, except at the end of the last piece.

    other: the operation that doesn't occur on the side with several clauses: `delete` for a split, `insert` for a
        merge.
    texts: the texts of the clauses on the side with several clauses. They must be equal to the redline without the
        parts of the operation `other`, except for white space.
    """
    ends = list(accumulate(len("".join(text.split())) for text in texts))
    pieces: list[list[_Part]] = [[]]
    characters = 0
    for operation, text in redline:
        begin = 0
        if operation != other:
            for index, char in enumerate(text):
                if not char.isspace():
                    # The cut is before the first character of the next text. White space before this character
                    # belongs to the previous piece. Parts with the operation `other` before this character belong to
                    # the previous piece, too.
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
