"""Composes the two texts of a digest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import escape

from core.plurals import plural
from core.policies import PolicyKey
from reports.digest_email import html_part, writing
from reports.digest_email.entries import DigestEntry
from reports.digest_email.fitting import Arrangement, Candidate, Shown, arrange
from reports.digest_email.links import Links
from reports.digest_email.pieces import Lengths, Piece, items_of, piece

#: The limit on both parts of an e-mail together, as they are sent, in bytes. Gmail hides what is beyond 102 KB.
BODY_LENGTH = 80_000
# What the limit leaves for the sentences whose length depends on what is left out.
_RESERVE = 2_500
# The beginning of an e-mail names at most this many entries.
_OVERVIEW_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Footer:
    """The end of a digest.

    sentences: why it came, and how to leave. address: a web address with which to leave, or ''; words: what the
    address does. command: the command with which the operator ends the subscription, or ''. preferences: the web
    address of the subscriber's preferences, or ''.
    """

    sentences: tuple[str, ...]
    address: str = ""
    words: str = ""
    command: str = ""
    preferences: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """The two texts of a digest without its footer, which differs from subscriber to subscriber.

    before, after: what stands before the footer, and after it.
    """

    before: Piece
    after: Piece


def by_importance(entries: Sequence[DigestEntry]) -> list[DigestEntry]:
    """Returns the entries, the most important first. Those of one policy stay together, in the order of time."""
    ranks: dict[PolicyKey, tuple[int, ...]] = {}
    for entry in entries:
        ranks[entry.key] = min(entry.rank, ranks.get(entry.key, entry.rank))
    return sorted(entries, key=lambda entry: (ranks[entry.key], entry.key))


def compose_body(
    entries: Sequence[DigestEntry],
    links: Links,
    attachments: Collection[str],
    title: str,
    longest_footer: Footer,
    dates: str = "",
    limit: int = BODY_LENGTH,
) -> Body:
    """Returns the texts of a digest. Encoded, both together with a footer are not longer than the limit.

    entries: at least one, the most important first. attachments: the names of the attached reports. title: a line that
    says what is new, for an e-mail with several entries. longest_footer: a footer for which there has to be room.
    dates: the language of dates, or ''. limit: in bytes.
    """
    beginning = piece("", html_part.beginning(title))
    closing = piece("", html_part.ending())
    frame = [beginning, _overview(entries, title), footer_piece(longest_footer), closing]
    arrangement = arrange(
        [_candidate(entry, links, attachments, is_only=len(entries) == 1, dates=dates) for entry in entries],
        Lengths().with_(*(part.lengths for part in frame)),
        limit - _RESERVE,
    )
    pieces = [*frame[:2]]
    for shown in arrangement.whole:
        assert shown.head is not None  # noqa: S101 - `arrange` gives a head to each entry that is shown whole
        tail = writing.tail_piece(
            shown.candidate.key,
            links,
            len(shown.changes),
            shown.left_out,
            _is_attached(shown.candidate.key, attachments),
        )
        pieces += [shown.head, *shown.changes, tail]
    pieces += _others(arrangement, links)
    plain = "".join(part.plain for part in pieces).lstrip("\n")
    return Body(piece(plain, "".join(part.html for part in pieces)), closing)


def footer_piece(footer: Footer) -> Piece:
    """Returns the end of a digest."""
    return writing.footer_piece(footer.sentences, footer.address, footer.words, footer.command, footer.preferences)


def _overview(entries: Sequence[DigestEntry], title: str) -> Piece:
    if len(entries) == 1:
        return piece("", "")
    more = len(entries) - _OVERVIEW_LENGTH
    return writing.overview_piece(title, entries[:_OVERVIEW_LENGTH], f"and {more} more, below" if more > 0 else "")


def _candidate(
    entry: DigestEntry, links: Links, attachments: Collection[str], *, is_only: bool, dates: str
) -> Candidate[DigestEntry]:
    items = tuple(items_of(entry))
    is_attached = _is_attached(entry, attachments)

    def head(whole: bool) -> tuple[Piece, Piece]:
        # The end is the longest if all changes are counted.
        return (
            writing.head_piece(entry, links, whole, is_only, dates),
            writing.tail_piece(entry, links, 0, len(items), is_attached),
        )

    return Candidate(
        entry,
        name=piece(f"{entry.name}, ", f"{escape(entry.name)}, "),
        line=partial(writing.line_piece, entry, links),
        heads=(partial(head, True), partial(head, False)),
        changes=tuple(partial(writing.change_piece, item, links.page(entry.page)) for item in items),
    )


def _is_attached(entry: DigestEntry, attachments: Collection[str]) -> bool:
    return entry.attachment is not None and entry.attachment.name in attachments


def _others(arrangement: Arrangement[DigestEntry], links: Links) -> list[Piece]:
    """Returns the pieces about the entries that are not shown whole."""
    result: list[Piece] = []
    if arrangement.lines:
        result.append(writing.heading_piece("In short"))
        result += [shown.line for shown in arrangement.lines]
    if arrangement.names or arrangement.left_out:
        result.append(writing.paragraph_piece(_counted(arrangement.names, arrangement.left_out, links)))
    return result


def _counted(names: Sequence[Shown[DigestEntry]], left_out: int, links: Links) -> str:
    named = ", ".join(shown.candidate.key.name for shown in names)
    where = f"{links.public_url}/" if links.public_url else "the command `clausewatch changes`"
    more = plural(left_out, "further entry").replace("entrys", "entries")
    listed = f"{named}, and {more}" if named and left_out else named or more
    return f"There is also news, for which this e-mail has no room, about {listed}. All of it: {where}."
