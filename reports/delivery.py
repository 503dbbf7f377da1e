"""Sends the digests in the outbox: e-mails through the mail server, the others to webhooks and chats at the same time.

Neither waits for the other, and neither is stopped by a failure of the other.
"""

import ssl
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from threading import Lock, Thread

from core.escaping import escape_line
from core.exceptions import DeliveryError
from core.plurals import plural
from core.recipients import kind_of, shown_address, without_passwords
from reports import chats, webhooks
from reports.attempts import RefusedAttemptError
from reports.outbox import Sending, deliver_by_smtp
from storage import DeliveryTrouble, OutboxMessage, Store

# How many webhooks and chats are served at the same time.
_AT_ONCE = 8
# The time after which no further message is begun, in seconds. What is left waits for the next run.
_DELIVERY_LIMIT = 3600
# How long an interrupted delivery waits for the messages that are under way, in seconds.
_INTERRUPTED_WAIT = 2


def deliver(
    store: Store,
    smtp_url: str,
    sender: str,
    now: datetime,
    connections: int = 1,
    *,
    secret: str = "",
    allow_private: bool = False,
) -> Sending:
    """Sends the digests in the outbox to all subscribers.

    A digest is marked as sent only after the receiver has taken it. If an attempt ends without an answer, nobody knows
    whether the receiver has taken the digest: a later delivery sends the same one again, with the same id. The digests
    to one address are sent in order. Each webhook and chat has waits of its own: what can't be sent to it now stops
    nothing else (`core.retries`).

    smtp_url, sender, connections: as for `reports.outbox.deliver_by_smtp`. now: the present time, timezone-aware.
    secret: signs webhooks; '' for the secret that the database keeps. allow_private: whether webhooks and chats may be
    at IP addresses that aren't public.

    UsageError as for `deliver_by_smtp`. DeliveryError, too: webhooks and chats have got their digests then.
    """
    tls = cache(ssl.create_default_context)

    def post(message: OutboxMessage) -> None:
        if kind_of(message.address) == "chat":
            chats.send(message.address, message.message, allow_private=allow_private)
        else:
            key = secret or store.secrets.for_links()
            webhooks.post(message.address, message.message, key, tls(), allow_private=allow_private)

    posts = _Posts(store, post, now)
    mail_fault: DeliveryError | None = None
    try:
        posts.start()
        try:
            mails = deliver_by_smtp(store, smtp_url, sender, now, connections)
        except DeliveryError as error:
            mail_fault = error
        posted = posts.outcome()
    except BaseException:
        posts.stop()
        raise
    if mail_fault is not None:
        raise _with_posts(mail_fault, posted)
    return Sending(mails.sent + posted.sent, (*mails.troubles, *posted.troubles))


def _with_posts(mail_fault: DeliveryError, posted: Sending) -> DeliveryError:
    """Returns the mail server's fault with what became of the digests to webhooks and chats."""
    lines = "".join(
        f"\n  {escape_line(f'{shown_address(trouble.address)}: {trouble.reason}')}" for trouble in posted.troubles
    )
    sent = f"{plural(posted.sent, 'digest')} sent to webhooks and chats, " if posted.sent else ""
    return DeliveryError(f"{mail_fault}{lines}", f"{sent}{mail_fault.summary}")


class _Posts:
    """The digests to webhooks and chats, which are sent in threads.

    post: sends a message. RefusedAttemptError if the receiver takes no more messages; another exception if it did not
        take this one.
    """

    def __init__(self, store: Store, post: Callable[[OutboxMessage], None], now: datetime) -> None:
        self._store = store
        self._post = post
        self._now = now
        self._deadline = time.monotonic() + _DELIVERY_LIMIT
        self._threads: list[Thread] = []
        self._lock = Lock()  # for all fields below
        self._mailboxes = (mailbox for mailbox in store.outbox.mailboxes(now) if kind_of(mailbox) != "email")
        self._under_way: set[int] = set()
        self._sent = 0
        self._troubles: list[DeliveryTrouble] = []
        self._error: BaseException | None = None
        self._is_stopped = False

    def start(self) -> None:
        """Begins to send. Returns at once."""
        # There are no more threads than mailboxes.
        while len(self._threads) < _AT_ONCE and (mailbox := self._next_mailbox()) is not None:
            self._threads.append(Thread(target=self._work, args=(mailbox,), daemon=True))
        for thread in self._threads:
            thread.start()

    def outcome(self) -> Sending:
        """Waits until everything is sent, and returns the outcome. Raises what was raised while it was recorded."""
        for thread in self._threads:
            thread.join()
        if self._error is not None:
            raise self._error
        return Sending(self._sent, tuple(self._troubles))

    def stop(self) -> None:
        """Begins no further message, and gives those back that are under way and don't end soon."""
        with self._lock:
            self._is_stopped = True
        end = time.monotonic() + _INTERRUPTED_WAIT
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=max(0.0, end - time.monotonic()))
        with self._lock:
            left = tuple(self._under_way)
        for message_id in left:
            self._store.outbox.release(message_id)

    def _next_mailbox(self) -> str | None:
        with self._lock:
            if self._is_stopped or self._error or time.monotonic() > self._deadline:
                return None
            return next(self._mailboxes, None)

    def _work(self, first: str) -> None:
        """Sends the messages to a mailbox, then those to further mailboxes, until none is left."""
        mailbox: str | None = first
        try:
            while mailbox is not None:
                if not self._send_next(mailbox):
                    mailbox = self._next_mailbox()
        except BaseException as error:
            with self._lock:
                self._error = self._error or error

    def _send_next(self, mailbox: str) -> bool:
        """Sends the oldest message to a mailbox. Returns whether the next one may be sent, too."""
        is_over = self._is_stopped or time.monotonic() > self._deadline
        message = None if is_over else self._store.outbox.claim(mailbox, self._now)
        if message is None:
            return False
        with self._lock:
            self._under_way.add(message.id)
        try:
            return self._attempt(message)
        finally:
            with self._lock:
                self._under_way.discard(message.id)

    def _attempt(self, message: OutboxMessage) -> bool:
        try:
            self._post(message)
        except Exception as error:  # whatever goes wrong with one receiver stops no other
            reason = without_passwords(" ".join(str(error).split()) or type(error).__name__, message.address)
            if self._is_stopped:
                self._store.outbox.release(message.id)
                return False
            note = self._store.outbox.refuse if isinstance(error, RefusedAttemptError) else self._store.outbox.put_off
            trouble = note(message, self._now, reason)
            with self._lock:
                self._troubles += [trouble] if trouble is not None else []
            return False
        self._store.outbox.mark_sent(message.id, self._now)
        with self._lock:
            self._sent += 1
        return True
