"""Where each policy stands, for the operator: counts and times over all captures, with few of them looked at singly."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import Session

from core.captures import Reason, VerdictName
from core.policies import PolicyKey
from storage.records import Standing
from storage.tables.models import CaptureRow, PolicyRow, ReadingRow, ReviewRow
from storage.verdicts import UNREAD, stored_captures


@dataclass(frozen=True, slots=True)
class _Group:
    """Captures of a policy that were read alike.

    verdict: None when they are not read yet. version_id: which they show; None when quarantined.
    first, last: the earliest and the latest captured_at among them.
    """

    verdict: VerdictName | None
    reason: Reason | None
    version_id: str | None
    language: str | None
    captures: int
    first: datetime
    last: datetime


def standings(session: Session, vendors: Collection[str]) -> Iterator[Standing]:
    """Yields where each policy of these vendors stands, of all vendors if none is given."""
    of_those = CaptureRow.vendor.in_(vendors) if vendors else true()
    reviewed = _reviewed(session, of_those)
    for key, groups in _groups(session, of_those).items():
        # Readings alone do not tell the verdicts where a person or the captures' neighbours have a say.
        if key in reviewed or _languages(groups) > 1:
            groups = list(_judged_singly(session, key))
        yield _standing(session, key, groups)


def _groups(session: Session, condition: ColumnElement[bool]) -> dict[PolicyKey, list[_Group]]:
    """The captures that meet a condition by policy and reading, each as its reading by itself says."""
    accepted = case((ReadingRow.verdict == "accepted", ReadingRow.version_id))
    alike = (CaptureRow.vendor, CaptureRow.policy, ReadingRow.verdict, ReadingRow.reason, accepted, ReadingRow.language)
    query = (
        select(*alike, func.count(), func.min(CaptureRow.captured_at), func.max(CaptureRow.captured_at))
        .select_from(CaptureRow)
        .outerjoin(PolicyRow, and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy))
        .outerjoin(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
        .where(condition)
        .group_by(*alike)
    )
    groups: dict[PolicyKey, list[_Group]] = defaultdict(list)
    for vendor, policy, *group in session.execute(query):
        groups[PolicyKey(vendor, policy)].append(_Group(*group))
    return groups


def _reviewed(session: Session, condition: ColumnElement[bool]) -> set[PolicyKey]:
    query = select(CaptureRow.vendor, CaptureRow.policy).join(ReviewRow, ReviewRow.capture_id == CaptureRow.id)
    return {PolicyKey(vendor, policy) for vendor, policy in session.execute(query.where(condition))}


def _languages(groups: Iterable[_Group]) -> int:
    return len({group.language for group in groups if group.verdict == "accepted"} - {None})


def _judged_singly(session: Session, key: PolicyKey) -> Iterator[_Group]:
    for one in stored_captures(session, key):
        at = one.capture.captured_at
        if one.verdict is UNREAD:
            yield _Group(None, None, None, None, 1, at, at)
        else:
            yield _Group(one.verdict.name, one.verdict.reason, one.version_id, None, 1, at, at)


def _standing(session: Session, key: PolicyKey, groups: list[_Group]) -> Standing:
    quarantined: Counter[Reason] = Counter()
    appeared: dict[str, datetime] = {}
    for group in groups:
        if group.verdict == "quarantined" and group.reason is not None:
            quarantined[group.reason] += group.captures
        if group.version_id is not None:
            appeared[group.version_id] = min(group.first, appeared.get(group.version_id, group.first))
    last_accepted = _newest(groups, "accepted")
    last_quarantined = _newest(groups, "quarantined")
    failing_since = None
    if last_quarantined is not None and (last_accepted is None or last_quarantined > last_accepted):
        failing_since = _first_after(session, key, last_accepted)
    return Standing(
        vendor=key.vendor,
        policy=key.policy,
        captures=sum(group.captures for group in groups),
        last_capture=max(group.last for group in groups),
        last_accepted=last_accepted,
        last_change=max(appeared.values(), default=None),
        failing_since=failing_since,
        quarantined=dict(sorted(quarantined.items(), key=lambda item: (-item[1], item[0]))),
        unread=sum(group.captures for group in groups if group.verdict is None),
    )


def _newest(groups: Iterable[_Group], verdict: VerdictName) -> datetime | None:
    return max((group.last for group in groups if group.verdict == verdict), default=None)


def _first_after(session: Session, key: PolicyKey, moment: datetime | None) -> datetime | None:
    """When the first capture of a policy after that moment was made; None: the first of all."""
    query = select(CaptureRow.captured_at).where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
    if moment is not None:
        query = query.where(CaptureRow.captured_at > moment)
    return session.scalar(query.order_by(CaptureRow.captured_at).limit(1))
