"""Finds what a search says besides the clauses: which policies mention the words and since when, and what became of
each wording.

Both follow from the index of the clauses, from the state of each policy from which the index was made, and from the
steps that are stored. No history is computed, and no texts are compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from core.clauses import Document
from core.dates import Span
from core.exceptions import StorageError
from core.lineage import Step
from core.policies import PolicyKey
from core.search_words import Term
from diffing.clause_spans import merged
from diffing.lineage import clauses_after
from diffing.sameness import text_key
from storage import documents
from storage.clause_search import MANY_MATCHES, FoundClause, FoundSpans, matches, spans_of
from storage.database import Database
from storage.lineages import is_current, restored
from storage.tables.models import CaptureRow, ReadingRow, StepRow
from storage.tables.search_models import CLAUSE_TEXTS, INDEXED_POLICIES

# So many policies are listed. If the words are in too many clauses to look at all of them, policies are looked at in
# turn, until they have more than this number of clauses with the words.
_MOST_POLICIES, _MOST_CLAUSES = 50, 2_000
# How many policies one query names (SQLite accepts at most 1000 alternatives), and how many ids.
_AT_ONCE, _IDS_AT_ONCE = 200, 500
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)

#: What became of a wording. `there`: the newest text has it. `reworded`: clauses of the next text descend from its
#: clause. `gone`: the next text has no clause that descends from it. `unknown`: the comparison with the next text is
#: not stored.
Fate = Literal["there", "reworded", "gone", "unknown"]


@dataclass(frozen=True, slots=True)
class PolicyMentions:
    """When a policy mentioned some words.

    clauses: the number of distinct clauses that mention them, in all versions.
    spans: when its texts mentioned them, as for `diffing.clause_spans.HeldText`.
    before: the last capture of the text before, which is without the words; None if they are in the first text.
    last: the last capture of a text with the words.
    language: the language of the newest text, such as `en`; None if it is not certain.
    last_language: the language of the last text with the words.
    """

    key: PolicyKey
    clauses: int
    spans: tuple[tuple[datetime, datetime | None], ...]
    before: datetime | None
    last: datetime
    language: str | None
    last_language: str | None


@dataclass(frozen=True, slots=True)
class Mentions:
    """Which policies mention some words.

    policies: in alphabetical order. are_all: whether no other policy mentions them.
    clauses: when the clauses with the words were there, of all policies; None if the clauses are too many.
    covered: if one vendor's texts were searched, and none mentions the words: from their first to their last capture;
        otherwise None.
    """

    policies: tuple[PolicyMentions, ...]
    are_all: bool
    clauses: tuple[FoundSpans, ...] | None
    covered: Span | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a wording.

    last: the last capture of a text with it.
    version_id, position: for `reworded`, the first of the clauses that descend from it; otherwise None.
    """

    fate: Fate
    last: datetime
    version_id: str | None = None
    position: int | None = None


