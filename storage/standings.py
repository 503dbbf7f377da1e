"""Computes the standing of each policy: a summary of the policy's captures, for the operator.

Normally, the database counts the captures in groups, and no single capture is loaded. For a policy with reviews, or
with captures in several languages, the verdict must be computed for each capture. This module then loads the captures.
"""

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
    """Captures of a policy that have the same verdict, reason, version and language.

    verdict: the captures' verdict; None if the captures have not been read yet.
    version_id: the version that the captures show; None if they are quarantined.
    captures: the number of captures in the group.
    first, last: the earliest and the latest `captured_at` in the group.
    """

    verdict: VerdictName | None
    reason: Reason | None
    version_id: str | None
    language: str | None
    captures: int
    first: datetime
    last: datetime


def standings(session: Session, vendors: Collection[str]) -> Iterator[Standing]:
    """Yields the standing of each policy of some vendors. vendors: the slugs of the vendors; empty for all vendors."""
    is_chosen = CaptureRow.vendor.in_(vendors) if vendors else true()
    reviewed = _reviewed_policies(session, is_chosen)
    for key, groups in _groups(session, is_chosen).items():
        # The groups contain the verdicts of the readings. The final verdict on a capture may differ from its reading's
        # verdict for two reasons: a review, or a language that differs from the policy's other captures.
        if key in reviewed or _count_languages(groups) > 1:
            groups = list(_single_capture_groups(session, key))
        yield _standing(session, key, groups)


def _groups(session: Session, condition: ColumnElement[bool]) -> dict[PolicyKey, list[_Group]]:
    """Returns the captures that meet a condition, in groups, by policy. Each group has the verdict of its readings."""
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
        select(*grouping, func.count(), func.min(CaptureRow.captured_at), func.max(CaptureRow.captured_at))
        .select_from(CaptureRow)
        .outerjoin(PolicyRow, and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy))
        .outerjoin(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
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


def _single_capture_groups(session: Session, key: PolicyKey) -> Iterator[_Group]:
    """Yields a separate group for each capture of a policy. The verdicts are the final verdicts."""
    for stored in stored_captures(session, key):
        at = stored.capture.captured_at
        if stored.verdict is UNREAD:
            yield _Group(None, None, None, None, 1, at, at)
        else:
            yield _Group(stored.verdict.name, stored.verdict.reason, stored.version_id, None, 1, at, at)


def _standing(session: Session, key: PolicyKey, groups: list[_Group]) -> Standing:
    quarantined: Counter[Reason] = Counter()
    first_shown: dict[str, datetime] = {}
    for group in groups:
        if group.verdict == "quarantined" and group.reason is not None:
            quarantined[group.reason] += group.captures
        if group.version_id is not None:
            first_shown[group.version_id] = min(group.first, first_shown.get(group.version_id, group.first))
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
        last_change=max(first_shown.values(), default=None),
        failing_since=failing_since,
        quarantined=dict(sorted(quarantined.items(), key=lambda item: (-item[1], item[0]))),
        unread=sum(group.captures for group in groups if group.verdict is None),
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
