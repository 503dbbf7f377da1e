"""Stores the outbox, which consists of the messages that still have to be sent, and the addresses that fail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, DateTime, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from core.retries import LONGEST_WAIT, next_attempt
from storage.database import Database, insert
from storage.records import DeliveryTrouble, OutboxCounts, OutboxMessage
from storage.tables.models import DeliveryTroubleRow, OperatorDigestRow, OutboxRow
from storage.tables.subscription_models import SubscriberRow

# A process that has claimed a message and not reported on it for this long has died. To send a message takes at most a
# few minutes, since every answer of the mail server is awaited for 30 seconds at most.
_CLAIM_LASTS = timedelta(minutes=15)
_AT_ONCE = 200
_WAITS = OutboxRow.sent_at.is_(None)
# What belongs to no subscriber and to no operator asks its recipient to confirm a subscription.
_IS_CONFIRMATION = and_(
    OutboxRow.subscriber_id.is_(None),
    ~select(OperatorDigestRow.mailbox).where(OperatorDigestRow.mailbox == OutboxRow.mailbox).exists(),
)
_IS_REFUSED = and_(DeliveryTroubleRow.mailbox == OutboxRow.mailbox, DeliveryTroubleRow.retry_at.is_(None))


class Outbox:
    """The messages that still have to be sent, and the addresses to which the last attempt failed.

    The messages to one mailbox are sent one after another, in the order in which they were composed. Two addresses that
    differ only in case are one mailbox.

    Every method raises StorageError if a database operation fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def mailboxes(self, now: datetime | None = None) -> Iterator[str]:
        """Yields each mailbox that messages wait for, the mailbox with the oldest message first.

        now: the present time. If given, the mailboxes are left out whose addresses are refused, or whose next attempt
        is later.
        """
        last_id, seen = 0, set[str]()
        query = select(OutboxRow.id, OutboxRow.mailbox).where(_WAITS).order_by(OutboxRow.id).limit(_AT_ONCE)
        if now is not None:
            query = query.where(~_is_put_off(now))
        while True:
            with self._database.read_session() as session:
                rows = session.execute(query.where(OutboxRow.id > last_id)).all()
            if not rows:
                return
            for last_id, mailbox in rows:  # noqa: B007 - the next query continues after the last row
                if mailbox not in seen:
                    seen.add(mailbox)
                    yield mailbox

    def claim(self, mailbox: str, now: datetime | None = None) -> OutboxMessage | None:
        """Claims the oldest message to a mailbox for sending, and returns it.

        None if no message waits, if another process is sending the oldest one, or, if `now` is given, if the address is
        refused or its next attempt is later. After the attempt, the caller calls `mark_sent`, `release`, `put_off` or
        `refuse`. If the caller dies before, the message can be claimed again a quarter of an hour later, by the clock
        of the database.

        now: the present time.
        """
        with self._database.write_session() as session:
            clock = _clock(session)
            oldest = select(func.min(OutboxRow.id)).where(OutboxRow.mailbox == mailbox, _WAITS)
            if (message_id := session.scalar(oldest)) is None:
                return None
            statement = update(OutboxRow).where(OutboxRow.id == message_id)
            # A claim of the future was made before the clock was put back.
            statement = statement.where(
                or_(
                    OutboxRow.claimed_at.is_(None),
                    OutboxRow.claimed_at < clock - _CLAIM_LASTS,
                    OutboxRow.claimed_at > clock,
                )
            )
            if now is not None:
                statement = statement.where(~_is_put_off(now))
            statement = statement.values(claimed_at=clock).execution_options(synchronize_session=False)
            row = session.execute(statement.returning(OutboxRow.id, OutboxRow.address, OutboxRow.message)).one_or_none()
            return None if row is None else OutboxMessage(*row)

    def release(self, message_id: int) -> None:
        """Gives a claimed message back after it could not be sent, for a reason that is not about its address."""
        with self._database.write_session() as session:
            _release(session, message_id)

    def mark_sent(self, message_id: int, now: datetime) -> None:
        """Records that a message was sent, and forgets that earlier attempts failed. now: the time of sending.

        Does nothing if the message is already recorded as sent, or if its subscriber has unsubscribed.
        """
        with self._database.write_session() as session:
            statement = update(OutboxRow).where(OutboxRow.id == message_id, _WAITS).values(sent_at=now)
            mailbox = session.scalar(statement.returning(OutboxRow.mailbox))
            if mailbox is not None:
                # Nothing is kept about an address that may never confirm.
                session.execute(delete(OutboxRow).where(OutboxRow.id == message_id, _IS_CONFIRMATION))
                # An address that is refused stays so: the message was written to a file.
                of_mailbox = DeliveryTroubleRow.mailbox == mailbox, DeliveryTroubleRow.retry_at.is_not(None)
                session.execute(delete(DeliveryTroubleRow).where(*of_mailbox))

    def put_off(self, message: OutboxMessage, now: datetime, reason: str) -> DeliveryTrouble | None:
        """Gives a message back that could not be sent now, and says when the address is tried again.

        The address is refused if its attempts have failed for five days (`core.retries.next_attempt`). If it is not
        subscribed, it is forgotten then, and None is returned: the message only asked to confirm a subscription.

        now: the time of the attempt. reason: the server's answer.
        """
        return self._note_trouble(message, now, reason, is_refused=False)

    def refuse(self, message: OutboxMessage, now: datetime, reason: str) -> DeliveryTrouble | None:
        """Gives a message back that the mail server refused for good. No more messages are sent to its address.

        An address that is neither subscribed nor an operator's is forgotten, and None is returned: the message only
        asked it to confirm a subscription.

        now: the time of the attempt. reason: the server's answer.
        """
        return self._note_trouble(message, now, reason, is_refused=True)

    def troubles(self) -> tuple[DeliveryTrouble, ...]:
        """Returns the addresses to which the last attempt failed, in alphabetical order."""
        with self._database.read_session() as session:
            rows = session.scalars(select(DeliveryTroubleRow).order_by(DeliveryTroubleRow.mailbox))
            return tuple(map(_trouble, rows))

    def counts(self) -> OutboxCounts:
        """Returns how many messages have not been sent yet, and since when the oldest of them waits."""
        is_refused = select(DeliveryTroubleRow.mailbox).where(_IS_REFUSED).exists()
        query = select(func.count(), func.min(OutboxRow.composed_at)).where(_WAITS)
        with self._database.read_session() as session:
            waiting, oldest = session.execute(query.where(~is_refused)).one()
            return OutboxCounts(waiting, oldest, session.execute(query.where(is_refused)).one()[0])

    def waits(self, address: str) -> bool:
        """Returns whether a message to an address has not been sent yet. Case makes no difference."""
        with self._database.read_session() as session:
            query = select(OutboxRow.id).where(OutboxRow.mailbox == address.lower(), _WAITS).limit(1)
            return session.scalar(query) is not None

    def ask_to_confirm(self, address: str, message: bytes, now: datetime) -> None:
        """Puts a message into the outbox that asks an address to confirm a subscription, in place of earlier ones.

        The message is deleted as soon as it is sent. message: RFC 5322 bytes. now: the present time.
        """
        mailbox = address.lower()
        with self._database.write_session() as session:
            is_earlier = OutboxRow.mailbox == mailbox, _WAITS, _IS_CONFIRMATION, OutboxRow.claimed_at.is_(None)
            session.execute(delete(OutboxRow).where(*is_earlier))
            session.add(OutboxRow(address=address, mailbox=mailbox, message=message, composed_at=now))

    def forget_confirmations(self, before: datetime) -> None:
        """Deletes the messages that ask to confirm a subscription and were composed before a time.

        What is known about failed attempts is deleted with them, unless the address is subscribed.
        """
        with self._database.write_session() as session:
            is_old = _WAITS, OutboxRow.composed_at < before, _IS_CONFIRMATION
            statement = delete(OutboxRow).where(*is_old).execution_options(synchronize_session=False)
            for mailbox in set(session.scalars(statement.returning(OutboxRow.mailbox))):
                if not _is_known(session, mailbox):
                    session.execute(delete(DeliveryTroubleRow).where(DeliveryTroubleRow.mailbox == mailbox))

    def operator_told(self, address: str) -> tuple[datetime, str] | None:
        """Returns when an operator was told something last, and its fingerprint; None if it never happened."""
        with self._database.read_session() as session:
            row = session.get(OperatorDigestRow, address.lower())
            return None if row is None else (row.told_at, row.fingerprint)

    def tell_operator(self, address: str, message: bytes | None, fingerprint: str, now: datetime) -> None:
        """Puts a message to an operator into the outbox in place of earlier ones, and remembers what it tells.

        message: the message as RFC 5322 bytes; None if there is nothing to tell any more.
        """
        mailbox = address.lower()
        with self._database.write_session() as session:
            statement = insert(session, OperatorDigestRow).values(mailbox=mailbox, told_at=now, fingerprint=fingerprint)
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=[OperatorDigestRow.mailbox], set_={"told_at": now, "fingerprint": fingerprint}
                )
            )
            # What an earlier message says is no longer so, and the address may be right by now.
            is_earlier = OutboxRow.mailbox == mailbox, OutboxRow.subscriber_id.is_(None), _WAITS
            session.execute(delete(OutboxRow).where(*is_earlier, OutboxRow.claimed_at.is_(None)))
            session.execute(delete(DeliveryTroubleRow).where(DeliveryTroubleRow.mailbox == mailbox))
            if message is not None:
                session.add(OutboxRow(address=address, mailbox=mailbox, message=message, composed_at=now))

    def _note_trouble(
        self, message: OutboxMessage, now: datetime, reason: str, *, is_refused: bool
    ) -> DeliveryTrouble | None:
        mailbox = message.address.lower()
        with self._database.write_session() as session:
            _release(session, message.id)
            row = session.get(DeliveryTroubleRow, mailbox)
            if row is None:
                row = DeliveryTroubleRow(mailbox=mailbox, since=now, times=0)
                session.add(row)
            row.address, row.latest, row.reason, row.times = message.address, now, reason, row.times + 1
            row.retry_at = None if is_refused else next_attempt(row.times, row.since, now)
            trouble = _trouble(row)
            if row.retry_at is None and not _is_known(session, mailbox):
                session.execute(delete(OutboxRow).where(OutboxRow.id == message.id))
                session.flush()
                session.delete(row)
                return None
            return trouble