class ClauseFacts:
    """What a search says besides the clauses. Every method raises StorageError if the database can't be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mentions(self, terms: Sequence[Term], vendor: str | None, policy: str | None) -> Mentions:
        """Returns which policies mention some words. vendor, policy: as for `ClauseSearch`.

        At most 50 policies are returned; of more, the first in alphabetical order. If more than 2,000 clauses have the
        words, and more than 50 policies were searched, the policies of 2,000 of these clauses are looked at.
        """
        with self._database.snapshot() as session:
            return _mentions(session, terms, vendor, policy)

    def endings(self, found: Iterable[FoundClause]) -> dict[int, Ending]:
        """Returns what became of each of a few clauses that were found, by id.

        A clause is left out if the index of its policy is being made.
        """
        with self._database.snapshot() as session:
            return _endings(session, found)


def _mentions(session: Session, terms: Sequence[Term], vendor: str | None, policy: str | None) -> Mentions:
    ids = matches(session, terms, vendor, policy)
    if len(ids) < MANY_MATCHES:
        clauses = spans_of(session, terms, vendor, policy)
        keys = sorted({clause.key for clause in clauses})
        found = _mentions_of(session, clauses, _states(session, keys[:_MOST_POLICIES]))
        covered = _covered(session, vendor, policy) if vendor and not clauses else None
        return Mentions(found, len(keys) <= _MOST_POLICIES, tuple(clauses), covered)
    states = _first_states(session, vendor, policy)
    if are_few := len(states) <= _MOST_POLICIES:
        keys = list(states)
    else:
        keys = sorted(_policies_of(session, ids))[:_MOST_POLICIES]
        states = _states(session, keys)
    some: list[FoundSpans] = []
    count = 0
    for key in keys:
        if count > _MOST_CLAUSES:
            return Mentions(_mentions_of(session, some, states), False, None)
        of_policy = spans_of(session, terms, key.vendor, key.policy)
        count += sum(each.clauses for each in of_policy)
        some += of_policy
    return Mentions(_mentions_of(session, some, states), are_few, None)


def _policies_of(session: Session, ids: Sequence[int]) -> set[PolicyKey]:
    """Returns the policies of some texts. ids: the ids of the texts."""
    policies: set[PolicyKey] = set()
    for begin in range(0, len(ids), _IDS_AT_ONCE):
        query = select(CLAUSE_TEXTS.c.vendor, CLAUSE_TEXTS.c.policy)
        rows = session.execute(query.where(CLAUSE_TEXTS.c.id.in_(ids[begin : begin + _IDS_AT_ONCE])))
        policies |= {PolicyKey(*row) for row in set(map(tuple, rows))}
    return policies


def _endings(session: Session, found: Iterable[FoundClause]) -> dict[int, Ending]:
    every = list(found)
    states = _states(session, {clause.key for clause in every})
    ended: list[tuple[FoundClause, _State, int]] = []
    result: dict[int, Ending] = {}
    for clause in every:
        state = states.get(clause.key)
        gone = clause.spans[-1][1]
        if state is None:
            continue
        index = len(state.periods) if gone is None else state.index(gone)
        if not index:  # the policy's captures have changed since it was found
            continue
        fate: Fate = "there" if gone is None else "unknown"
        result[clause.id] = Ending(fate, _last_shown(session, state, index - 1))
        if gone is not None:
            ended.append((clause, state, index))
    checksums = _checksums(session, ended)
    pairs = {
        clause.id: (checksums.get(state.texts[index - 1]), checksums.get(state.texts[index]))
        for clause, state, index in ended
    }
    steps = _steps(session, [pair for pair in pairs.values() if None not in pair])
    read: dict[str, Document | None] = {}
    for clause, state, index in ended:
        old, step = pairs[clause.id][0], steps.get(pairs[clause.id])
        if old is None or step is None:
            continue
        position: int | None = clause.position
        if clause.version_id != state.periods[index - 1][0]:
            if old not in read:
                read[old] = _document(session, old)
            position = _position(read[old], clause.text_key)
        if position is not None:
            result[clause.id] = _ending(step, position, state.periods[index][0], result[clause.id].last)
    return result


def _ending(step: Step, position: int, version_id: str, last: datetime) -> Ending:
    after = clauses_after(step, position)
    return Ending("reworded", last, version_id, after[0]) if after else Ending("gone", last)


class _State:
    """The state of a policy from which the index was made. The columns are those of `IndexedPolicyRow`."""

    def __init__(self, row: Any) -> None:
        self.key = PolicyKey(row.vendor, row.policy)
        self.reader: str = row.reader
        self.periods: Sequence[tuple[str, str, int]] = row.periods

    @cached_property
    def texts(self) -> list[tuple[int, str]]:
        """The reading, by its primary key, that gives the text of each period."""
        return [(capture_id, self.reader) for _, _, capture_id in self.periods]

    @cached_property
    def begins(self) -> list[datetime]:
        """When each period begins."""
        return [datetime.fromisoformat(begin) for _, begin, _ in self.periods]

    def index(self, begin: datetime) -> int | None:
        """Returns the index of the period that begins at a time; None if no period does."""
        return self.begins.index(begin) if begin in self.begins else None


def _states(session: Session, keys: Iterable[PolicyKey]) -> dict[PolicyKey, _State]:
    """Returns the states of policies, in alphabetical order. Those whose rows can't be relied on are left out."""
    states: dict[PolicyKey, _State] = {}
    every = sorted(keys)
    for begin in range(0, len(every), _AT_ONCE):
        are_named = (
            and_(INDEXED_POLICIES.c.vendor == key.vendor, INDEXED_POLICIES.c.policy == key.policy)
            for key in every[begin : begin + _AT_ONCE]
        )
        rows = session.execute(select(INDEXED_POLICIES).where(or_(*are_named))).all()
        states |= {state.key: state for state in map(_State, rows) if state.periods}
    return dict(sorted(states.items()))


def _first_states(session: Session, vendor: str | None, policy: str | None) -> dict[PolicyKey, _State]:
    """Returns the states of the first policies in alphabetical order: one more than are looked at."""
    table = INDEXED_POLICIES.c
    query = select(INDEXED_POLICIES).order_by(table.vendor, table.policy).limit(_MOST_POLICIES + 1)
    if vendor is not None:
        query = query.where(table.vendor == vendor)
    if policy is not None:
        query = query.where(table.policy == policy)
    states = map(_State, session.execute(query).all())
    return {state.key: state for state in states if state.periods}


