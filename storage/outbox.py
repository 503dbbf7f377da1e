"""Stores the outbox, which consists of the messages that still have to be sent, and the addresses that fail."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import cast

from sqlalchemy import ColumnElement, DateTime, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from core.recipients import kind_of, mailbox_of
from core.retries import LONGEST_WAIT, is_own_fault, next_attempt
from storage.database import Database, insert
from storage.records import DeliveryTrouble, OutboxCounts, OutboxMessage
from storage.tables.models import DeliveryTroubleRow, OperatorDigestRow, OutboxRow
from storage.tables.subscription_models import SubscriberRow

# A process that has claimed a message and not reported on it for this long has died. To send a message takes at most a
# few minutes, since every answer of the mail server is awaited for 30 seconds at most.
_CLAIM_LASTS = timedelta(minutes=15)
# For how long a mail server between here and the recipient's keeps trying before it returns a message: 5 days in
# Postfix, 4 days in Exim, 2 days in Exchange, and 5 days at most by RFC 5321, section 4.5.4.1.
_RELAY_TRIES = timedelta(days=6)
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

    The messages to one mailbox are sent one after another, in the order in which they were composed.
    `core.recipients.mailbox_of` says which addresses are one mailbox.

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
        return next(iter(self.exchange((), [mailbox], now)), None)

    def exchange(
        self,
        sent: Collection[int],
        mailboxes: Collection[str],
        now: datetime | None = None,
        *,
        sent_at: datetime | None = None,
    ) -> list[OutboxMessage]:
        """Does what `mark_sent` does for some messages, and then what `claim` does for some mailboxes, at one stroke.

        On a disk, one transaction takes nearly as long as many messages take to be sent.

        Returns the claimed messages, oldest first. sent: the ids of the messages that were sent. sent_at: the time of
        sending, if there are any. now: as for `claim`.
        """
        with self._database.write_session() as session:
            if sent:
                _mark_sent(session, sent, sent_at)
            return _claim(session, mailboxes, now) if mailboxes else []

    def renew_claims(self, message_ids: Collection[int]) -> None:
        """Lets the claims of messages begin anew, for a process that has claimed them and not come to send them yet."""
        with self._database.write_session() as session:
            statement = update(OutboxRow).where(OutboxRow.id.in_(list(message_ids)), OutboxRow.claimed_at.is_not(None))
            session.execute(statement.values(claimed_at=_clock(session)))

    def release(self, message_id: int) -> None:
        """Gives a claimed message back after it could not be sent, for a reason that is not about its address."""
        with self._database.write_session() as session:
            _release(session, message_id)

    def mark_sent(self, message_id: int, now: datetime) -> None:
        """Records that a message was sent, and forgets that earlier attempts failed. now: the time of sending.

        Does nothing if the message is already recorded as sent, or if its subscriber has unsubscribed.
        """
        self.exchange([message_id], (), sent_at=now)

    def put_off(self, message: OutboxMessage, now: datetime, reason: str) -> DeliveryTrouble | None:
        """Gives a message back that could not be sent now, and says when the address is tried again.

        The address is refused if its attempts have failed for five days by its own fault (`core.retries`). If it is not
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

    def sent_to(self, message_id: int, sent_at: datetime) -> str | None:
        """Returns the address to which a message was sent.

        None if the message is not there any more, waits to be sent again, or was sent at another time: whoever says
        that it was sent then speaks of an earlier attempt.

        sent_at: the time of sending that `mark_sent` recorded.
        """
        query = select(OutboxRow.address).where(OutboxRow.id == message_id, OutboxRow.sent_at == sent_at)
        with self._database.read_session() as session:
            return session.scalar(query)

    def is_being_sent(self, message_id: int) -> bool:
        """Returns whether a process has claimed a message and not reported on it yet. False if that process has died.

        A message may come back before it is recorded that it was sent.
        """
        with self._database.read_session() as session:
            query = select(OutboxRow.id).where(OutboxRow.id == message_id, _WAITS, ~_is_free(_clock(session)))
            return session.scalar(query) is not None

    def take_back(
        self, message_id: int, sent_at: datetime, now: datetime, reason: str, *, is_permanent: bool
    ) -> DeliveryTrouble | None:
        """Puts a message back that was sent and came back, so that it is sent again once its address can be reached.

        The address is refused if the error is permanent, or if further messages to others did not come back
        (`core.retries.is_own_fault`). Otherwise it is tried again.

        message_id, sent_at: as for `sent_to`. None is returned, and nothing changed, if `sent_to` returns None.
        now: the present time. reason: why the message came back.
        """
        statement = update(OutboxRow).where(OutboxRow.id == message_id, OutboxRow.sent_at == sent_at)
        statement = statement.values(sent_at=None, claimed_at=None).returning(OutboxRow.address, OutboxRow.composed_at)
        with self._database.write_session() as session:
            if (sent := session.execute(statement).one_or_none()) is None:
                return None
            address, composed_at = sent
            accepted_elsewhere = _accepted_elsewhere(session, mailbox_of(address), composed_at, now - _RELAY_TRIES)
            is_refused = is_permanent or is_own_fault(accepted_elsewhere)
            row = _noted(session, address, now, reason, is_refused=is_refused)
            if row.retry_at is not None:  # a mail server has tried again often enough
                row.retry_at = now + LONGEST_WAIT
            return _trouble(row)

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

    def waiting_emails(self) -> int:
        """Returns how many e-mails have not been sent yet, except those to refused addresses."""
        is_refused = select(DeliveryTroubleRow.mailbox).where(_IS_REFUSED).exists()
        query = select(OutboxRow.mailbox, func.count()).where(_WAITS, ~is_refused).group_by(OutboxRow.mailbox)
        with self._database.read_session() as session:
            return sum(count for mailbox, count in session.execute(query) if kind_of(mailbox) == "email")

    def waits(self, address: str) -> bool:
        """Returns whether a message to an address has not been sent yet."""
        with self._database.read_session() as session:
            query = select(OutboxRow.id).where(OutboxRow.mailbox == mailbox_of(address), _WAITS).limit(1)
            return session.scalar(query) is not None

    def ask_to_confirm(self, address: str, message: bytes, now: datetime) -> None:
        """Puts a message into the outbox that asks an address to confirm a subscription, in place of earlier ones.

        The message is deleted as soon as it is sent. message: RFC 5322 bytes. now: the present time.
        """
        mailbox = mailbox_of(address)
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
            row = session.get(OperatorDigestRow, mailbox_of(address))
            return None if row is None else (row.told_at, row.fingerprint)

    def tell_operator(self, address: str, message: bytes | None, fingerprint: str, now: datetime) -> None:
        """Puts a message to an operator into the outbox in place of earlier ones, and remembers what it tells.

        message: the message as RFC 5322 bytes; None if there is nothing to tell any more.
        """
        mailbox = mailbox_of(address)
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
        mailbox = mailbox_of(message.address)
        with self._database.write_session() as session:
            _release(session, message.id)
            row = _noted(session, message.address, now, reason, is_refused=is_refused)
            trouble = _trouble(row)
            if row.retry_at is None and not _is_known(session, mailbox):
                session.execute(delete(OutboxRow).where(OutboxRow.id == message.id))
                session.flush()
                session.delete(row)
                return None
            return trouble


