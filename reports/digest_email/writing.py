"""Writes the pieces of a digest's entries for both parts. The pieces are kept, because many e-mails have the same."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from core.plurals import plural
from reports.digest_email import html_part, plain_part
from reports.digest_email.entries import DigestEntry
from reports.digest_email.links import Links
from reports.digest_email.local_dates import with_dates_in
from reports.digest_email.pieces import Item, Piece, piece
from reports.excerpts import cut, shortened, with_remark
from views.addresses import capture_page

# The limits on single lines, in characters, in an entry that is shown whole, and in one that is shown in short.
_SENTENCE_LENGTH = 1_000
_SHORT_LENGTH = 200
_SENTENCES = 8
_PLACE_LENGTH = 300
_NEWS_LENGTH = 150
# How many pieces are kept. A usual one takes 2 KB, the longest one about 60 KB.
_KEPT = 2_000


def change_piece(item: Item, page: str, length: int) -> Piece:
    """Returns a change. page: the whole address of the comparison, or ''. length: of the text, in characters."""
    change = item.change
    excerpt, left_out = cut(change.excerpt, length)
    left = length
    notes = []
    for note in change.notes:
        if len(note) <= left:
            notes.append(note)
            left -= len(note)
    return _both(
        "change",
        shortened(item.place, min(length, _PLACE_LENGTH)),
        shortened(item.words, _PLACE_LENGTH),
        change.number,
        None if item.alone else shortened(change.label, _PLACE_LENGTH),
        with_remark(excerpt, change.left_out + left_out),
        tuple(notes),
        f"{page}#change-{change.number}" if page else "",
    )


def head_piece(entry: DigestEntry, links: Links, whole: bool, is_only: bool, dates: str) -> Piece:
    """Returns the beginning of an entry.

    whole: whether to show all sentences, and the evidence in full. is_only: whether the digest has no other entry.
    dates: the language of dates, or ''.
    """
    length = _SENTENCE_LENGTH if whole else _SHORT_LENGTH
    evidence = ("", "")
    if entry.interval:
        first, second = (
            links.page(capture_page(capture.capture_id))
            for capture in (entry.interval.last_old, entry.interval.first_new)
        )
        evidence = (first, second)
    return _both(
        "head",
        shortened(entry.title, length),
        shortened(entry.summary, length),
        tuple(shortened(sentence, length) for sentence in entry.sentences[:_SENTENCES]) if whole else (),
        entry.interval,
        whole,
        links.page(entry.page),
        evidence,
        is_only,
        dates=dates,
    )


def tail_piece(entry: DigestEntry, links: Links, shown: int, left_out: int, is_attached: bool) -> Piece:
    """Returns the end of an entry. shown, left_out: the numbers of changes for which the e-mail has room, or none."""
    sentences = []
    if left_out:
        is_not, them = ("is not", "it") if left_out == 1 else ("are not", "them")
        noun = "more change" if shown else "change"
        sentences.append(f"{plural(left_out, noun)} {is_not} shown here: this e-mail has no room for {them}.")
    if entry.other_changes:
        sentences.append(entry.other_changes)
    attachment = entry.attachment.name if entry.attachment and is_attached else ""
    return _both(
        "tail", tuple(sentences), entry.command_introduction, links.page(entry.page), attachment, entry.command
    )


def news(entry: DigestEntry) -> str:
    """Returns what is new, in a few words: `Retention 30 → 90 days, and 4 more changes`."""
    more = f", and {plural(entry.changes - 1, 'more change')}" if entry.changes > 1 else ""
    return f"{shortened(entry.news, _NEWS_LENGTH)}{more}"


def line_piece(entry: DigestEntry, links: Links) -> Piece:
    """Returns an entry in one line."""
    return _both("line", entry.name, news(entry), links.page(entry.page), entry.command)


def overview_piece(title: str, entries: Sequence[DigestEntry], more: str) -> Piece:
    """Returns the beginning of a digest with several entries."""
    lines = tuple((entry.name, news(entry)) for entry in entries)
    return _both("overview", title, lines, more)


def heading_piece(text: str) -> Piece:
    """Returns a heading."""
    return _both("heading", text)


def paragraph_piece(text: str) -> Piece:
    """Returns a paragraph."""
    return _both("paragraph", text)


def footer_piece(sentences: Sequence[str], address: str, words: str, command: str, preferences: str) -> Piece:
    """Returns the end of a digest: why it came, how to change what comes, and how to leave."""
    return _both("footer", tuple(sentences), address, words, command, preferences)


@lru_cache(_KEPT)
def _both(name: str, *arguments: Any, dates: str = "") -> Piece:
    plain: str = getattr(plain_part, name)(*arguments)
    html = html_part.written(name, *arguments)
    if dates:
        plain, html = with_dates_in(plain, dates), with_dates_in(html, dates)
    return piece(plain, html)
