"""Computes the standing of each policy: a summary of the policy's captures, for the operator.

Most of a standing follows from the readings of the policy's captures. This part is derived once, and kept in the table
`standings` with the policy's revision (`storage.tables.models.PolicyRow`). Every transaction that may change the
policy's history raises the revision, whether it stores a capture's reading, a review or another policy reader; so a row
with another revision is out of date, and is derived again.

To derive a standing, the database counts the captures in groups, and no single capture is loaded. The verdict on a
capture may also depend on reviews and on the policy's other captures. For the policies where this is possible, and for
the policies that may have a hold, this module loads the captures.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import Session

from core.captures import Reason, VerdictName
from core.exceptions import DamageError, StorageError
from core.history import Observation
from core.policies import PolicyKey
from diffing.timeline import hold_is_possible
from storage import documents
from storage.database import insert
from storage.histories import history_of, settled_in
from storage.records import Standing
from storage.tables.models import CaptureRow, PolicyRow, ReadingRow, ReviewRow, StandingRow
from storage.verdicts import MAY_BE_ACCEPTED_BY_TEXT, JudgedCapture, judged_captures

# The number of the rules by which verdicts and holds follow from readings. If you change these rules, raise it:
# otherwise, the rows in `standings` stay as they are until the policy's next capture.
_RULES = 1
# The length of `Standing.held_text` in characters.
_HELD_TEXT = 200
# How many vendors' captures one query groups.
_VENDORS_AT_ONCE = 500
# The conditions of the joins from a capture to its policy, and to its reading by the policy reader in force.
_ROW_OF_POLICY = and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy)
_READING_IN_FORCE = and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader)


@dataclass(frozen=True, slots=True)
class _Group:
    """Captures of a policy that have been read, with the same verdict, reason, version and language.

    version_id: the version that the captures show; None if they are quarantined.
    captures: the number of captures in the group.
    first, last: the earliest and the latest `captured_at` in the group.
    doubtful: the number of captures that the policy's other captures may accept.
    """

    verdict: VerdictName
    reason: Reason | None
    version_id: str | None
    language: str | None
    captures: int
    first: datetime
    last: datetime
    doubtful: int = 0


@dataclass(frozen=True, slots=True)
class _Newest:
    """The verdict on the newest capture that was read. reason: None if that capture is accepted."""

    reason: Reason | None
    evidence: str


class _Derived(NamedTuple):
    """The part of a standing that follows from the readings by the policy reader in force (see `Standing`).

    read_captures: the number of captures that have such a reading.
    """

    read_captures: int
    last_accepted: datetime | None
    last_change: datetime | None
    failing_since: datetime | None
    quarantined: Mapping[Reason, int]
    reason: Reason | None
    evidence: str
    held_since: datetime | None
    held_text: str


_UNREAD = _Derived(0, None, None, None, {}, None, "", None, "")


def standings(
    session: Session, vendors: Collection[str], hold: timedelta
) -> tuple[list[Standing], list[dict[str, Any]]]:
    """Returns the standing of each policy of some vendors, and the rows that were derived for that.

    session: a snapshot. vendors: the slugs of the vendors; empty for all vendors. hold: see `diffing.timeline.settled`.
    The rows have to be passed to `keep`, so that they need not be derived the next time.
    """
    rules = f"{_RULES}, hold {hold.total_seconds():.0f} s"
    counted = select(CaptureRow.vendor, CaptureRow.policy, func.count(), func.max(CaptureRow.captured_at))
    counts = session.execute(
        counted.where(_is_of(CaptureRow, vendors)).group_by(CaptureRow.vendor, CaptureRow.policy)
    ).all()
    state = select(PolicyRow.vendor, PolicyRow.policy, PolicyRow.revision, PolicyRow.fault)
    states = {
        PolicyKey(vendor, policy): (revision, fault)
        for vendor, policy, revision, fault in session.execute(state.where(_is_of(PolicyRow, vendors)))
    }
    derived = _kept(session, vendors, rules)
    new, damaged = _derived_soundly(session, states.keys() - derived.keys(), hold)
    derived |= new
    result = []
    for vendor, policy, captures, last_capture in counts:
        key = PolicyKey(vendor, policy)
        values = derived.get(key, _UNREAD)._asdict()
        unread = captures - values.pop("read_captures")
        _, fault = states.get(key, (0, None))
        result.append(
            Standing(
                vendor=vendor,
                policy=policy,
                captures=captures,
                last_capture=last_capture,
                unread=unread,
                fault=fault or damaged.get(key, ""),
                **values,
            )
        )
    rows = [
        {"vendor": key.vendor, "policy": key.policy, "rules": rules, "revision": states[key][0], **values._asdict()}
        for key, values in new.items()
    ]
    return result, rows


def _derived_soundly(
    session: Session, keys: Collection[PolicyKey], hold: timedelta
) -> tuple[dict[PolicyKey, _Derived], dict[PolicyKey, str]]:
    """Returns what follows from the readings of policies, and the faults of the policies whose rows are damaged."""
    try:
        return dict(_derive(session, keys, hold)), {}
    except DamageError:
        derived: dict[PolicyKey, _Derived] = {}
        faults: dict[PolicyKey, str] = {}
        for key in keys:  # the others must not be lost
            try:
                derived |= dict(_derive(session, {key}, hold))
            except DamageError as error:
                faults[key] = str(error)
        return derived, faults


def keep(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Stores the rows that `standings` has returned. A row may be out of date; the next call then derives it again."""
    statement = insert(session, StandingRow)
    columns = {name: statement.excluded[name] for name in rows[0]}
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=[StandingRow.vendor, StandingRow.policy], set_=columns), rows
    )


