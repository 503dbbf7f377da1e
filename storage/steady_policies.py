"""Recognizes the policies of which only further captures of the same text arrived, without loading their histories.

This is what nearly every capture is. So it must take much less time than to read the capture. The index of clauses is
brought up to date for these policies with a note, and digests skip them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, func, select, tuple_, update
from sqlalchemy.orm import Session

from core.history import SettledHistory
from core.policies import PolicyKey
from storage.records import SteadyPolicy
from storage.tables.models import CaptureRow, CountRow, PolicyRow, ReadingRow
from storage.tables.search_models import INDEXED_POLICIES
from storage.verdicts import REASONS_BY_TEXT, JudgedCapture

# How many policies one query names.
_AT_ONCE = 500
_INDEXED = INDEXED_POLICIES.c
# The queries are built once, because to build them takes longer than to execute them.
_IS_NAMED = tuple_(PolicyRow.vendor, PolicyRow.policy).in_(bindparam("keys", expanding=True))
_STATE = (
    select(
        PolicyRow.vendor,
        PolicyRow.policy,
        PolicyRow.revision,
        PolicyRow.reader,
        PolicyRow.fault,
        CountRow.captures,
        CountRow.reviews,
        _INDEXED.rules.label("indexed_rules"),
        _INDEXED.revision.label("indexed_revision"),
        _INDEXED.reader.label("indexed_reader"),
        _INDEXED.captures.label("indexed_captures"),
        _INDEXED.periods,
        _INDEXED.newest,
        _INDEXED.steady_version,
        _INDEXED.steady_language,
    )
    .join(CountRow, and_(CountRow.vendor == PolicyRow.vendor, CountRow.policy == PolicyRow.policy))
    .join(INDEXED_POLICIES, and_(_INDEXED.vendor == PolicyRow.vendor, _INDEXED.policy == PolicyRow.policy))
    .where(_IS_NAMED)
)
_IS_LATER = CaptureRow.captured_at > _INDEXED.newest
_SHOWN = case((ReadingRow.verdict == "accepted", func.coalesce(ReadingRow.version_id, "")), else_="")
_LANGUAGE = func.coalesce(ReadingRow.language, "")
_SINCE = (
    select(
        _INDEXED.vendor,
        _INDEXED.policy,
        func.sum(case((_IS_LATER, 1), else_=0)),
        func.max(CaptureRow.captured_at),
        func.min(case((_IS_LATER, _SHOWN))),
        func.max(case((_IS_LATER, _SHOWN))),
        func.min(case((_IS_LATER, _LANGUAGE))),
        func.max(case((_IS_LATER, _LANGUAGE))),
        func.min(_SHOWN),
        func.max(_SHOWN),
    )
    .select_from(INDEXED_POLICIES)
    .join(PolicyRow, and_(PolicyRow.vendor == _INDEXED.vendor, PolicyRow.policy == _INDEXED.policy))
    .join(
        CaptureRow,
        and_(
            CaptureRow.vendor == _INDEXED.vendor,
            CaptureRow.policy == _INDEXED.policy,
            CaptureRow.captured_at >= _INDEXED.newest,
        ),
    )
    .outerjoin(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
    .where(_IS_NAMED)
    .group_by(_INDEXED.vendor, _INDEXED.policy)
)
_NOTE = (
    update(INDEXED_POLICIES)
    .where(_INDEXED.vendor == bindparam("of_vendor"), _INDEXED.policy == bindparam("of_policy"))
    .where(_INDEXED.revision == bindparam("from_revision"))
)


class _Since(NamedTuple):
    """What the captures of a policy show since the state in `indexed_policies`.

    captures: the number of captures that are later than the newest of the state. newest: the time of the newest of all.
    least, greatest, least_language, greatest_language: the least and the greatest version and language that the later
    captures show; None if there is no later capture. A capture that isn't accepted shows the version ''.
    least_at_end, greatest_at_end: the same of the versions, of the newest captures of the state, too.
    """

    captures: int
    newest: datetime
    least: str | None
    greatest: str | None
    least_language: str | None
    greatest_language: str | None
    least_at_end: str
    greatest_at_end: str

    def shows_only(self, version: str, language: str) -> bool:
        """Returns whether all later captures show a version in a language. Also True if there is no later capture."""
        return self.captures == 0 or (
            self.least == self.greatest == version and self.least_language == self.greatest_language == language
        )


def is_steady(judged: Collection[JudgedCapture], settled: SettledHistory) -> bool:
    """Returns whether captures that show the newest version again can change nothing.

    They could confirm a period, end a hold, and decide on a quarantined capture whose text is compared with accepted
    captures (`storage.verdicts`). judged: all captures of a policy. settled: the policy's history.
    """
    return (
        bool(settled.history.periods)
        and not settled.pending
        and not settled.held
        and not any(
            capture.verdict.reason == "other_language"
            or (capture.verdict.reason in REASONS_BY_TEXT and (capture.status is None or 200 <= capture.status < 300))
            for capture in judged
        )
    )


def needed_notes(session: Session, keys: Iterable[PolicyKey], rules: str) -> dict[PolicyKey, dict[str, Any] | None]:
    """Returns the policies whose index is up to date, or would be with a note for `write_notes`.

    The value of each policy is the note; None if none is needed.
    """
    notes: dict[PolicyKey, dict[str, Any] | None] = {}
    for key, state, since in _states(session, keys, rules):
        if state.indexed_revision == state.revision:
            notes[key] = None
        elif since is not None and _is_steady_still(state, since):
            notes[key] = {
                "of_vendor": key.vendor,
                "of_policy": key.policy,
                "from_revision": state.indexed_revision,
                "revision": state.revision,
                "captures": state.captures,
                "newest": since.newest,
            }
    return notes


def write_notes(session: Session, notes: Iterable[dict[str, Any] | None]) -> None:
    """Notes that the index of policies is up to date, unless another process has changed it since.

    notes: the values that `needed_notes` returned.
    """
    needed = [note for note in notes if note is not None]
    if needed:
        session.connection().execute(_NOTE, needed)


def steady(session: Session, keys: Iterable[PolicyKey], rules: str, now: datetime) -> dict[PolicyKey, SteadyPolicy]:
    """Returns those of the given policies of which it is certain, without loading their histories, what stands.

    Nothing in the history of such a policy is held, pending or doubtful, it has no review, no fault, and no capture
    later than the present time, and the newest capture shows the text that stands.

    now: the present time.
    """
    found: dict[PolicyKey, SteadyPolicy] = {}
    for key, state, since in _states(session, keys, rules):
        if (
            since is not None
            and state.fault is None
            and _is_steady_still(state, since)
            and since.least_at_end == since.greatest_at_end == state.steady_version
            and since.newest <= now
        ):
            try:
                found[key] = SteadyPolicy(since.newest, _changed_at(state.periods, state.steady_version))
            except (IndexError, TypeError, ValueError):  # the row was altered
                continue
    return found


def _is_steady_still(state: Any, since: _Since) -> bool:
    """Returns whether a policy was steady in the state in `indexed_policies`, and nothing has happened since.

    Each revision since must be that of a later capture: a capture that was read again raises the revision, too.
    """
    return (
        state.reviews == 0
        and state.steady_version is not None
        and state.indexed_reader == state.reader
        and state.indexed_captures + since.captures == state.captures
        and 0 <= state.indexed_revision <= state.revision <= state.indexed_revision + since.captures
        and since.shows_only(state.steady_version, state.steady_language)
    )


def _changed_at(periods: Sequence[Sequence[Any]], version: str) -> datetime | None:
    """Returns when the last of the periods in `indexed_policies` begins; None if it is the only one.

    ValueError if it doesn't show the given version.
    """
    last_version, begin, _ = periods[-1]
    if last_version != version:
        raise ValueError(last_version)
    return datetime.fromisoformat(begin) if len(periods) > 1 else None


def _states(session: Session, keys: Iterable[PolicyKey], rules: str) -> Iterator[tuple[PolicyKey, Any, _Since | None]]:
    """Yields the policies that were indexed by the given rules: each with its states, and what it shows since.

    The latter is None if the index had no capture of the policy.
    """
    every = sorted(set(keys))
    for begin in range(0, len(every), _AT_ONCE):
        some = [tuple(key) for key in every[begin : begin + _AT_ONCE]]
        connection = session.connection()
        since = {
            PolicyKey(vendor, policy): _Since(*values)
            for vendor, policy, *values in connection.execute(_SINCE, {"keys": some})
        }
        for state in connection.execute(_STATE, {"keys": some}):
            key = PolicyKey(state.vendor, state.policy)
            if state.indexed_rules == rules:
                yield key, state, since.get(key)