def _mark_sent(session: Session, message_ids: Collection[int], sent_at: datetime | None) -> None:
    is_named = OutboxRow.id.in_(message_ids)
    statement = update(OutboxRow).where(is_named, _WAITS).values(sent_at=sent_at)
    statement = statement.returning(OutboxRow.mailbox).execution_options(synchronize_session=False)
    mailboxes = set(session.scalars(statement))
    # Nothing is kept about an address that may never confirm.
    confirmations = delete(OutboxRow).where(is_named, OutboxRow.mailbox.in_(mailboxes), _IS_CONFIRMATION)
    session.execute(confirmations.execution_options(synchronize_session=False))
    # An address that is refused stays so: the message was written to a file, or an earlier one has come back.
    troubles = DeliveryTroubleRow.mailbox.in_(mailboxes), DeliveryTroubleRow.retry_at.is_not(None)
    session.execute(delete(DeliveryTroubleRow).where(*troubles).execution_options(synchronize_session=False))


def _claim(session: Session, mailboxes: Collection[str], now: datetime | None) -> list[OutboxMessage]:
    clock = _clock(session)
    oldest = select(func.min(OutboxRow.id)).where(OutboxRow.mailbox.in_(mailboxes), _WAITS)
    message_ids = session.scalars(oldest.group_by(OutboxRow.mailbox)).all()
    statement = update(OutboxRow).where(OutboxRow.id.in_(message_ids), _is_free(clock))
    if now is not None:
        statement = statement.where(~_is_put_off(now))
    statement = statement.values(claimed_at=clock).execution_options(synchronize_session=False)
    rows = session.execute(statement.returning(OutboxRow.id, OutboxRow.address, OutboxRow.message))
    return sorted((OutboxMessage(*row) for row in rows), key=lambda message: message.id)


def _is_free(clock: datetime) -> ColumnElement[bool]:
    """Returns the condition that no process has claimed a message. clock: the time of the database."""
    # A claim of the future was made before the clock was put back.
    return or_(
        OutboxRow.claimed_at.is_(None), OutboxRow.claimed_at < clock - _CLAIM_LASTS, OutboxRow.claimed_at > clock
    )


def _noted(session: Session, address: str, now: datetime, reason: str, *, is_refused: bool) -> DeliveryTroubleRow:
    """Records a failed attempt. An address that is refused stays so."""
    mailbox = mailbox_of(address)
    row = session.get(DeliveryTroubleRow, mailbox)
    if row is None:
        row = DeliveryTroubleRow(mailbox=mailbox, since=now, times=0, retry_at=now)
        session.add(row)
    row.address, row.latest, row.reason, row.times = address, now, reason, row.times + 1
    if is_refused or row.retry_at is None:
        row.retry_at = None
    else:
        row.retry_at = next_attempt(row.times, row.since, now, _accepted_elsewhere(session, mailbox, row.since, now))
    return row


def _accepted_elsewhere(session: Session, mailbox: str, since: datetime, until: datetime) -> Iterator[datetime]:
    """Yields when the first message to another mailbox was accepted, on each day after a time.

    What was sent to web addresses says nothing about mail servers, and the other way round.
    """
    after = since
    is_alike = OutboxRow.mailbox.contains("://") if "://" in mailbox else ~OutboxRow.mailbox.contains("://")
    accepted = select(func.min(OutboxRow.sent_at)).where(
        OutboxRow.mailbox != mailbox, is_alike, OutboxRow.sent_at <= until
    )
    while (moment := session.scalar(accepted.where(OutboxRow.sent_at > after))) is not None:
        yield moment
        after = datetime.combine(moment.date(), time.max, UTC)


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