def _is_of(
    table: type[CaptureRow] | type[PolicyRow] | type[StandingRow], vendors: Collection[str]
) -> ColumnElement[bool]:
    return table.vendor.in_(vendors) if vendors else true()


def _kept(session: Session, vendors: Collection[str], rules: str) -> dict[PolicyKey, _Derived]:
    """Returns what was derived earlier and still counts, without damaged rows: these are derived again."""
    columns = [getattr(StandingRow, name) for name in _Derived._fields]
    query = (
        select(StandingRow.vendor, StandingRow.policy, *columns)
        .join(PolicyRow, and_(PolicyRow.vendor == StandingRow.vendor, PolicyRow.policy == StandingRow.policy))
        .where(StandingRow.rules == rules, StandingRow.revision == PolicyRow.revision, _is_of(StandingRow, vendors))
    )
    try:
        rows = session.execute(query).all()
    except DamageError:  # it doesn't say which row is damaged
        return {}
    return {
        PolicyKey(vendor, policy): _Derived(*values)
        for vendor, policy, *values in rows
        if isinstance(values[0], int)  # SQLite doesn't enforce column types
    }


def _derive(session: Session, keys: Collection[PolicyKey], hold: timedelta) -> Iterator[tuple[PolicyKey, _Derived]]:
    """Yields the standings of policies, derived from the readings of their captures."""
    vendors = iter(sorted({key.vendor for key in keys}))
    while some := list(islice(vendors, _VENDORS_AT_ONCE)):
        reviewed = _reviewed_policies(session, _is_of(CaptureRow, some))
        for key, groups in _groups(session, _is_of(CaptureRow, some)).items():
            if key not in keys:
                continue
            # The groups contain the verdicts of the readings. The final verdict on a capture may differ from its
            # reading's verdict for three reasons: a review, a language that differs from the policy's other captures,
            # or a text that is mostly in accepted captures.
            captures: Sequence[JudgedCapture] | None = None
            if key in reviewed or _count_languages(groups) > 1 or _may_be_accepted_by_text(groups):
                captures = judged_captures(session, key)
                groups = list(map(_single_capture_group, captures))
            yield key, _derived(session, key, groups, captures, hold)


