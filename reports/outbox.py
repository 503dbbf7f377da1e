"""Delivers the digests in the outbox: all as files in a folder, or the e-mails through a mail server."""

import os
import re
import smtplib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Literal
from urllib.parse import urlsplit

from core.email_addresses import checked_address
from core.exceptions import ClausewatchError, DeliveryError
from core.plurals import plural
from core.recipients import kind_of, mailbox_of, shown_address
from reports.bounces import bounce_header
from reports.smtp import abort, connector, failure_of, is_over, leave, reason_of, time_limit
from storage import DeliveryTrouble, OutboxMessage, Store

_SUFFIXES = {"email": ".eml", "webhook": ".json", "chat": ".txt"}
# After this many lost connections in a row, the mail server is out of order, and the rest is left to the next run.
_LOST_IN_A_ROW = 10
# The time after which a delivery begins no further message, in seconds, however slow the mail server is.
_DELIVERY_LIMIT = 3600
# How long an interrupted delivery waits for each thread to give its message back, in seconds.
_INTERRUPTED_WAIT = 2
# So many messages are claimed ahead of the threads, besides one for each thread. If the process is killed, they wait
# until their claim ends.
_CLAIMED_AHEAD = 4
# After so many seconds, claims are renewed, so that none ends while its message waits for a slow mail server.
_RENEWED_AFTER = 300


def deliver_to_directory(store: Store, directory: Path, now: datetime) -> list[Path]:
    """Writes every digest in the outbox as a file, and marks the digest as sent.

    Returns the files: .eml for an e-mail, .json for a webhook, .txt for a chat. Files are written atomically. A file's
    name consists of the time, the letters and digits of the address as people are shown it, and the message's number.
    So no address can make a file outside the folder, and no password is in a file's name.

    now: the present time, timezone-aware.

    Digests that another process is delivering at the moment are left to it. Digests to addresses that the mail server
    has refused are written, too.

    DeliveryError if a file can't be written. The digest for this file and all later digests stay in the outbox.
    """
    written: list[Path] = []
    for mailbox in store.outbox.mailboxes():
        while message := store.outbox.claim(mailbox):
            shown = shown_address(message.address).lower().replace("@", "-at-")
            recipient = re.sub(r"[^a-z0-9]+", "-", shown).strip("-")[:80]
            suffix = _SUFFIXES[kind_of(message.address)]
            path = directory / f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{recipient}-{message.id}{suffix}"
            try:
                directory.mkdir(parents=True, exist_ok=True)
                _write_whole(path, message.message)
            except BaseException as error:
                store.outbox.release(message.id)
                if not isinstance(error, OSError):
                    raise
                raise DeliveryError(
                    f"{path} can't be written: {error.strerror}; the digest stays in the outbox, and the next run "
                    "tries again",
                    f"{plural(len(written), 'digest')} written",
                ) from None
            store.outbox.mark_sent(message.id, now)
            written.append(path)
    return written