def _is_known(session: Session, mailbox: str) -> bool:
    """Returns whether a mailbox is a subscriber's or an operator's."""
    subscriber = select(SubscriberRow.id).where(SubscriberRow.mailbox == mailbox)
    operator = select(OperatorDigestRow.mailbox).where(OperatorDigestRow.mailbox == mailbox)
    return session.scalar(select(or_(subscriber.exists(), operator.exists()))) is True


def _trouble(row: DeliveryTroubleRow) -> DeliveryTrouble:
    return DeliveryTrouble(row.address, row.since, row.latest, row.times, row.retry_at, row.reason)


def _release(session: Session, message_id: int) -> None:
    session.execute(update(OutboxRow).where(OutboxRow.id == message_id).values(claimed_at=None))


def _is_put_off(now: datetime) -> ColumnElement[bool]:
    trouble = aliased(DeliveryTroubleRow)
    # An attempt that is further away was planned before the clock was put back.
    is_later = and_(trouble.retry_at > now, trouble.retry_at <= now + LONGEST_WAIT)
    query = select(trouble.mailbox).where(trouble.mailbox == OutboxRow.mailbox)
    return query.where(or_(trouble.retry_at.is_(None), is_later)).exists()


def _clock(session: Session) -> datetime:
    # On PostgreSQL, now() is the time at which the transaction began: before it waited for the lock of writers.
    is_server = session.get_bind().dialect.name == "postgresql"
    clock = func.clock_timestamp(type_=DateTime(timezone=True)) if is_server else func.now()
    moment = session.scalar(select(clock))
    assert moment is not None  # noqa: S101 - every database knows the time
    return cast(datetime, moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
