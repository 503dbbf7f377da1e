"""Finds clauses by their words, with SQLite's FTS5 and with PostgreSQL's full text search.

A search lists the clauses that appeared last first. This order is that of the ids, in which both databases find rows
without looking at all clauses that match: most clauses of all policies have a word like "data".
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from core.captures import BEGIN_OF_THE_WEB
from core.clauses import ClauseKind
from core.dates import Span
from core.policies import PolicyKey
from core.search_words import Term, scope_word
from storage.tables.search_models import CLAUSE_TEXTS

# The parts of the id of a text, in bits: the policy, and the position of the clause.
_POLICY_BITS, _POSITION_BITS = 16, 14
_LAST_SECOND = (1 << 33) - 1
# If no more texts than this went in the time that a search names, SQLite looks at each of them. Otherwise, it looks at
# the texts with the words in turn, of which enough went in that time.
_FEW_GONE = 10_000
# PostgreSQL first looks at so many texts in turn, the newest ones. If not enough of them have the words, it looks up
# all texts that have the words.
_NEWEST = 5_000
_WAYS = ("enable_seqscan", "enable_indexscan", "enable_bitmapscan")
_BEYOND_LAST_ID = (1 << 63) - 1
#: If so many texts have the words, a summary of all of them would take too long.
MANY_MATCHES = 2_001

# SQLite's full-text table. It is no part of the metadata, because SQLAlchemy has no virtual tables.
_WORDS = table("clause_words", column("rowid", BigInteger))
_MATCHED = column("clause_words", String)
_COLUMNS = [each for each in CLAUSE_TEXTS.c if each.name != "words"]


@dataclass(frozen=True, slots=True)
class ClauseSearch:
    """What to search for.

    terms: what the text of a clause has to have; at least one.
    vendor, policy, at, appeared, gone: as for `views.search.SearchQuery`.
    limit: the largest number of clauses.
    before: an id: only clauses with a lower id are found; None for any.
    """

    terms: Sequence[Term]
    vendor: str | None = None
    policy: str | None = None
    at: datetime | None = None
    appeared: Span | None = None
    gone: Span | None = None
    limit: int = 20
    before: int | None = None


@dataclass(frozen=True, slots=True)
class FoundClause:
    """A clause that was found. The fields are the columns of `storage.tables.search_models.ClauseTextRow`.

    spans: when the policy had the text (`diffing.clause_spans.HeldText`).
    """

    id: int
    key: PolicyKey
    text_key: str
    kind: ClauseKind
    label: str | None
    heading_path: tuple[str, ...]
    text: str
    version_id: str
    position: int
    spans: tuple[tuple[datetime, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class FoundSpans:
    """When a policy had a number of clauses that were found. key, spans: as for `FoundClause`."""

    key: PolicyKey
    spans: tuple[tuple[datetime, datetime | None], ...]
    clauses: int


def found_clauses(session: Session, search: ClauseSearch) -> list[FoundClause]:
    """Returns the clauses that match a search, the newest first."""
    found: list[FoundClause] = []
    while True:
        wanted = search.limit - len(found)
        rows = [_found(row) for row in _rows(session, replace(search, limit=wanted))]
        # The columns say when the policy had the text first and last. In between, it may have been without it.
        found += [row for row in rows if search.at is None or is_held_at(row, search.at)]
        if len(rows) < wanted or len(found) == search.limit:
            return found
        search = replace(search, before=rows[-1].id)


def matches(session: Session, terms: Sequence[Term], vendor: str | None, policy: str | None) -> Sequence[int]:
    """Returns the ids of clauses that have all terms, at most MANY_MATCHES. vendor, policy: as for `ClauseSearch`."""
    scope = scope_word(vendor, policy)
    if session.get_bind().dialect.name == "sqlite":
        query = select(_WORDS.c.rowid).where(_MATCHED.op("MATCH")(_sqlite_words(terms, scope)))
        return session.scalars(query.limit(literal(MANY_MATCHES))).all()
    has_words = CLAUSE_TEXTS.c.words.op("@@")(cast(_postgresql_words(terms, scope), TSQUERY))
    _plan_with(session, "enable_bitmapscan")
    ids = session.scalars(select(CLAUSE_TEXTS.c.id).where(has_words).limit(MANY_MATCHES)).all()
    _plan_with(session, *_WAYS)
    return ids


def spans_of(session: Session, terms: Sequence[Term], vendor: str | None, policy: str | None) -> list[FoundSpans]:
    """Returns when the clauses were there that have all terms. vendor, policy: as for `ClauseSearch`."""
    scope = scope_word(vendor, policy)
    query = select(CLAUSE_TEXTS.c.vendor, CLAUSE_TEXTS.c.policy, cast(CLAUSE_TEXTS.c.spans, Text))
    if session.get_bind().dialect.name == "sqlite":
        query = query.select_from(_WORDS.join(CLAUSE_TEXTS, CLAUSE_TEXTS.c.id == _WORDS.c.rowid))
        query = query.where(_MATCHED.op("MATCH")(_sqlite_words(terms, scope)))
    else:
        query = query.where(CLAUSE_TEXTS.c.words.op("@@")(cast(_postgresql_words(terms, scope), TSQUERY)))
    # Counted before they are read, because most clauses of a policy share their times with others.
    counts = Counter(map(tuple, session.execute(query)))
    return [
        FoundSpans(PolicyKey(vendor, policy), _spans(json.loads(spans)), count)
        for (vendor, policy, spans), count in counts.items()
    ]


def lowest_id(moment: datetime) -> int:
    """Returns the lowest id of the texts that appeared in the second of a moment, or later."""
    second = min(max(int((moment - BEGIN_OF_THE_WEB).total_seconds()), 0), _LAST_SECOND)
    return second << (_POLICY_BITS + _POSITION_BITS)


def id_of(key: PolicyKey, appeared_at: datetime, position: int) -> int:
    """Returns the id of a text, unless another text has it: see `ClauseTextRow`.

    Of texts that appeared at the same second, those of one policy are together. The higher the position of a text, the
    lower is its id, because a search lists the highest ids first.
    """
    policy = int.from_bytes(hashlib.sha256(str(key).encode()).digest()[: _POLICY_BITS // 8])
    return lowest_id(appeared_at) + (policy << _POSITION_BITS) + max((1 << _POSITION_BITS) - 1 - position, 0)


def _rows(session: Session, search: ClauseSearch) -> Sequence[Any]:
    scope = scope_word(search.vendor, search.policy)
    if session.get_bind().dialect.name == "sqlite":
        return session.execute(_sqlite_query(session, search, scope)).all()
    return _postgresql_rows(session, search, scope)


def _sqlite_query(session: Session, search: ClauseSearch, scope: str) -> Select[Any]:
    row_id: ColumnElement[int] = _WORDS.c.rowid
    has_words = _MATCHED.op("MATCH")(_sqlite_words(search.terms, scope))
    query = select(*_COLUMNS)
    if search.gone is not None and _few_are_gone(session, search.gone):
        row_id = CLAUSE_TEXTS.c.id
        # With the plus sign, SQLite doesn't look up each text that has the words, but each text that went.
        unindexed_id = literal_column("+clause_texts.id", BigInteger)
        query = query.where(unindexed_id.in_(select(_WORDS.c.rowid).where(has_words)))
    else:
        query = query.select_from(_WORDS.join(CLAUSE_TEXTS, CLAUSE_TEXTS.c.id == row_id)).where(has_words)
    return _newest_of(query, row_id, search)


def _postgresql_rows(session: Session, search: ClauseSearch, scope: str) -> Sequence[Any]:
    """Returns the rows that match a search, the newest ones first.

    PostgreSQL has no estimate for most words, so it is told what to look at. It finds common words among the newest
    texts at once. For a rare word, it would read all texts in turn.
    """
    row_id = CLAUSE_TEXTS.c.id
    has_words = CLAUSE_TEXTS.c.words.op("@@")(cast(_postgresql_words(search.terms, scope), TSQUERY))
    query = _newest_of(select(*_COLUMNS).where(has_words), row_id, search)
    if search.vendor is None:  # one vendor's texts are few, and most of them are not among the newest
        ids = select(row_id).where(*_id_limits(row_id, search)).order_by(row_id.desc())
        lowest = session.scalar(ids.offset(_NEWEST - 1).limit(1)) or 0
        _plan_with(session, "enable_indexscan")
        rows = session.execute(query.where(row_id >= lowest)).all()
        if len(rows) == search.limit or not lowest:
            return rows
    _plan_with(session, "enable_bitmapscan")
    return session.execute(query).all()


def _plan_with(session: Session, *wanted: str) -> None:
    """Has PostgreSQL find rows in some ways only in this transaction (PostgreSQL documentation, section 20.7.1)."""
    for way in _WAYS:
        session.execute(select(func.set_config(way, "on" if way in wanted else "off", True)))


def _newest_of(query: Select[Any], row_id: ColumnElement[int], search: ClauseSearch) -> Select[Any]:
    """Returns a query with the conditions of a search besides the words, its order and its limit."""
    query = query.where(*_id_limits(row_id, search))
    if search.at is not None:
        query = query.where(CLAUSE_TEXTS.c.appeared_at <= search.at)
        query = query.where(or_(CLAUSE_TEXTS.c.gone_at.is_(None), CLAUSE_TEXTS.c.gone_at > search.at))
    if search.appeared is not None:
        query = query.where(CLAUSE_TEXTS.c.appeared_at.between(search.appeared.begin, search.appeared.end))
    if search.gone is not None:
        query = query.where(_went_in(search.gone))
    return query.order_by(row_id.desc()).limit(literal(search.limit))


def _id_limits(row_id: ColumnElement[int], search: ClauseSearch) -> Iterator[ColumnElement[bool]]:
    """Yields what follows from a search for the ids of what it finds."""
    if search.before is not None:
        yield row_id < search.before
    if search.at is not None:
        yield row_id < _after(search.at)
    if search.appeared is not None:
        yield row_id >= lowest_id(search.appeared.begin)
        yield row_id < _after(search.appeared.end)


def _went_in(span: Span) -> ColumnElement[bool]:
    return and_(CLAUSE_TEXTS.c.gone_at.is_not(None), CLAUSE_TEXTS.c.gone_at.between(span.begin, span.end))


def _few_are_gone(session: Session, span: Span) -> bool:
    ids = select(CLAUSE_TEXTS.c.id).where(_went_in(span)).limit(_FEW_GONE + 1).subquery()
    return (session.scalar(select(func.count()).select_from(ids)) or 0) <= _FEW_GONE


def _after(moment: datetime) -> int:
    """Returns an id that is higher than those of the texts that appeared at a moment or earlier."""
    if moment >= datetime.max.replace(tzinfo=moment.tzinfo) - timedelta(seconds=1):
        return _BEYOND_LAST_ID
    following = lowest_id(moment + timedelta(seconds=1))
    return following if following >> (_POLICY_BITS + _POSITION_BITS) < _LAST_SECOND else _BEYOND_LAST_ID


def _found(row: Any) -> FoundClause:
    return FoundClause(
        row.id,
        PolicyKey(row.vendor, row.policy),
        row.text_key,
        row.kind,
        row.label,
        tuple(row.heading_path),
        row.text,
        row.version_id,
        row.position,
        _spans(row.spans),
    )


def _spans(written: Sequence[Sequence[str]]) -> tuple[tuple[datetime, datetime | None], ...]:
    return tuple(
        (datetime.fromisoformat(begin), None if gone is None else datetime.fromisoformat(gone))
        for begin, gone in written
    )


def is_held_at(found: FoundClause | FoundSpans, moment: datetime) -> bool:
    """Returns whether the policy had a clause at a moment."""
    return any(begin <= moment and (gone is None or moment < gone) for begin, gone in found.spans)


def _sqlite_words(terms: Sequence[Term], scope: str) -> str:
    """Returns terms in the language of FTS5 (https://www.sqlite.org/fts5.html, section 3)."""
    phrases = [f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}' for term in terms]
    return " AND ".join([*phrases, *([f'"{scope}"'] if scope else [])])


def _postgresql_words(terms: Sequence[Term], scope: str) -> str:
    """Returns terms as a `tsquery` (PostgreSQL documentation, section 8.11.2)."""
    phrases = [
        "(" + " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_prefix else "") + ")"
        for term in terms
    ]
    return " & ".join([*phrases, *([f"'{scope}'"] if scope else [])])