def _write_whole(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class Sending:
    """The outcome of `deliver_by_smtp`.

    sent: the number of digests that the mail server accepted.
    troubles: the addresses to which it did not accept a digest: those that are refused now, and those that are tried
        again later.
    """

    sent: int
    troubles: tuple[DeliveryTrouble, ...]


def deliver_by_smtp(
    store: Store, smtp_url: str, sender: str, now: datetime, connections: int = 1, *, only: str = ""
) -> Sending:
    """Sends the digests in the outbox that are e-mails to a mail server.

    A digest is marked as sent after the server has accepted it, as soon as the transaction about earlier ones ends. If
    the process is killed in between, or the connection is lost before the server's answer arrives, a later delivery
    sends the same message again, with the same Message-ID. Digests that another process is sending are left to it.

    An address whose digest the server can't accept now is tried again after a wait that grows from attempt to attempt
    (`core.retries`). An address that the server refuses for good gets no more messages until it is subscribed again.
    Neither stops the digests to other addresses. The digests to one address are sent in order.

    Each message gets a header by which it is recognized if it comes back (`reports.bounces`).

    smtp_url: `smtp://host:port` or `smtps://host:port`, as `core.settings` has checked it. With `smtp`, the default
        port is 25, and STARTTLS is used if the server offers STARTTLS. With `smtps`, the default port is 465, and the
        connection uses TLS from the beginning. If the server requires a login, `user:password@` stands before the host.
        The password is sent only if TLS is used and the certificate is valid, or if the server runs on this machine.
    sender: the sender's address in the SMTP envelope.
    now: the present time, timezone-aware.
    connections: the number of connections over which digests are sent at the same time, at least 1.
    only: the address to which messages are sent; '' for all.

    UsageError if `sender` is not valid. DeliveryError if the server can't be reached, refuses the login or the sender,
    loses connection after connection, or is too slow: the digests that are not sent yet stay in the outbox.
    """
    checked_address(sender)
    waiting = [mailbox_of(only)] if only else store.outbox.mailboxes(now)
    mailboxes = (mailbox for mailbox in waiting if kind_of(mailbox) == "email")
    host = urlsplit(smtp_url).hostname or ""
    return _Delivery(store, connector(smtp_url), host, sender, now, mailboxes).outcome(connections)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What has become of a message.

    fate: `sent`; `failed`: see `error`; `again`: the server takes no further message over the connection, and has said
        so before it got this one; `unsent`: the attempt was not begun; `no connection`: there can't be one, for the
        reason in `error`, and the thread ends.
    """

    message: OutboxMessage
    fate: Literal["sent", "failed", "again", "unsent", "no connection"]
    error: Exception | None = None


class _Delivery:
    """A delivery through a mail server.

    Several threads send messages, each over a connection of its own, and know nothing of the database. The calling
    thread claims messages ahead of them, and records what has become of those before, as many as there are at once:
    threads that wait for the disk after each message would leave their connections idle for most of the time.
    """

    def __init__(
        self,
        store: Store,
        connect: Callable[[], smtplib.SMTP],
        host: str,
        sender: str,
        now: datetime,
        mailboxes: Iterator[str],
    ) -> None:
        self._store = store
        self._connect = connect
        self._host = host
        self._sender = sender
        self._now = now
        self._secret = store.secrets.for_links()
        self._deadline = time.monotonic() + _DELIVERY_LIMIT
        self._mailboxes = mailboxes
        self._claimed: dict[int, OutboxMessage] = {}  # those that threads are to send, or are sending
        self._next_mailboxes: list[str] = []  # those to which a message was sent, and there may be another
        self._renewed_at = time.monotonic()
        self._to_record: list[int] = []
        self._working = 0  # the number of threads that have not given up
        self._given_back: list[str] = []
        self._sent = 0
        self._troubles: list[DeliveryTrouble] = []
        self._lost_in_a_row = 0
        self._connect_error = ""
        self._stopped_by = ""
        self._is_interrupted = False
        # What the threads know, too.
        self._to_send: SimpleQueue[OutboxMessage | None] = SimpleQueue()
        self._attempts: SimpleQueue[_Attempt] = SimpleQueue()
        self._is_stopping = Event()
        self._lock = Lock()
        self._servers: set[smtplib.SMTP] = set()

    def outcome(self, connections: int) -> Sending:
        """Sends the messages, and returns the outcome. Raises the errors of `deliver_by_smtp`."""
        self._send_over(connections)
        if self._given_back and self._sent and not self._stopped_by:  # a server may allow fewer connections than those
            self._mailboxes = chain(self._given_back, self._mailboxes)
            self._given_back = []
            self._send_over(1)
        if self._given_back or self._stopped_by:
            raise self._delivery_error()
        return Sending(self._sent, tuple(self._troubles))

    def _delivery_error(self) -> DeliveryError:
        left = self._store.outbox.waiting_emails()
        lines = "".join(f"\n  {trouble.address}: {trouble.reason}" for trouble in self._troubles)
        return DeliveryError(
            f"mail server {self._host}: {self._stopped_by or self._connect_error}. {plural(left, 'digest')} not sent. "
            "They stay in the outbox, and the next `clausewatch run` or `clausewatch digest` tries again. If this does "
            f"not end, check CLAUSEWATCH_SMTP_URL and CLAUSEWATCH_MAIL_FROM{lines}",
            f"{plural(self._sent, 'digest')} sent, {left} not sent",
        )

    def _send_over(self, connections: int) -> None:
        """Sends messages until none is left, or no connection can be made."""
        ahead = _CLAIMED_AHEAD + 2 * connections
        threads: list[Thread] = []
        try:
            self._claim(ahead)
            threads = [Thread(target=self._work, daemon=True) for _ in range(min(connections, len(self._claimed)))]
            for thread in threads:
                thread.start()
            self._working = len(threads)
            while self._claimed:
                self._settle_finished()
                if not self._working:
                    waiting = [message.address.lower() for message in self._claimed.values()]
                    self._given_back += dict.fromkeys([*self._next_mailboxes, *waiting])
                    self._record()
                    self._release_claimed()
                    break
                self._claim(ahead)
        except BaseException as error:
            self._end_early(is_interrupted=not isinstance(error, ClausewatchError))
            raise
        finally:
            for _ in threads:
                self._to_send.put(None)
            end = time.monotonic() + _INTERRUPTED_WAIT
            for thread in threads:
                if thread.ident is not None:
                    thread.join(max(end - time.monotonic(), 0) if self._is_interrupted else None)

    def _claim(self, most: int) -> None:
        """Records the sent messages, and claims further ones for the threads. most: how many may be claimed in all."""
        if time.monotonic() > self._deadline and not self._stopped_by:
            self._stop(f"the server took more than {_DELIVERY_LIMIT // 60} minutes")
        if time.monotonic() - self._renewed_at > _RENEWED_AFTER:
            self._store.outbox.renew_claims(self._claimed.keys())
            self._renewed_at = time.monotonic()
        goes_on = True
        while goes_on:
            mailboxes: list[str] = []
            if not self._is_stopping.is_set():
                mailboxes = [*self._next_mailboxes, *islice(self._mailboxes, max(most - len(self._claimed), 0))]
            messages: list[OutboxMessage] = []
            if self._to_record or mailboxes:
                messages = self._store.outbox.exchange(self._to_record, mailboxes, self._now, sent_at=self._now)
            self._to_record, self._next_mailboxes = [], []
            for message in messages:
                self._claimed[message.id] = message
                self._to_send.put(message)
            # Another process may be sending the messages to all of these mailboxes.
            goes_on = bool(mailboxes) and not self._claimed

    def _record(self) -> None:
        """Records the sent messages."""
        if self._to_record:
            self._store.outbox.exchange(self._to_record, (), sent_at=self._now)
        self._to_record, self._next_mailboxes = [], []

    def _settle_finished(self, timeout: float | None = None) -> None:
        """Records the attempts that have ended, as soon as there is one. Raises Empty at the timeout, in seconds."""
        self._settle(self._attempts.get(timeout=timeout))
        with suppress(Empty):
            while True:
                self._settle(self._attempts.get_nowait())

    def _settle(self, attempt: _Attempt) -> None:
        """Records an attempt, or has the message sent over another connection."""
        message, error = attempt.message, attempt.error
        if attempt.fate == "no connection" and error is not None:
            self._working -= 1
            self._connect_error = reason_of(error)
        if attempt.fate in ("again", "no connection") and not self._is_stopping.is_set():
            self._to_send.put(message)
            return
        del self._claimed[message.id]
        if attempt.fate == "sent":
            self._to_record.append(message.id)
            self._next_mailboxes.append(message.address.lower())
            self._sent += 1
            self._lost_in_a_row = 0
        elif attempt.fate == "failed" and error is not None:
            self._note_failure(message, error)
        else:
            self._store.outbox.release(message.id)

    def _release_claimed(self) -> None:
        """Gives back what is claimed and has not been sent."""
        with suppress(Empty):
            while True:
                self._to_send.get_nowait()
        for message_id in list(self._claimed):
            self._store.outbox.release(message_id)
            del self._claimed[message_id]

    def _stop(self, reason: str) -> None:
        self._stopped_by = reason
        self._is_stopping.set()

    def _end_early(self, *, is_interrupted: bool) -> None:
        """Records what has become of the claimed messages after an error.

        is_interrupted: whether to cut the connections off. An interrupted delivery doesn't wait for a server that
        hangs.
        """
        self._is_stopping.set()
        self._is_interrupted = is_interrupted
        if is_interrupted:
            with self._lock:
                for server in self._servers:
                    abort(server)
        with suppress(Empty):
            # Without threads, nothing more would come. If an attempt can't be recorded, the others still have to be: a
            # message that is being sent must not be given back.
            while self._claimed and self._working:
                with suppress(ClausewatchError):
                    self._settle_finished(_INTERRUPTED_WAIT if is_interrupted else None)
        with suppress(ClausewatchError):
            self._record()
            # What is left waits for a connection, and no thread begins to send it any more.
            self._release_claimed()

    def _work(self) -> None:
        """Sends one message after the other over a connection."""
        server: smtplib.SMTP | None = None
        accepted = 0
        try:
            while (message := self._to_send.get()) is not None:
                try:
                    if not self._is_stopping.is_set() and (server is None or is_over(server)):
                        self._forget(server)
                        server, accepted = None, 0
                        server = self._connect()
                        with self._lock:
                            self._servers.add(server)
                except Exception as error:
                    self._attempts.put(_Attempt(message, "no connection", error))
                    return
                if self._is_stopping.is_set() or server is None:
                    self._attempts.put(_Attempt(message, "unsent"))
                    continue
                attempt = self._attempt(server, message, accepted)
                accepted += attempt.fate == "sent"
                self._attempts.put(attempt)
        finally:
            if server is not None:
                with self._lock:
                    self._servers.discard(server)
                leave(server)

    def _forget(self, server: smtplib.SMTP | None) -> None:
        if server is not None:
            with self._lock:
                self._servers.discard(server)
            server.close()

    def _attempt(self, server: smtplib.SMTP, message: OutboxMessage, accepted: int) -> _Attempt:
        """Sends a message. accepted: the number of messages that the server has accepted over this connection."""
        try:
            header = bounce_header(self._secret, message.id, self._now)
            with time_limit(server):
                server.sendmail(self._sender, [message.address], header + message.message)
        except Exception as error:
            failure = failure_of(error)
            if server.sock is None and failure == "busy" and accepted:
                return _Attempt(message, "again")
            if failure == "lost":
                server.close()
            return _Attempt(message, "failed", error)
        return _Attempt(message, "sent")

    def _note_failure(self, message: OutboxMessage, error: Exception) -> None:
        """Records that a message could not be sent. Raises the error if it says nothing about the mail server."""
        if not isinstance(error, OSError | smtplib.SMTPException):
            raise error
        failure, reason = failure_of(error), reason_of(error)
        trouble: DeliveryTrouble | None = None
        # Once the delivery ends, a lost connection says nothing about an address.
        if failure in ("sender", "busy") or (failure == "lost" and self._is_stopping.is_set()):
            self._store.outbox.release(message.id)
        elif failure == "refused":
            trouble = self._store.outbox.refuse(message, self._now, reason)
        else:
            trouble = self._store.outbox.put_off(message, self._now, reason)
        if trouble is not None:
            self._troubles.append(trouble)
        self._lost_in_a_row = self._lost_in_a_row + 1 if failure in ("lost", "busy") else 0
        if failure == "sender":
            self._stop(f"it refuses messages from {self._sender}: {reason}")
        elif failure == "busy" or self._lost_in_a_row >= _LOST_IN_A_ROW:
            self._stop(self._stopped_by or reason)