def _covered(session: Session, vendor: str, policy: str | None) -> Span | None:
    states = _first_states(session, vendor, policy).values()
    if not states:
        return None
    last = (_last_shown(session, state, len(state.periods) - 1) for state in states)
    return Span(min(state.begins[0] for state in states), max(last))


def _mentions_of(
    session: Session, clauses: Iterable[FoundSpans], states: Mapping[PolicyKey, _State]
) -> tuple[PolicyMentions, ...]:
    by_policy: dict[PolicyKey, list[FoundSpans]] = {}
    for clause in clauses:
        by_policy.setdefault(clause.key, []).append(clause)
    found = []
    texts: list[tuple[int, str]] = []
    for key, state in states.items():
        spans = merged(span for some in by_policy.get(key, ()) for span in some.spans)
        if not spans:
            continue
        first, gone = state.index(spans[0][0]), spans[-1][1]
        after = len(state.periods) if gone is None else state.index(gone)
        if first is None or not after:  # no period begins there: the policy's captures have changed since
            continue
        found.append((state, spans, first, after))
        texts += [state.texts[-1], state.texts[after - 1]]
    languages = _languages(session, texts)
    return tuple(
        PolicyMentions(
            state.key,
            sum(some.clauses for some in by_policy[state.key]),
            spans,
            _last_shown(session, state, first - 1) if first else None,
            _last_shown(session, state, after - 1),
            languages.get(state.texts[-1]),
            languages.get(state.texts[after - 1]),
        )
        for state, spans, first, after in found
    )


def _last_shown_query() -> Select[Any]:
    return (
        select(CaptureRow.captured_at)
        .join(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == bindparam("reader")))
        .where(CaptureRow.vendor == bindparam("vendor"), CaptureRow.policy == bindparam("policy"))
        .where(CaptureRow.captured_at >= bindparam("begin"), CaptureRow.captured_at < bindparam("end"))
        .where(ReadingRow.version_id == bindparam("version_id"))
        .order_by(CaptureRow.captured_at.desc())
        .limit(1)
    )


# Built once, because to build it takes longer than to execute it.
_LAST_SHOWN = _last_shown_query()


def _last_shown(session: Session, state: _State, index: int) -> datetime:
    """Returns the time of the last capture that shows the text of a period, up to the next period."""
    begin, is_last = state.begins[index], index == len(state.periods) - 1
    values = {
        "vendor": state.key.vendor,
        "policy": state.key.policy,
        "reader": state.reader,
        "version_id": state.periods[index][0],
        "begin": begin,
        "end": _END_OF_TIME if is_last else state.begins[index + 1],
    }
    shown: datetime | None = session.connection().execute(_LAST_SHOWN, values).scalar()
    return shown or begin


def _languages(session: Session, texts: Iterable[tuple[int, str]]) -> dict[tuple[int, str], str | None]:
    """Returns the language of each reading. texts: the readings by their primary keys."""
    query = select(ReadingRow.capture_id, ReadingRow.reader, ReadingRow.language)
    rows = session.execute(query.where(ReadingRow.capture_id.in_({capture_id for capture_id, _ in texts})))
    return {(capture_id, reader): language for capture_id, reader, language in rows}


def _checksums(session: Session, ended: Iterable[tuple[FoundClause, _State, int]]) -> dict[tuple[int, str], str]:
    """Returns the checksum of the text before and after each wording's end, by the primary key of the reading."""
    wanted = {state.texts[at] for _, state, index in ended for at in (index - 1, index)}
    query = select(ReadingRow.capture_id, ReadingRow.reader, ReadingRow.document_sha256)
    rows = session.execute(query.where(ReadingRow.capture_id.in_({capture_id for capture_id, _ in wanted})))
    return {(capture_id, reader): sha256 for capture_id, reader, sha256 in rows if sha256 is not None}


def _steps(session: Session, pairs: Iterable[tuple[str | None, str | None]]) -> dict[tuple[Any, Any], Step]:
    """Returns the steps that are stored, by the checksums of both texts."""
    wanted = set(pairs)
    query = select(StepRow.old_sha256, StepRow.new_sha256, StepRow.checksum, StepRow.data).where(
        StepRow.new_sha256.in_({new for _, new in wanted}),
        StepRow.old_sha256.in_({old for old, _ in wanted}),
        is_current(StepRow),
    )
    steps: dict[tuple[Any, Any], Step] = {}
    for old, new, checksum, data in session.execute(query):
        if (old, new) in wanted and data and (step := restored(data, checksum)):
            steps[old, new] = step
    return steps


def _document(session: Session, sha256: str) -> Document | None:
    try:
        return documents.get(session, sha256)
    except StorageError:  # `verify` reports it
        return None


def _position(document: Document | None, key: str) -> int | None:
    clauses = document.clauses if document else ()
    return next((clause.position for clause in clauses if text_key(clause.text) == key), None)
