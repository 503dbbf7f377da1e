"""Brings the index of clauses up to date for the policies of which only further captures of the same text arrived.

This is what nearly every capture is. So it must take much less time than to read the capture: no history is loaded.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from core.history import SettledHistory
from core.policies import PolicyKey
from storage.tables.models import CaptureRow, CountRow, PolicyRow, ReadingRow
from storage.tables.search_models import INDEXED_POLICIES
from storage.verdicts import REASONS_BY_TEXT, JudgedCapture

_INDEXED = INDEXED_POLICIES.c
_STATE = (
    select(
        PolicyRow.revision,
        PolicyRow.reader,
        CountRow.captures,
        CountRow.reviews,
        _INDEXED.rules.label("indexed_rules"),
        _INDEXED.revision.label("indexed_revision"),
        _INDEXED.reader.label("indexed_reader"),
        _INDEXED.captures.label("indexed_captures"),
        _INDEXED.newest,
        _INDEXED.steady_version,
        _INDEXED.steady_language,
    )
    .join(CountRow, and_(CountRow.vendor == PolicyRow.vendor, CountRow.policy == PolicyRow.policy))
    .join(INDEXED_POLICIES, and_(_INDEXED.vendor == PolicyRow.vendor, _INDEXED.policy == PolicyRow.policy))
    .where(PolicyRow.vendor == bindparam("vendor"), PolicyRow.policy == bindparam("policy"))
)
_SHOWN = case((ReadingRow.verdict == "accepted", func.coalesce(ReadingRow.version_id, "")), else_="")
_LANGUAGE = func.coalesce(ReadingRow.language, "")
_SINCE = (
    select(
        func.count(),
        func.min(_SHOWN),
        func.max(_SHOWN),
        func.min(_LANGUAGE),
        func.max(_LANGUAGE),
        func.max(CaptureRow.captured_at),
    )
    .select_from(CaptureRow)
    .outerjoin(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == bindparam("reader")))
    .where(CaptureRow.vendor == bindparam("vendor"), CaptureRow.policy == bindparam("policy"))
    .where(CaptureRow.captured_at > bindparam("newest", type_=_INDEXED.newest.type))
)
_NOTE = (
    update(INDEXED_POLICIES)
    .where(_INDEXED.vendor == bindparam("of_vendor"), _INDEXED.policy == bindparam("of_policy"))
    .where(_INDEXED.revision == bindparam("from_revision"))
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
    for key in keys:
        state = session.execute(_STATE, key._asdict()).one_or_none()
        if state is None or state.indexed_rules != rules:
            continue
        if state.indexed_revision == state.revision:
            notes[key] = None
        elif state.reviews == 0 and state.steady_version is not None and state.indexed_reader == state.reader:
            newest = _newest(session, key, state)
            if newest is not None:
                notes[key] = {
                    "of_vendor": key.vendor,
                    "of_policy": key.policy,
                    "from_revision": state.indexed_revision,
                    "revision": state.revision,
                    "captures": state.captures,
                    "newest": newest,
                }
    return notes


def write_notes(session: Session, notes: Iterable[dict[str, Any] | None]) -> None:
    """Notes that the index of policies is up to date, unless another process has changed it since.

    notes: the values that `needed_notes` returned.
    """
    needed = [note for note in notes if note is not None]
    if needed:
        session.connection().execute(_NOTE, needed)


def _newest(session: Session, key: PolicyKey, state: Any) -> datetime | None:
    """Returns the time of a policy's newest capture, if all captures since the state show the steady version.

    None if they don't, or if an older capture was stored since.
    """
    values = {**key._asdict(), "reader": state.reader, "newest": state.newest}
    count, least, greatest, least_language, greatest_language, newest = session.execute(_SINCE, values).one()
    if state.indexed_captures + count != state.captures:
        return None
    moment: datetime | None = newest if count else state.newest
    if count and not (
        least == greatest == state.steady_version and least_language == greatest_language == state.steady_language
    ):
        return None
    return moment
