"""Finds clauses by their words, with SQLite's FTS5 and with PostgreSQL's full text search.

A search lists the clauses that appeared last first. This order is that of the ids, in which both databases find rows
without looking at all clauses that match: most clauses of all policies have a word like "data".
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, cast, column, literal, or_, select, table
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
_BEYOND_LAST_ID = (1 << 63) - 1

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


def found_clauses(session: Session, search: ClauseSearch) -> list[FoundClause]:
    """Returns the clauses that match a search, those that appeared last first."""
    found: list[FoundClause] = []
    while True:
        wanted = search.limit - len(found)
        rows = [_found(row) for row in session.execute(_query(session, replace(search, limit=wanted)))]
        # The columns say when the policy had the text first and last. In between, it may have been without it.
        found += [row for row in rows if search.at is None or _is_held_at(row, search.at)]
        if len(rows) < wanted or len(found) == search.limit:
            return found
        search = replace(search, before=rows[-1].id)


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


def _query(session: Session, search: ClauseSearch) -> Select[Any]:
    scope = scope_word(search.vendor, search.policy)
    if session.get_bind().dialect.name == "sqlite":
        row_id: ColumnElement[int] = _WORDS.c.rowid
        query = select(*_COLUMNS).select_from(_WORDS.join(CLAUSE_TEXTS, CLAUSE_TEXTS.c.id == row_id))
        query = query.where(_MATCHED.op("MATCH")(_sqlite_words(search.terms, scope)))
    else:
        row_id = CLAUSE_TEXTS.c.id
        words = cast(_postgresql_words(search.terms, scope), TSQUERY)
        query = select(*_COLUMNS).where(CLAUSE_TEXTS.c.words.op("@@")(words))
    if search.before is not None:
        query = query.where(row_id < search.before)
    if search.at is not None:
        at = search.at
        query = query.where(row_id < _after(at), CLAUSE_TEXTS.c.appeared_at <= at)
        query = query.where(or_(CLAUSE_TEXTS.c.gone_at.is_(None), CLAUSE_TEXTS.c.gone_at > at))
    if search.appeared is not None:
        begin, end = search.appeared.begin, search.appeared.end
        query = query.where(row_id >= lowest_id(begin), row_id < _after(end))
        query = query.where(CLAUSE_TEXTS.c.appeared_at.between(begin, end))
    if search.gone is not None:
        query = query.where(CLAUSE_TEXTS.c.gone_at.between(search.gone.begin, search.gone.end))
    return query.order_by(row_id.desc()).limit(literal(search.limit))


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
        tuple(
            (datetime.fromisoformat(begin), None if gone is None else datetime.fromisoformat(gone))
            for begin, gone in row.spans
        ),
    )


def _is_held_at(found: FoundClause, moment: datetime) -> bool:
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
