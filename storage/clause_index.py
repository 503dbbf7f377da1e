"""Keeps the index of all clauses up to date, which the search reads (`storage.clause_search`).

The index of a policy follows from the periods that stand, and from the documents of their versions. Every transaction
that may change them raises the policy's revision (`storage.policies`), so an index with another revision is out of
date. It is then brought up to date by writing the difference.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, and_, case, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from core.clauses import Clause
from core.exceptions import StorageError
from core.history import SettledHistory, Version
from core.policies import PolicyKey
from core.search_words import LEFT_OUT, WORDS, index_words, scope_words
from diffing.clause_spans import clauses_by_text, held_texts
from storage import documents
from storage.clause_search import ClauseSearch, FoundClause, found_clauses, id_of
from storage.database import Database
from storage.histories import history_of, settled_in
from storage.records import SteadyPolicy
from storage.steady_policies import is_steady, needed_notes, steady, write_notes
from storage.tables.models import CaptureRow, CountRow, PolicyRow, ReadingRow
from storage.tables.search_models import CLAUSE_TEXTS, INDEXED_POLICIES
from storage.verdicts import judged_captures

# The number of the rules by which the index follows from documents and periods. If you change these rules, raise it.
_RULES = 2
# How many rows one transaction writes at most, how many rows one statement names, and how often an update is tried
# while other processes change the same policy.
_ROWS_AT_ONCE = 5_000
_AT_ONCE = 500
_ATTEMPTS = 5
# The columns of a state that is out of date, whose rows can't be relied on. No policy has this revision.
_NOT_RELIABLE: dict[str, Any] = {"revision": -1, "periods": [], "steady_version": None, "steady_language": None}

_T = TypeVar("_T")

_INDEXED = INDEXED_POLICIES.c
_IS_INDEXED = and_(_INDEXED.vendor == PolicyRow.vendor, _INDEXED.policy == PolicyRow.policy)
_CONTENT = ("kind", "label", "heading_path", "text", "version_id", "position", "appeared_at")


@dataclass(frozen=True, slots=True)
class _Update:
    """What has to be written to bring the index of a policy up to date.

    policy: the policy's revision and policy reader from which this follows.
    seen: the columns of the index's state from which this follows; None if it has none. state: its new columns.
    removed: the ids of rows to delete. added: rows to insert, without an id. changed: the new columns of rows by id.
    """

    policy: tuple[int, str | None]
    seen: Mapping[str, Any] | None
    state: dict[str, Any]
    removed: list[int] = field(default_factory=list)
    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


class ClauseIndex:
    """The index of the clauses of all policies. Every method raises StorageError if a database operation fails."""

    def __init__(self, database: Database, hold: timedelta) -> None:
        self._database = database
        self._hold = hold
        self._rules = f"{_RULES}, words {WORDS}, hold {hold.total_seconds():.0f} s"

    def outdated(self) -> list[PolicyKey]:
        """Returns the policies whose index is out of date, in alphabetical order."""
        query = (
            select(PolicyRow.vendor, PolicyRow.policy)
            .outerjoin(INDEXED_POLICIES, _IS_INDEXED)
            .where(
                PolicyRow.reader.is_not(None),
                or_(
                    _INDEXED.vendor.is_(None),
                    _INDEXED.revision != PolicyRow.revision,
                    _INDEXED.rules != self._rules,
                ),
            )
        )
        with self._database.read_session() as session:
            return sorted(PolicyKey(*row) for row in session.execute(query))

    def refresh(
        self, keys: Iterable[PolicyKey], progress: Callable[[int, int], None] = lambda done, total: None
    ) -> None:
        """Brings the index of policies up to date.

        If the process is killed, the next call completes the work. A version whose text is damaged is left out, and the
        policy stays out of date; `verify` reports the damage.

        progress: called after each policy with the number of finished policies and the total number of policies.
        """
        every = sorted(set(keys))
        steady = {key for some in _portions(every) for key in self._refresh_steady(some)}
        remaining = [key for key in every if key not in steady]
        for done, key in enumerate(remaining, start=len(steady) + 1):
            for _ in range(_ATTEMPTS):  # another process may change the policy or its index at the same time
                if self._refresh_once(key):
                    break
            progress(done, len(every))

    def find(self, search: ClauseSearch) -> list[FoundClause]:
        """Returns the clauses that match a search, the newest first."""
        with self._database.read_session() as session:
            return found_clauses(session, search)

    def steady(self, keys: Iterable[PolicyKey], now: datetime) -> dict[PolicyKey, SteadyPolicy]:
        """Returns those of the given policies of which it is certain, without their histories, what stands.

        See `storage.steady_policies.steady`. now: the present time.
        """
        with self._database.snapshot() as session:
            return steady(session, keys, self._rules, now)

    def _refresh_steady(self, keys: Iterable[PolicyKey]) -> Collection[PolicyKey]:
        """Brings the index of the policies up to date whose text has not changed, and returns these policies."""
        with self._database.snapshot() as session:
            notes = needed_notes(session, keys, self._rules)
        if any(notes.values()):
            with self._database.write_session(durable=False) as session:
                write_notes(session, notes.values())
        return notes.keys()

    def _refresh_once(self, key: PolicyKey) -> bool:
        """Brings the index of a policy up to date. Returns whether this is done, also if there was nothing to do."""
        with self._database.snapshot() as session:
            needed = _needed_update(session, key, self._rules, self._hold)
        if needed is None:
            return True
        return all(self._write(key, portion) for portion in _portions_of(needed))

    def _write(self, key: PolicyKey, portion: _Update) -> bool:
        """Writes an update. Returns False, and writes nothing, if the policy or its index has changed since."""
        with self._database.write_session(durable=False) as session:
            is_current = _policy_state(session, key) == portion.policy and _state(session, key) == portion.seen
            if is_current:
                _apply(session, key, portion)
            return is_current


def _portions_of(needed: _Update) -> Iterator[_Update]:
    """Yields an update in portions that are not too large for one transaction.

    Until the last of them is written, the state says that no row can be relied on.
    """
    removed, added, seen = needed.removed, needed.added, needed.seen
    while len(removed) + len(added) > _ROWS_AT_ONCE:
        room = _ROWS_AT_ONCE - len(removed[:_ROWS_AT_ONCE])
        state = needed.state | _NOT_RELIABLE
        yield _Update(needed.policy, seen, state, removed[:_ROWS_AT_ONCE], added[:room])
        removed, added, seen = removed[_ROWS_AT_ONCE:], added[room:], state
    yield _Update(needed.policy, seen, needed.state, removed, added, needed.changed)


def remove(session: Session, key: PolicyKey) -> None:
    """Deletes the index of a policy."""
    for table in (CLAUSE_TEXTS, INDEXED_POLICIES):
        session.execute(delete(table).where(_is_of(table, key)))


def _is_of(table: Table, key: PolicyKey) -> ColumnElement[bool]:
    return and_(table.c.vendor == key.vendor, table.c.policy == key.policy)


def _state(session: Session, key: PolicyKey) -> dict[str, Any] | None:
    row = session.execute(select(INDEXED_POLICIES).where(_is_of(INDEXED_POLICIES, key))).one_or_none()
    if row is None:
        return None
    state = dict(row._mapping)
    del state["vendor"], state["policy"]
    return state


def _policy_state(session: Session, key: PolicyKey) -> tuple[int, str | None] | None:
    """Returns the revision of a policy, and the policy reader in force; None if the policy has no captures."""
    query = select(PolicyRow.revision, PolicyRow.reader)
    row = session.execute(query.where(PolicyRow.vendor == key.vendor, PolicyRow.policy == key.policy)).one_or_none()
    return None if row is None else (row.revision, row.reader)


def _needed_update(session: Session, key: PolicyKey, rules: str, hold: timedelta) -> _Update | None:
    """Returns what has to be written to bring the index of a policy up to date; None if it is."""
    state, present = _state(session, key), _policy_state(session, key)
    if present is None:
        return None
    revision, reader = present
    if reader is None or (state is not None and (state["rules"], state["revision"]) == (rules, revision)):
        return None
    is_reliable = state is not None and (state["rules"], state["reader"]) == (rules, reader)
    counted = session.get(CountRow, key)
    captures, reviews = (counted.captures, counted.reviews) if counted else (0, 0)
    judged = judged_captures(session, key)
    settled = settled_in(session, history_of(judged), hold)
    may_be_steady = reviews == 0 and captures == len(judged) and is_steady(judged, settled)
    language = _only_language(session, key, reader) if may_be_steady else None
    new_periods = _periods(settled)
    new_state: dict[str, Any] = {
        "rules": rules,
        "revision": revision,
        "reader": reader,
        "periods": new_periods,
        "captures": captures,
        "newest": max((capture.captured_at for capture in judged), default=None),
        "steady_version": settled.history.periods[-1].version_id if language is not None else None,
        "steady_language": language,
    }
    old_periods = state["periods"] if state is not None and is_reliable else []
    if old_periods and old_periods == new_periods:
        return _Update(present, state, new_state)
    wanted, rows, is_complete = _wanted_rows(session, key, settled, old_periods, new_periods)
    if not is_complete:
        new_state |= _NOT_RELIABLE
    update_without_rows = _Update(present, state, new_state)
    return _difference(update_without_rows, rows, wanted, is_same_words=state is None or state["rules"] == rules)


def _only_language(session: Session, key: PolicyKey, reader: str) -> str | None:
    """Returns the language of a policy's accepted captures, '' if it is not certain; None if there are several.

    None also if a reading doesn't last (`storage.unread.is_settled`): it may be made again, without a further capture.
    """
    language = case((ReadingRow.verdict == "accepted", func.coalesce(ReadingRow.language, "")))
    query = (
        select(language, ReadingRow.extractor == "")
        .join(CaptureRow, CaptureRow.id == ReadingRow.capture_id)
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
        .where(ReadingRow.reader == reader)
        .distinct()
    )
    rows = session.execute(query).all()
    languages = [language for language, _ in rows if language is not None]
    return languages[0] if len(languages) == 1 and not any(is_unsettled for _, is_unsettled in rows) else None


def _periods(settled: SettledHistory) -> list[list[Any]]:
    firsts = {version.id: version.first.capture_id for version in settled.history.versions}
    return [
        [period.version_id, _written(period.first.captured_at), firsts[period.version_id]]
        for period in settled.history.periods
    ]


def _wanted_rows(
    session: Session,
    key: PolicyKey,
    settled: SettledHistory,
    old_periods: Sequence[Sequence[Any]],
    new_periods: Sequence[Sequence[Any]],
) -> tuple[dict[str, dict[str, Any]], list[Any], bool]:
    """Returns the rows that a policy should have, by text; those that it has; and whether no text was damaged.

    old_periods: the periods from which the present rows were made; empty if they can't be relied on. Only the documents
    of versions that they don't have, or that the columns of a row come from, are read.
    """
    columns = [column for column in CLAUSE_TEXTS.c if column.name != "words"]
    rows = session.execute(select(*columns).where(_is_of(CLAUSE_TEXTS, key))).all()
    present = {row.text_key: row for row in rows}
    versions = {version.id: version for version in settled.history.versions}
    times = Counter(begin for _, begin, _ in old_periods)
    known = {
        version_id: begin
        for version_id, begin, first in old_periods
        if times[begin] == 1 and version_id in versions and versions[version_id].first.capture_id == first
    }
    read: dict[str, dict[str, Clause] | None] = {}

    def clauses_of(version_id: str) -> dict[str, Clause] | None:
        if version_id not in read:
            read[version_id] = _clauses(session, versions[version_id])
        return read[version_id]

    key_sets: dict[str, Set[str] | None] = {}
    for version_id in {version_id for version_id, _, _ in new_periods}:
        if version_id in known:
            at = known[version_id]
            key_sets[version_id] = {row.text_key for row in rows if _holds_at(row.spans, at)}
        else:
            clauses = clauses_of(version_id)
            key_sets[version_id] = None if clauses is None else clauses.keys()
    timeline = [
        (period.version_id, period.first.captured_at, keys)
        for period in settled.history.periods
        if (keys := key_sets[period.version_id]) is not None
    ]
    wanted: dict[str, dict[str, Any]] = {}
    is_complete = all(keys is not None for keys in key_sets.values())
    for name, held in held_texts(timeline).items():
        row = present.get(name)
        spans = [[_written(begin), None if gone is None else _written(gone)] for begin, gone in held.spans]
        changing = {"appeared_at": held.spans[0][0], "gone_at": held.spans[-1][1], "spans": spans}
        if row is not None and row.version_id == held.version_id and held.version_id in known:
            wanted[name] = dict(row._mapping) | changing
            continue
        clause = (clauses_of(held.version_id) or {}).get(name)
        if clause is None:
            is_complete = False
            continue
        wanted[name] = {
            "vendor": key.vendor,
            "policy": key.policy,
            "text_key": name,
            "kind": clause.kind,
            "label": clause.label,
            "heading_path": list(clause.heading_path),
            "text": clause.text,
            "version_id": held.version_id,
            "position": clause.position,
            **changing,
        }
    return wanted, list(rows), is_complete


def _holds_at(spans: Sequence[Sequence[str | None]], moment: str) -> bool:
    return any(begin is not None and begin <= moment and (gone is None or moment < gone) for begin, gone in spans)


def _clauses(session: Session, version: Version) -> dict[str, Clause] | None:
    """Returns the clauses of a version by text; None if its document is damaged or missing."""
    reading = session.get(ReadingRow, (version.first.capture_id, version.first.reader))
    if reading is None or reading.document_sha256 is None:
        return None
    try:
        return clauses_by_text(documents.get(session, reading.document_sha256))
    except StorageError:
        return None


def _difference(
    needed: _Update,
    rows: Sequence[Any],
    wanted: Mapping[str, dict[str, Any]],
    is_same_words: bool,
) -> _Update:
    """Returns an update with what turns the present rows into the wanted ones.

    needed: the update without rows.
    is_same_words: whether the words of the present rows were made by the present rules.
    """
    missing = dict(wanted)
    for row in rows:
        values = wanted.get(row.text_key)
        if values is None or not is_same_words or any(values[name] != getattr(row, name) for name in _CONTENT):
            needed.removed.append(row.id)
            continue
        del missing[row.text_key]
        if list(map(list, row.spans)) != values["spans"] or row.gone_at != values["gone_at"]:
            needed.changed.append((row.id, {"gone_at": values["gone_at"], "spans": values["spans"]}))
    needed.added.extend(missing.values())
    return needed


def _apply(session: Session, key: PolicyKey, portion: _Update) -> None:
    connection = session.connection()
    for some_ids in _portions(portion.removed):
        connection.execute(delete(CLAUSE_TEXTS).where(CLAUSE_TEXTS.c.id.in_(some_ids)))
    for row_id, values in portion.changed:
        connection.execute(update(CLAUSE_TEXTS).where(CLAUSE_TEXTS.c.id == row_id), values)
    scope = [LEFT_OUT, *scope_words(key.vendor, key.policy)]
    for rows in _portions(portion.added):
        ids = _free_ids(session, [id_of(key, row["appeared_at"], row["position"]) for row in rows])
        connection.execute(
            insert(CLAUSE_TEXTS),
            [
                row | {"id": row_id, "words": index_words(row["text"]) + scope}
                for row, row_id in zip(rows, ids, strict=True)
            ],
        )
    connection.execute(delete(INDEXED_POLICIES).where(_is_of(INDEXED_POLICIES, key)))
    connection.execute(insert(INDEXED_POLICIES), {"vendor": key.vendor, "policy": key.policy, **portion.state})


def _free_ids(session: Session, ids: Sequence[int]) -> list[int]:
    """Returns ids that no row has yet: the given ones, or the next lower ones."""
    result = list(ids)
    taken: set[int] = set()
    while True:
        taken |= set(session.scalars(select(CLAUSE_TEXTS.c.id).where(CLAUSE_TEXTS.c.id.in_(result))))
        used: set[int] = set()
        is_changed = False
        for index, row_id in enumerate(result):
            while row_id in taken or row_id in used:
                row_id -= 1
                is_changed = True
            result[index] = row_id
            used.add(row_id)
        if not is_changed:
            return result


def _portions(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for begin in range(0, len(items), _AT_ONCE):
        yield items[begin : begin + _AT_ONCE]


def _written(moment: datetime) -> str:
    """Returns a time as text that sorts like the time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
