"""Says which changes of a policy are new to a subscriber, from what is stored about both.

A watermark is a capture time: digests have told every change up to it. The clocks of the machines that captured a page,
composed a digest or subscribed an address may have been wrong; then the order in which captures were stored counts.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import Session

from core.policies import PolicyKey
from storage.records import StoredWatermark, Watched, Watermark
from storage.tables.models import CaptureRow, PolicyRow, ReadingRow
from storage.tables.subscription_models import SharedWatermarkRow, WatermarkRow

#: The watermark of somebody who was told nothing.
ALWAYS = datetime.min.replace(tzinfo=UTC)
# So many policies are asked for by name. For more, one query about all policies is faster.
_FEW = 50


def told_watermark(
    session: Session, key: PolicyKey, stored: StoredWatermark, now: datetime, begin: Watched | None = None
) -> Watermark:
    """Returns the watermark that digests have recorded.

    If it is later than the present time, either that digest or this one has a clock that is wrong. What counts then is
    the latest accepted capture up to now of those that were stored at that time: everything that was captured later is
    still to be told. The stored watermark counts again when its time has come, but not for live captures that were
    stored since: if the clock was ahead, they are news from before that time.

    begin: since when the subscriber watches the policy; None if the watermark is that of all subscribers.
    """
    until, latest = stored.until, stored.latest
    if until < latest <= now:
        if begin is not None and latest == begin.since:
            last_id = begin.newest_capture_id
        else:
            last_id = _first_capture_at(session, key, latest)
        if _has_live_capture(session, key, until, latest, last_id):
            return Watermark(until, latest, last_id)
        return Watermark(latest, latest)
    if until > now:
        until = _latest_accepted(session, key, _first_capture_at(session, key, until), now)
    return Watermark(until, until)


def whole_watermark(
    session: Session, key: PolicyKey, told: Watermark, begin: Watched, now: datetime, *, maybe_late: bool = True
) -> Watermark:
    """Returns the watermark that follows from what was told, and from the time of the subscription.

    The same holds for the time of a subscription that is later than the present time, and for live captures that were
    stored after it with an earlier time, as for `told_watermark`.

    maybe_late: False if it is certain that there are no such captures.
    """
    since, last_id = begin.since, begin.newest_capture_id
    watched = Watermark(since, since)
    if since > now:
        since = _latest_accepted(session, key, last_id, now)
        watched = Watermark(since, since)
    elif maybe_late and since > told.until and _has_live_capture(session, key, told.until, since, last_id):
        known = max(told.until, _latest_accepted(session, key, last_id, now))
        if known < since:
            watched = Watermark(known, since, last_id)
    return Watermark(
        max(told.until, watched.until),
        max(told.latest, watched.latest),
        max(told.newest_capture_id, watched.newest_capture_id),
    )


def late_policies(session: Session, begin: Watched, keys: Collection[PolicyKey]) -> set[PolicyKey]:
    """Returns the policies with live captures that were stored after they were watched, with an earlier time.

    keys: the policies among which to look.
    """
    query = (
        select(CaptureRow.vendor, CaptureRow.policy)
        .where(CaptureRow.id > begin.newest_capture_id, CaptureRow.source == "live")
        .where(CaptureRow.captured_at <= begin.since)
    )
    if len(keys) <= _FEW:
        query = query.where(tuple_(CaptureRow.vendor, CaptureRow.policy).in_([tuple(key) for key in keys]))
    return {PolicyKey(vendor, policy) for vendor, policy in session.execute(query)}


def shared_watermarks(session: Session, composing: int) -> dict[PolicyKey, StoredWatermark]:
    """Returns the watermarks that hold for all subscribers whom a composing has served, by policy."""
    newest = (
        select(
            SharedWatermarkRow.vendor, SharedWatermarkRow.policy, func.max(SharedWatermarkRow.composing).label("last")
        )
        .where(SharedWatermarkRow.composing <= composing)
        .group_by(SharedWatermarkRow.vendor, SharedWatermarkRow.policy)
        .subquery()
    )
    query = select(
        SharedWatermarkRow.vendor,
        SharedWatermarkRow.policy,
        SharedWatermarkRow.until,
        SharedWatermarkRow.latest,
        SharedWatermarkRow.composing,
    ).join(
        newest,
        and_(
            newest.c.vendor == SharedWatermarkRow.vendor,
            newest.c.policy == SharedWatermarkRow.policy,
            newest.c.last == SharedWatermarkRow.composing,
        ),
    )
    return {
        PolicyKey(vendor, policy): StoredWatermark(until, latest, number)
        for vendor, policy, until, latest, number in session.execute(query)
    }


def without_new_captures(
    session: Session, newest: Mapping[PolicyKey, datetime], served_in: int, last_begin: int, now: datetime
) -> set[PolicyKey]:
    """Returns the policies of which every subscriber was certainly told everything up to the newest capture.

    newest: the time of each policy's newest capture. served_in: the number of the earliest composing that served one of
    the subscribers last. last_begin: the number of the last composing before one of them chose a vendor.
    """
    with_own = {PolicyKey(*row) for row in session.execute(select(WatermarkRow.vendor, WatermarkRow.policy).distinct())}
    certain = {
        key
        for key, stored in shared_watermarks(session, served_in).items()
        if key in newest and key not in with_own and stored.composing > last_begin and _covers(stored, newest[key], now)
    }
    later = select(SharedWatermarkRow).where(SharedWatermarkRow.composing > served_in)
    for row in session.scalars(later):
        key = PolicyKey(row.vendor, row.policy)
        if key in certain and not _covers(StoredWatermark(row.until, row.latest), newest[key], now):
            certain.discard(key)
    return certain


def _covers(stored: StoredWatermark, newest: datetime, now: datetime) -> bool:
    """Returns whether a watermark that no wrong clock has recorded is as late as a capture."""
    return newest <= stored.until == stored.latest <= now


def advanced_watermarks(
    session: Session, before: Mapping[PolicyKey, StoredWatermark], settled: Mapping[PolicyKey, datetime], now: datetime
) -> dict[PolicyKey, StoredWatermark]:
    """Returns the shared watermarks that change when everybody is told the changes up to the given times.

    before: the watermarks so far. settled: up to when each policy is examined, none later than the present time.
    """
    changed = {}
    for key, until in settled.items():
        stored = before.get(key)
        if stored is None:
            changed[key] = StoredWatermark(until, until)
        elif until > told_watermark(session, key, stored, now).until:
            advanced = stored.advanced(until, now)
            if advanced is not stored:
                changed[key] = advanced
    return changed


def _has_live_capture(session: Session, key: PolicyKey, begin: datetime, end: datetime, last_id: int) -> bool:
    """Returns whether a policy has a live capture of a time that was stored after a capture.

    begin, end: the time; `begin` is excluded. last_id: the id of the capture.
    """
    query = (
        select(CaptureRow.id)
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy)
        .where(CaptureRow.captured_at > begin, CaptureRow.captured_at <= end)
        .where(CaptureRow.id > last_id, CaptureRow.source == "live")
    )
    return session.scalar(query.limit(1)) is not None


def _first_capture_at(session: Session, key: PolicyKey, moment: datetime) -> int:
    """Returns the id of the first stored capture of a policy with a time; that of the newest capture if it has none."""
    of_policy = CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy
    first = session.scalar(select(func.min(CaptureRow.id)).where(*of_policy, CaptureRow.captured_at == moment))
    return first or session.scalar(select(func.max(CaptureRow.id)).where(*of_policy)) or 0


def _latest_accepted(session: Session, key: PolicyKey, last_id: int, now: datetime) -> datetime:
    """Returns the time of the latest capture of a policy up to now that was read as accepted.

    Considers only the captures that were stored no later than the capture `last_id`. If there is none, every change is
    later than the returned time.
    """
    query = (
        select(func.max(CaptureRow.captured_at))
        .join(PolicyRow, and_(PolicyRow.vendor == CaptureRow.vendor, PolicyRow.policy == CaptureRow.policy))
        .join(ReadingRow, and_(ReadingRow.capture_id == CaptureRow.id, ReadingRow.reader == PolicyRow.reader))
        .where(CaptureRow.vendor == key.vendor, CaptureRow.policy == key.policy, CaptureRow.captured_at <= now)
        .where(CaptureRow.id <= last_id, ReadingRow.verdict == "accepted")
    )
    return session.scalar(query) or ALWAYS
