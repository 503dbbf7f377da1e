"""Who gets digests, what they were told, and the messages that wait to be sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, and_, bindparam, delete, select, update
from sqlalchemy.orm import Session

from core.exceptions import UsageError
from storage.database import insert
from storage.models import OutboxRow, PolicyRow, SubscriberRow, ToldRow
from storage.records import OutboxMessage, PolicyKey, Subscriber

_UNCOMPOSED = PolicyRow.revision > PolicyRow.composed


def subscribe(session: Session, address: str, vendors: Sequence[str], since: datetime) -> None:
    """See `Store.subscribe`."""
    chosen = sorted(set(vendors))
    statement = insert(session, SubscriberRow).values(address=address, vendors=chosen, since=since, caught_up=False)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[SubscriberRow.address], set_={"vendors": chosen, "caught_up": False}
        )
    )


def unsubscribe(session: Session, address: str) -> bool:
    """See `Store.unsubscribe`."""
    statement = delete(SubscriberRow).where(SubscriberRow.address == address).returning(SubscriberRow.id)
    return session.scalar(statement) is not None


def subscribers(session: Session) -> tuple[Subscriber, ...]:
    """See `Store.subscribers`."""
    rows = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id))
    return tuple(Subscriber(row.id, row.address, tuple(row.vendors), row.since) for row in rows)


def uncomposed(session: Session) -> Mapping[PolicyKey, int]:
    """See `Store.uncomposed`."""
    query = select(PolicyRow.vendor, PolicyRow.policy, PolicyRow.revision).where(_UNCOMPOSED)
    # In the order of the index that holds no others.
    rows = session.execute(query.order_by(PolicyRow.vendor, PolicyRow.policy))
    return {(vendor, policy): revision for vendor, policy, revision in rows}


def untold(session: Session, subscriber: Subscriber) -> Mapping[PolicyKey, datetime]:
    """See `Store.untold`."""
    caught_up = session.scalar(select(SubscriberRow.caught_up).where(SubscriberRow.id == subscriber.id))
    query = select(PolicyRow.vendor, PolicyRow.policy, PolicyRow.newest, ToldRow.until).outerjoin(
        ToldRow,
        and_(
            ToldRow.subscriber_id == subscriber.id,
            ToldRow.vendor == PolicyRow.vendor,
            ToldRow.policy == PolicyRow.policy,
        ),
    )
    if caught_up:
        query = query.where(_UNCOMPOSED).order_by(PolicyRow.vendor, PolicyRow.policy)  # as the index of those is
    else:
        query = query.where(PolicyRow.newest > subscriber.since)
    if subscriber.vendors:
        query = query.where(PolicyRow.vendor.in_(subscriber.vendors))
    found = {}
    for vendor, policy, newest, until in session.execute(query):
        watermark = max(subscriber.since, until or subscriber.since)
        if newest > watermark:
            found[vendor, policy] = watermark
    return found


def enqueue(
    session: Session,
    subscriber_id: int,
    message: bytes | None,
    told: Mapping[PolicyKey, datetime],
    now: datetime,
) -> None:
    """See `Store.enqueue`."""
    if session.get(SubscriberRow, subscriber_id) is None:
        raise UsageError(f"there is no subscriber {subscriber_id} any more")
    if told:
        statement = insert(session, ToldRow)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[ToldRow.subscriber_id, ToldRow.vendor, ToldRow.policy],
                set_={"until": statement.excluded.until},
                where=ToldRow.until < statement.excluded.until,
            ),
            [
                {"subscriber_id": subscriber_id, "vendor": vendor, "policy": policy, "until": until}
                for (vendor, policy), until in told.items()
            ],
        )
    if message is not None:
        session.add(OutboxRow(subscriber_id=subscriber_id, message=message, composed_at=now))


def composed(session: Session, revisions: Mapping[PolicyKey, int], caught_up: Sequence[Subscriber]) -> None:
    """See `Store.composed`."""
    if revisions:
        given = [
            {"of_vendor": vendor, "of_policy": policy, "up_to": revision}
            for (vendor, policy), revision in revisions.items()
        ]
        up_to = bindparam("up_to", type_=BigInteger)
        statement = (
            update(PolicyRow)
            .where(PolicyRow.vendor == bindparam("of_vendor"), PolicyRow.policy == bindparam("of_policy"))
            .where(PolicyRow.composed < up_to)
            .values(composed=up_to)
        )
        session.connection().execute(statement, given)
    for subscriber in caught_up:
        session.execute(
            update(SubscriberRow)
            .where(SubscriberRow.id == subscriber.id, SubscriberRow.vendors == subscriber.vendors)
            .where(SubscriberRow.caught_up.is_(False))
            .values(caught_up=True)
        )


def outbox(session: Session) -> tuple[OutboxMessage, ...]:
    """See `Store.outbox`."""
    query = (
        select(OutboxRow.id, SubscriberRow.address, OutboxRow.message)
        .join(SubscriberRow, SubscriberRow.id == OutboxRow.subscriber_id)
        .where(OutboxRow.sent_at.is_(None))
        .order_by(OutboxRow.id)
    )
    return tuple(OutboxMessage(*row) for row in session.execute(query))


def mark_sent(session: Session, message_id: int, now: datetime) -> None:
    """See `Store.mark_sent`."""
    session.execute(
        update(OutboxRow).where(OutboxRow.id == message_id, OutboxRow.sent_at.is_(None)).values(sent_at=now)
    )
