"""The pieces of a digest's text: each is written for the plain part and for the HTML part, and knows its length.

An e-mail consists of whole pieces, so that it can be composed up to a limit without being written first.
"""

import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from reports.digest_email.attachments import base64_length
from reports.digest_email.entries import DigestEntry, ShownChange


class Lengths(NamedTuple):
    """The lengths of a text for both parts of an e-mail, in bytes: as quoted-printable, and before any encoding."""

    plain_quoted: int = 0
    plain: int = 0
    html_quoted: int = 0
    html: int = 0

    def with_(self, *others: "Lengths") -> "Lengths":
        """Returns the lengths of this text with other texts."""
        return Lengths(*map(sum, zip(self, *others, strict=True)))

    def without(self, other: "Lengths") -> "Lengths":
        """Returns the lengths of this text without a part of it."""
        return Lengths(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    @property
    def encoded(self) -> int:
        """The length of both parts in an e-mail, each in the encoding that makes it shorter, in bytes."""
        return min(self.plain_quoted, base64_length(self.plain)) + min(self.html_quoted, base64_length(self.html))


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a digest's text. Both texts consist of whole lines.

    plain: for the plain part. html: for the HTML part.
    """

    plain: str
    html: str
    lengths: Lengths


def piece(plain: str, html: str) -> Piece:
    """Returns a piece of the given texts, each of which ends with a line break."""
    lengths = Lengths(
        len(quoted_printable(plain)), len(as_bytes(plain)), len(quoted_printable(html)), len(as_bytes(html))
    )
    return Piece(plain, html, lengths)


def as_bytes(text: str) -> bytes:
    """Returns a text as UTF-8 with the line ends of e-mails."""
    return text.replace("\n", "\r\n").encode("utf-8", "replace")


def quoted_printable(text: str) -> bytes:
    """Returns a text as quoted-printable (RFC 2045, section 6.7). Its lines are encoded independently of each other."""
    return binascii.b2a_qp(as_bytes(text), istext=True)


NOTHING = piece("", "")


@dataclass(frozen=True, slots=True)
class Item:
    """A change with the lines that stand above it.

    place: the headings in one line; '' if they stand above an earlier change already. words: what happened, such as
    `Added, 4 list items`; '' if that stands above an earlier change already. alone: whether nothing else stands below
    these words.
    """

    place: str
    words: str
    alone: bool
    change: ShownChange


def items_of(entry: DigestEntry) -> Iterable[Item]:
    """Yields the changes that an entry shows, the most important first."""
    for group in entry.shown_groups:
        place = group.place
        for run in group.runs:
            words = f"{run.words[:1].upper()}{run.words[1:]}"
            for change in run.changes:
                yield Item(place, words, len(run.changes) == 1, change)
                place = words = ""
