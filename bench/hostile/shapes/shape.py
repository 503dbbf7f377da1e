"""Shape: a hostile input that can be made in any size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

#: What an input is: a document in one of five formats, or another input. It decides through which stages it goes.
Kind = Literal["html", "xml", "markdown", "text", "pdf", "selector", "declaration", "robots", "listing"]

#: A sentence of a policy, so that a page isn't left out as one that shows no policy.
SENTENCE = "We keep personal data for thirty days and share it with nobody. "


@dataclass(frozen=True, slots=True)
class Shape:
    """A hostile input.

    name: what the input is, in a few words.
    kind: what the input is given to.
    make: returns the input of about a number of bytes.
    """

    name: str
    kind: Kind
    make: Callable[[int], bytes]


def repeated(unit: str, before: str = "", after: str = "") -> Callable[[int], bytes]:
    """Returns a function that makes an input of a unit, repeated as often as the size allows.

    before, after: what stands once in front of the units and behind them.
    """

    def make(size: int) -> bytes:
        encoded, rest = unit.encode(), len(before.encode()) + len(after.encode())
        return before.encode() + encoded * max(1, (size - rest) // len(encoded)) + after.encode()

    return make


def numbered(unit: str, before: str = "", after: str = "") -> Callable[[int], bytes]:
    """Returns a function like `repeated`, but each unit has a number of its own, where the unit has `%d`.

    A unit may have several `%d`, which all get the unit's number.
    """

    def make(size: int) -> bytes:
        uses = unit.count("%d")
        units, length, number = [], len(before) + len(after), 0
        while length < size:
            units.append(unit % ((number,) * uses))
            length += len(units[-1])
            number += 1
        return (before + "".join(units) + after).encode()

    return make


def nested(opening: str, inside: str, closing: str, before: str = "") -> Callable[[int], bytes]:
    """Returns a function that makes an input of parts inside each other, as deep as the size allows."""

    def make(size: int) -> bytes:
        depth = max(1, (size - len(before) - len(inside)) // len(opening + closing))
        return (before + opening * depth + inside + closing * depth).encode()

    return make