def _groups(session: Session, condition: ColumnElement[bool]) -> dict[PolicyKey, list[_Group]]:
    """Returns the captures that were read and meet a condition, in groups, by policy.

    Each group has the verdict of its readings.
    """
    accepted = case((ReadingRow.verdict == "accepted", ReadingRow.version_id))
    grouping = (
        CaptureRow.vendor,
        CaptureRow.policy,
        ReadingRow.verdict,
        ReadingRow.reason,
        accepted,
        ReadingRow.language,
    )
    query = (
        select(
            *grouping,
            func.count(),
            func.min(CaptureRow.captured_at),
            func.max(CaptureRow.captured_at),
            func.sum(case((MAY_BE_ACCEPTED_BY_TEXT, 1), else_=0)),
        )
        .select_from(CaptureRow)
        .join(PolicyRow, _ROW_OF_POLICY)
        .join(ReadingRow, _READING_IN_FORCE)
        .where(condition)
        .group_by(*grouping)
    )
    groups: dict[PolicyKey, list[_Group]] = defaultdict(list)
    for vendor, policy, *group in session.execute(query):
        groups[PolicyKey(vendor, policy)].append(_Group(*group))
    return groups


def _reviewed_policies(session: Session, condition: ColumnElement[bool]) -> set[PolicyKey]:
    query = select(CaptureRow.vendor, CaptureRow.policy).join(ReviewRow, ReviewRow.capture_id == CaptureRow.id)
    return {PolicyKey(vendor, policy) for vendor, policy in session.execute(query.where(condition))}


def _count_languages(groups: Iterable[_Group]) -> int:
    return len({group.language for group in groups if group.verdict == "accepted"} - {None})


def _may_be_accepted_by_text(groups: Collection[_Group]) -> bool:
    """Returns whether a capture may be accepted because its text is mostly in accepted captures.

    Without an accepted capture there is no text to compare with.
    """
    return any(group.doubtful for group in groups) and any(group.verdict == "accepted" for group in groups)


def _single_capture_group(capture: JudgedCapture) -> _Group:
    """Returns a group that has one capture. The verdict is the final verdict."""
    verdict, at = capture.verdict, capture.captured_at
    return _Group(verdict.name, verdict.reason, capture.version_id, None, 1, at, at)


def _derived(
    session: Session,
    key: PolicyKey,
    groups: list[_Group],
    captures: Sequence[JudgedCapture] | None,
    hold: timedelta,
) -> _Derived:
    """Returns what follows from a policy's captures that were read, in groups.

    captures: the captures with their verdicts; None if they were not loaded.
    """
    quarantined: Counter[Reason] = Counter()
    first_shown: dict[str, datetime] = {}
    for group in groups:
        if group.verdict == "quarantined" and group.reason is not None:
            quarantined[group.reason] += group.captures
        if group.version_id is not None:
            first_shown[group.version_id] = min(group.first, first_shown.get(group.version_id, group.first))
    last_accepted = _newest(groups, "accepted")
    last_quarantined = _newest(groups, "quarantined")
    failing_since, newest = None, _Newest(None, "")
    if last_quarantined is not None and (last_accepted is None or last_quarantined > last_accepted):
        failing_since = _first_after(session, key, last_accepted)
        newest = _newest_verdict(session, key, captures, last_quarantined)
    held_since, held_text = None, ""
    if _hold_is_possible(session, key, groups, captures is not None, hold):
        first_held = _first_held(session, judged_captures(session, key) if captures is None else captures, hold)
        if first_held is not None:
            held_since, held_text = first_held.captured_at, _beginning(session, first_held)
    return _Derived(
        read_captures=sum(group.captures for group in groups),
        last_accepted=last_accepted,
        last_change=max(first_shown.values()) if len(first_shown) > 1 else None,
        failing_since=failing_since,
        quarantined=dict(sorted(quarantined.items(), key=lambda item: (-item[1], item[0]))),
        reason=newest.reason,
        evidence=newest.evidence,
        held_since=held_since,
        held_text=held_text,
    )


def _newest(groups: Iterable[_Group], verdict: VerdictName) -> datetime | None:
    return max((group.last for group in groups if group.verdict == verdict), default=None)


