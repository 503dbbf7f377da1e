"""Decides what of a digest an e-mail shows, so that it never becomes longer than a limit.

Gmail shows the first 102 KB of an HTML part and hides the rest, the way out of the subscription with it. So a digest
shares its room between its entries: the most important ones are shown whole, further ones in a line, further ones by
name, and what is left out is counted. A long change is cut, so that it leaves room to the changes after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

from reports.digest_email.pieces import NOTHING, Lengths, Piece

#: The lengths to which a change is cut, in characters, the first that fits.
CHANGE_LENGTHS = (5_000, 1_500, 400, 120)
# An entry that is shown whole leaves room for this many of its changes, if there are as many.
_CHANGES_TO_SHARE = 4
# The parts of the room that names, lines, and beginnings of entries may take.
_FOR_NAMES = 0.3
_FOR_LINES = 0.3
_FOR_HEADS = 0.4
# The room that the beginning of an important entry may take although others have less, in bytes.
_HEAD_ROOM = 4_000

_Key = TypeVar("_Key")


@dataclass
class Candidate(Generic[_Key]):
    """An entry that asks for room. What it needs is written when it is asked for.

    key: what the entry is. name: the entry's name as a piece. line: writes the entry in one line. heads: write the
    beginning of the entry, with its end: the preferred one first. changes: write the entry's changes, the most
    important first, cut to a length.
    """

    key: _Key
    name: Piece
    line: Callable[[], Piece]
    heads: Sequence[Callable[[], tuple[Piece, Piece]]]
    changes: Sequence[Callable[[int], Piece]]


@dataclass
class Shown(Generic[_Key]):
    """How an entry is shown.

    head: its beginning, None if it is shown in a line or by name. changes: the changes that are shown.
    """

    candidate: Candidate[_Key]
    head: Piece | None = None
    tail: Piece = NOTHING
    changes: list[Piece] = field(default_factory=list)
    is_full: bool = False

    @property
    def left_out(self) -> int:
        """The number of changes that are not shown."""
        return len(self.candidate.changes) - len(self.changes)

    @cached_property
    def line(self) -> Piece:
        """The entry in one line."""
        return self.candidate.line()


@dataclass(frozen=True)
class Arrangement(Generic[_Key]):
    """What an e-mail shows: entries whole, in a line, and by name. left_out: the number of all others."""

    whole: tuple[Shown[_Key], ...]
    lines: tuple[Shown[_Key], ...]
    names: tuple[Shown[_Key], ...]
    left_out: int


def arrange(candidates: Sequence[Candidate[_Key]], taken: Lengths, limit: int) -> Arrangement[_Key]:
    """Returns what an e-mail shows of the entries.

    candidates: the most important first. taken: the lengths of what the e-mail contains anyway. limit: the length of
    both parts of the e-mail as encoded, in bytes.
    """
    room = _Room(taken, limit)
    entries = [Shown(candidate) for candidate in candidates]
    heads, rest = _with_heads(entries, room)
    lines, rest = _while_fitting(rest, lambda entry: entry.line, room, room.left * _FOR_LINES)
    names, rest = _while_fitting(rest, lambda entry: entry.candidate.name, room, room.left * _FOR_NAMES)
    _add_changes(heads, room)
    return Arrangement(tuple(heads), tuple(lines), tuple(names), len(rest))


class _Room:
    """The room that is left in an e-mail."""

    def __init__(self, taken: Lengths, limit: int) -> None:
        self._taken = taken
        self._limit = limit

    @property
    def left(self) -> int:
        """The number of bytes that are left."""
        return self._limit - self._taken.encoded

    def cost(self, *pieces: Piece) -> int:
        """Returns the number of bytes that pieces would take."""
        return self._with(pieces).encoded - self._taken.encoded

    def take(self, *pieces: Piece) -> None:
        """Takes the room for pieces."""
        self._taken = self._with(pieces)

    def _with(self, pieces: Sequence[Piece]) -> Lengths:
        return self._taken.with_(*(piece.lengths for piece in pieces))


def _with_heads(entries: list[Shown[_Key]], room: _Room) -> tuple[list[Shown[_Key]], list[Shown[_Key]]]:
    """Takes the room for the beginnings of as many entries as may be shown whole. Returns these, and the others."""
    budget = room.left if len(entries) == 1 else room.left * _FOR_HEADS
    end = room.left - budget
    for index, entry in enumerate(entries):
        allowed = min(room.left - end, max((room.left - end) / (len(entries) - index), _HEAD_ROOM))
        for write in entry.candidate.heads:
            head, tail = write()
            if room.cost(head, tail) <= allowed:
                entry.head, entry.tail = head, tail
                room.take(head, tail)
                break
        else:
            return entries[:index], entries[index:]
    return entries, []


def _while_fitting(
    entries: list[Shown[_Key]], write: Callable[[Shown[_Key]], Piece], room: _Room, budget: float
) -> tuple[list[Shown[_Key]], list[Shown[_Key]]]:
    """Takes the room for one piece of each entry, up to a budget. Returns the entries that fit, and the others."""
    end = room.left - budget
    for index, entry in enumerate(entries):
        piece = write(entry)
        if room.left - room.cost(piece) < end:
            return entries[:index], entries[index:]
        room.take(piece)
    return entries, []


def _add_changes(entries: list[Shown[_Key]], room: _Room) -> None:
    """Takes the room for changes: one of each entry in turn, so that a long entry leaves room to the others."""
    while waiting := [entry for entry in entries if entry.left_out and not entry.is_full]:
        for index, entry in enumerate(waiting):
            share = room.left / (len(waiting) - index)
            write = entry.candidate.changes[len(entry.changes)]
            for length in CHANGE_LENGTHS:
                piece = write(length)
                allowed = share if length == CHANGE_LENGTHS[-1] else share / min(entry.left_out, _CHANGES_TO_SHARE)
                if room.cost(piece) <= allowed:
                    entry.changes.append(piece)
                    room.take(piece)
                    break
            else:
                entry.is_full = True
