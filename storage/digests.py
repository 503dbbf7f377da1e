"""Who gets digests, what they were told, and the messages that wait to be sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.exceptions import UsageError
from storage.database import insert
from storage.models import OutboxRow, SubscriberRow, ToldRow
from storage.records import OutboxMessage, Subscriber


def subscribe(session: Session, address: str, vendors: Sequence[str], since: datetime) -> None:
    """See `Store.subscribe`."""
    chosen = sorted(set(vendors))
    statement = insert(session, SubscriberRow).values(address=address, vendors=chosen, since=since)
    session.execute(statement.on_conflict_do_update(index_elements=[SubscriberRow.address], set_={"vendors": chosen}))


def unsubscribe(session: Session, address: str) -> bool:
    """See `Store.unsubscribe`."""
    statement = delete(SubscriberRow).where(SubscriberRow.address == address).returning(SubscriberRow.id)
    return session.scalar(statement) is not None


def subscribers(session: Session) -> tuple[Subscriber, ...]:
    """See `Store.subscribers`."""
    rows = session.scalars(select(SubscriberRow).order_by(SubscriberRow.id))
    return tuple(Subscriber(row.id, row.address, tuple(row.vendors), row.since) for row in rows)


def told(session: Session, subscriber_id: int) -> Mapping[tuple[str, str], datetime]:
    """See `Store.told`."""
    rows = session.scalars(select(ToldRow).where(ToldRow.subscriber_id == subscriber_id))
    return {(row.vendor, row.policy): row.until for row in rows}


def enqueue(
    session: Session,
    subscriber_id: int,
    message: bytes | None,
    told: Mapping[tuple[str, str], datetime],
    now: datetime,
) -> None:
    """See `Store.enqueue`."""
    if session.get(SubscriberRow, subscriber_id, with_for_update=True) is None:
        raise UsageError(f"there is no subscriber {subscriber_id} any more")
    for (vendor, policy), until in sorted(told.items()):
        statement = insert(session, ToldRow).values(
            subscriber_id=subscriber_id, vendor=vendor, policy=policy, until=until
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[ToldRow.subscriber_id, ToldRow.vendor, ToldRow.policy],
                set_={"until": statement.excluded.until},
                where=ToldRow.until < statement.excluded.until,
            )
        )
    if message is not None:
        session.add(OutboxRow(subscriber_id=subscriber_id, message=message, composed_at=now))


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
