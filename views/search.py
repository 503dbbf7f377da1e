"""Searches the clauses of all versions of all policies, for `clausewatch search`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.clauses import ClauseKind
from core.dates import Span, iso, iso_or_none
from core.declarations.schema import is_slug
from core.exceptions import UsageError
from core.policies import PolicyKey
from core.search_words import Piece, Term, pieces, terms_of
from storage import Store
from storage.clause_search import ClauseSearch, FoundClause

#: The number of clauses on a page of results, if the reader names no other, and the largest number.
PAGE, LARGEST_PAGE = 20, 100

_PLACE = re.compile("[0-9a-f]{1,15}|[1-7][0-9a-f]{15}")
# An excerpt begins and ends between words, if there is a space within this number of characters.
_WORD = 30


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a reader searches for.

    text: words, "phrases" and beginnings* of words, as `core.search_words.terms_of` reads them.
    vendor, policy: the slugs of a vendor and of a policy; None for any.
    at: a moment at which the clause was in force; None for any.
    appeared: the time in which the policy had the clause for the first time; None for any.
    gone: the time in which the policy lost the clause, which it has not had since; None for any, also for clauses that
        the policy still has.
    limit: the largest number of results, from 1 to LARGEST_PAGE.
    after: `SearchResult.next` of the page before; None for the first page.
    """

    text: str
    vendor: str | None = None
    policy: str | None = None
    at: datetime | None = None
    appeared: Span | None = None
    gone: Span | None = None
    limit: int = PAGE
    after: str | None = None


@dataclass(frozen=True, slots=True)
class HeldSpan:
    """A time in which a policy had a clause.

    begin: the time of the first capture with the clause.
    gone: the time of the first capture without the clause; None if the policy still has it.
    """

    begin: datetime
    gone: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the span's JSON fields, which docs/contract.md describes."""
        return {"from": iso(self.begin), "gone": iso_or_none(self.gone)}


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A clause that was found: a distinct text of a policy, with all versions that have it.

    key: the vendor and the name of the policy.
    kind, label, heading_path: as for `core.clauses.Clause`, in the first version that has the clause.
    pieces: the text, divided where a word that was searched for begins or ends.
    spans: when the policy had the clause, oldest first; at least one.
    version_id, position: the first version that has the clause, and the clause's position in it.
    text_key: names the text within its policy, also after the captures were read again
        (`diffing.clause_spans.text_key`).
    """

    key: PolicyKey
    kind: ClauseKind
    label: str | None
    heading_path: tuple[str, ...]
    pieces: tuple[Piece, ...]
    spans: tuple[HeldSpan, ...]
    version_id: str
    position: int
    text_key: str

    @property
    def text(self) -> str:
        """The whole text of the clause."""
        return "".join(piece.text for piece in self.pieces)

    def to_dict(self) -> dict[str, Any]:
        """Returns the clause's JSON fields, which docs/contract.md describes."""
        return {
            "vendor": self.key.vendor,
            "policy": self.key.policy,
            "kind": self.kind,
            "label": self.label,
            "heading_path": list(self.heading_path),
            "text": self.text,
            "excerpt": [[piece.text, piece.matched] for piece in excerpt(self.pieces)],
            "held": [span.to_dict() for span in self.spans],
            "version_id": self.version_id,
            "position": self.position,
            "text_key": self.text_key,
        }


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of results, the clauses that appeared last first.

    next: what to pass as `SearchQuery.after` for the next page; None if this is the last page.
    outdated: the number of policies whose newest captures the search does not know yet.
    """

    hits: tuple[SearchHit, ...]
    next: str | None
    outdated: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {"clauses": [hit.to_dict() for hit in self.hits], "next": self.next, "outdated": self.outdated}


def search(store: Store, query: SearchQuery) -> SearchResult:
    """Returns the clauses that have all words of a query, those that appeared last first. Writes nothing.

    Only texts that stand are searched (`core.history.SettledHistory`). The order is the same on every database, and
    stays the same between two pages.

    UsageError if the query names no word, is too long, or has a limit or an `after` that is not valid. StorageError if
    the database can't be read.
    """
    terms = terms_of(query.text)
    if not 1 <= query.limit <= LARGEST_PAGE:
        raise UsageError(f"a page has 1 to {LARGEST_PAGE} results, not {query.limit}")
    for name, slug in (("vendor", query.vendor), ("policy", query.policy)):
        if slug is not None and not is_slug(slug):
            raise UsageError(f"{slug[:40]!r} can't be the name of a {name}")
    found = store.clause_index.find(
        ClauseSearch(
            terms,
            query.vendor,
            query.policy,
            query.at,
            query.appeared,
            query.gone,
            limit=query.limit + 1,
            before=None if query.after is None else _place(query.after),
        )
    )
    hits = tuple(_hit(clause, terms) for clause in found[: query.limit])
    is_last = len(found) <= query.limit
    return SearchResult(hits, None if is_last else f"{found[query.limit - 1].id:x}", len(store.clause_index.outdated()))


def _place(after: str) -> int:
    """Returns the id that `SearchResult.next` contains. UsageError if it is not valid."""
    if not _PLACE.fullmatch(after):
        raise UsageError("the place to continue from is not valid: take it from the page before")
    return int(after, 16)


def _hit(clause: FoundClause, terms: Sequence[Term]) -> SearchHit:
    return SearchHit(
        clause.key,
        clause.kind,
        clause.label,
        clause.heading_path,
        tuple(pieces(clause.text, terms)),
        tuple(HeldSpan(begin, gone) for begin, gone in clause.spans),
        clause.version_id,
        clause.position,
        clause.text_key,
    )


def excerpt(pieces: Sequence[Piece], length: int = 300) -> tuple[Piece, ...]:
    """Returns the part of a text around the first matched words, with an ellipsis where words were left out.

    pieces: the text. length: about the number of characters; a shorter text is returned whole.
    """
    text = "".join(piece.text for piece in pieces)
    if len(text) <= length:
        return tuple(pieces)
    first, last = _matched_range(pieces)
    begin = max(min(first - (length - min(last - first, length)) // 2, len(text) - length), 0)
    end = min(begin + length, len(text))
    begin, end = _word_begin(text, begin, first), _word_end(text, end, last)
    kept = []
    at = 0
    for piece in pieces:
        part = piece.text[max(begin - at, 0) : max(end - at, 0)]
        if part:
            kept.append(Piece(part, piece.matched))
        at += len(piece.text)
    if begin:
        kept.insert(0, Piece("… "))
    if end < len(text):
        kept.append(Piece(" …"))
    return tuple(kept)


def _matched_range(pieces: Sequence[Piece]) -> tuple[int, int]:
    """Returns where the first matched piece begins and ends. The beginning of the text, if no piece is matched."""
    at = 0
    for piece in pieces:
        if piece.matched:
            return at, at + len(piece.text)
        at += len(piece.text)
    return 0, 0


def _word_begin(text: str, begin: int, latest: int) -> int:
    """Returns the beginning of the next word after a place in a text, if it is near and not after `latest`."""
    space = text.find(" ", begin, min(begin + _WORD, latest)) if begin else -1
    return begin if space < 0 else space + 1


def _word_end(text: str, end: int, earliest: int) -> int:
    """Returns the end of the last word before a place in a text, if it is near and not before `earliest`."""
    space = text.rfind(" ", max(end - _WORD, earliest), end) if end < len(text) else -1
    return end if space < 0 else space
