"""Searches the clauses of all versions of all policies, for `clausewatch search`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.clauses import ClauseKind
from core.dates import Span, iso, iso_or_none, parse_span
from core.declarations.schema import is_slug
from core.exceptions import UsageError
from core.policies import PolicyKey
from core.search_words import Piece, Term, pieces, terms_of
from storage import Store
from storage.clause_facts import Ending, PolicyMentions
from storage.clause_search import ClauseSearch, FoundClause, FoundSpans, is_held_at

#: The number of clauses on a page of results, if the reader names no other, and the largest number.
PAGE, LARGEST_PAGE = 20, 100

_PLACE = re.compile("[0-9a-f]{1,15}|[1-7][0-9a-f]{15}")
# A clause of at most this number of characters is shown whole; of a longer one, about this number around the words.
_SHORT, _EXCERPT = 700, 450
# An excerpt begins and ends between words, if there is a space within this number of characters.
_WORD = 30


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a reader searches for.

    text: words, "phrases" and beginnings* of words, as `core.search_words.terms_of` reads them.
    vendor, policy: the slugs of a vendor and of a policy; None for any.
    at: a moment: only clauses are found that the last capture up to then shows; None for any.
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
        (`diffing.sameness.text_key`).
    ending: what became of the wording; None if it is not known, because the policy's texts are being read.
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
    ending: Ending | None = None

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
            "end": _ending_fields(self.ending) if self.ending else None,
        }


def _ending_fields(ending: Ending) -> dict[str, Any]:
    return {
        "fate": ending.fate,
        "last_captured": iso(ending.last),
        "version_id": ending.version_id,
        "position": ending.position,
    }


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of results, the clauses that appeared last first.

    next: what to pass as `SearchQuery.after` for the next page; None if this is the last page.
    """

    hits: tuple[SearchHit, ...]
    next: str | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {"clauses": [hit.to_dict() for hit in self.hits], "next": self.next}


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Which policies mention the words of a search, whatever the dates of the query.

    policies: in alphabetical order, at most 50. are_all: whether no other policy mentions the words.
    total: the number of clauses that the query finds on all pages, its dates included; None if they are very many.
    covered: from the first to the last capture of the texts of a vendor, if the query names one and none of these texts
        mentions the words; otherwise None.
    """

    policies: tuple[PolicyMentions, ...]
    are_all: bool
    total: int | None
    covered: Span | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON fields, which docs/contract.md describes."""
        return {
            "total": self.total,
            "covered": {"from": iso(self.covered.begin), "to": iso(self.covered.end)} if self.covered else None,
            "are_all": self.are_all,
            "policies": [_mention_fields(policy) for policy in self.policies],
        }


def _mention_fields(found: PolicyMentions) -> dict[str, Any]:
    return {
        "vendor": found.key.vendor,
        "policy": found.key.policy,
        "language": found.language,
        "clauses": found.clauses,
        "first": {"after": iso_or_none(found.before), "before": iso(found.spans[0][0])},
        "last_captured": iso(found.last),
        "last_language": found.last_language,
        "held": [HeldSpan(begin, gone).to_dict() for begin, gone in found.spans],
    }


def date_shown(text: str, now: datetime) -> datetime:
    """Returns `SearchQuery.at` for a date that a reader gives: its last moment, or the present one.

    now: the present time, timezone-aware UTC. UsageError if the date can't be read, or is in the future.
    """
    span = parse_span(text)
    if span.begin > now:
        raise UsageError(f"{text.strip()} is in the future, and no text is known yet: give a date up to today")
    return min(span.end, now)


def mentioned(store: Store, query: SearchQuery) -> Mentioned:
    """Returns which policies mention the words of a query, when they first did, and whether they do now.

    Its vendor and policy count, its dates and its limit don't. UsageError and StorageError as for `search`.
    """
    terms = _checked_terms(query)
    found = store.clause_facts.mentions(terms, query.vendor, query.policy)
    total = None
    if found.clauses is not None:
        total = sum(some.clauses for some in found.clauses if _is_in_time(some, query))
    return Mentioned(found.policies, found.are_all, total, found.covered)