def _first_after(session: Session, key: PolicyKey, moment: datetime | None) -> datetime | None:
    """Returns the time of the first capture of a policy after a moment.

    moment: the moment; None to return the time of the policy's first capture.
    """
    query = select(CaptureRow.captured_at).where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
    if moment is not None:
        query = query.where(CaptureRow.captured_at > moment)
    return session.scalar(query.order_by(CaptureRow.captured_at).limit(1))


def _newest_verdict(
    session: Session, key: PolicyKey, captures: Iterable[JudgedCapture] | None, moment: datetime
) -> _Newest:
    """Returns the verdict on the policy's quarantined capture of a moment.

    If several captures have this time, the result does not depend on the order in which they arrived.
    """
    if captures is not None:
        of_moment = [capture for capture in captures if capture.captured_at == moment]
        verdict = max(of_moment, key=attrgetter("url", "source", "sha256")).verdict
        return _Newest(verdict.reason, verdict.evidence)
    columns = CaptureRow.url, CaptureRow.source, CaptureRow.sha256, ReadingRow.reason, ReadingRow.evidence
    query = (
        select(*columns)
        .join(PolicyRow, _ROW_OF_POLICY)
        .join(ReadingRow, _READING_IN_FORCE)
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy, CaptureRow.captured_at == moment)
    )
    newest = max(session.execute(query).all(), key=attrgetter("url", "source", "sha256"))
    return _Newest(newest.reason, newest.evidence)


def _hold_is_possible(
    session: Session, key: PolicyKey, groups: Sequence[_Group], each_capture: bool, hold: timedelta
) -> bool:
    """Returns whether a policy may have a hold. If the result is False, the policy certainly has no hold.

    `diffing.timeline.hold_is_possible` answers from the length of the newest period. The newest period consists of the
    captures after the last capture of any other version. If the newest version first appeared after that capture, the
    groups give the period's length. Otherwise the page returned to an earlier text, and the period's first capture is
    looked up. Captures of the same instant count as a period without length.

    each_capture: whether each capture is a group of its own.
    """
    shown: dict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        if group.version_id is not None:
            shown[group.version_id].append(group)
    if len(shown) < 2:  # the first text of a policy is never held
        return False
    last_shown = sorted((max(group.last for group in shown[version_id]), version_id) for version_id in shown)
    (before, _), (last, newest_id) = last_shown[-2:]
    if hold_is_possible(last - before, hold):
        return True
    first: datetime | None = min(group.first for group in shown[newest_id])
    if first is not None and first <= before:
        first = (
            min(group.first for group in shown[newest_id] if group.first > before)
            if each_capture
            else _first_shown_after(session, key, newest_id, before)
        )
    return first is None or hold_is_possible(last - first, hold)


def _first_shown_after(session: Session, key: PolicyKey, version_id: str, moment: datetime) -> datetime | None:
    """Returns the time of the first capture after a moment whose reading is accepted and shows a version."""
    query = (
        select(CaptureRow.captured_at)
        .join(PolicyRow, _ROW_OF_POLICY)
        .join(ReadingRow, _READING_IN_FORCE)
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy, CaptureRow.captured_at > moment)
        .where(ReadingRow.verdict == "accepted", ReadingRow.version_id == version_id)
    )
    return session.scalar(query.order_by(CaptureRow.captured_at).limit(1))


def _first_held(session: Session, captures: Collection[JudgedCapture], hold: timedelta) -> Observation | None:
    held = settled_in(session, history_of(captures), hold).held_now
    return held.first if held else None


def _beginning(session: Session, capture: Observation) -> str:
    """Returns the beginning of the text that a capture shows; '' if the text's row is damaged: `verify` reports it."""
    reading = session.get(ReadingRow, (capture.capture_id, capture.reader))
    if reading is None or reading.document_sha256 is None:
        return ""
    try:
        document = documents.get(session, reading.document_sha256)
    except StorageError:
        return ""
    return " ".join(clause.text for clause in document.clauses)[:_HELD_TEXT]