def _is_in_time(found: FoundSpans, query: SearchQuery) -> bool:
    appeared, gone = found.spans[0][0], found.spans[-1][1]
    return (
        (query.at is None or is_held_at(found, query.at))
        and (query.appeared is None or query.appeared.begin <= appeared <= query.appeared.end)
        and (query.gone is None or (gone is not None and query.gone.begin <= gone <= query.gone.end))
    )


def _checked_terms(query: SearchQuery) -> tuple[Term, ...]:
    """Returns the terms of a query. UsageError if it names no word, or a name that is not valid."""
    terms = terms_of(query.text)
    for name, slug in (("vendor", query.vendor), ("policy", query.policy)):
        if slug is not None and not is_slug(slug):
            raise UsageError(f"{slug[:40]!r} can't be the name of a {name}")
    return terms


def search(store: Store, query: SearchQuery) -> SearchResult:
    """Returns the clauses that have all words of a query, the newest first. Writes nothing.

    Only texts that stand are searched (`core.history.SettledHistory`). The order is the same on every database, and
    stays the same between two pages.

    UsageError if the query names no word, is too long, or has a limit or an `after` that is not valid. StorageError if
    the database can't be read.
    """
    terms = _checked_terms(query)
    if not 1 <= query.limit <= LARGEST_PAGE:
        raise UsageError(f"a page has 1 to {LARGEST_PAGE} results, not {query.limit}")
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
    shown = found[: query.limit]
    endings = store.clause_facts.endings(shown)
    hits = tuple(_hit(clause, terms, endings.get(clause.id)) for clause in shown)
    is_last = len(found) <= query.limit
    return SearchResult(hits, None if is_last else f"{found[query.limit - 1].id:x}")


def _place(after: str) -> int:
    """Returns the id that `SearchResult.next` contains. UsageError if it is not valid."""
    if not _PLACE.fullmatch(after):
        raise UsageError("the place to continue from is not valid: take it from the page before")
    return int(after, 16)


def _hit(clause: FoundClause, terms: Sequence[Term], ending: Ending | None) -> SearchHit:
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
        ending,
    )


def excerpt(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Returns the part of a text with the most of the matched words, with an ellipsis where words were left out.

    pieces: the text. A text of up to 700 characters is returned whole; of a longer one, about 450.
    """
    text = "".join(piece.text for piece in pieces)
    if len(text) <= _SHORT:
        return tuple(pieces)
    first, last = _matched_range(pieces)
    begin = max(min(first - (_EXCERPT - min(last - first, _EXCERPT)) // 2, len(text) - _EXCERPT), 0)
    end = min(begin + _EXCERPT, len(text))
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
    """Returns where the part begins and ends that has the most matched pieces and fits into an excerpt; of several
    such parts, the first. The beginning of the text, if no piece is matched."""
    ranges = []
    at = 0
    for piece in pieces:
        if piece.matched:
            ranges.append((at, at + len(piece.text)))
        at += len(piece.text)
    best, most, last = (0, 0), 0, 0
    for first, (begin, _) in enumerate(ranges):
        last = max(last, first)
        while last + 1 < len(ranges) and ranges[last + 1][1] - begin <= _EXCERPT:
            last += 1
        if last - first + 1 > most:
            best, most = (begin, ranges[last][1]), last - first + 1
    return best


def _word_begin(text: str, begin: int, latest: int) -> int:
    """Returns the beginning of the next word after a place in a text, if it is near and not after `latest`."""
    space = text.find(" ", begin, min(begin + _WORD, latest)) if begin else -1
    return begin if space < 0 else space + 1


def _word_end(text: str, end: int, earliest: int) -> int:
    """Returns the end of the last word before a place in a text, if it is near and not before `earliest`."""
    space = text.rfind(" ", max(end - _WORD, earliest), end) if end < len(text) else -1
    return end if space < 0 else space
