"""Delivers the digests in the outbox: all as files in a folder, or the e-mails through a mail server."""

import os
import re
import smtplib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import urlsplit

from core.email_addresses import checked_address
from core.exceptions import DeliveryError
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

    A digest is marked as sent only after the server has accepted it. Digests that another process is sending at the
    moment are left to it. If the connection is lost before the server's answer arrives, nobody knows whether the server
    has accepted the digest; a later delivery sends the same message again, with the same Message-ID.

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


class _Delivery:
    """A delivery through a mail server, by several threads. Each thread has a connection of its own."""

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
        self._lock = Lock()  # for all fields below
        self._mailboxes = mailboxes
        self._given_back: list[str] = []
        self._servers: dict[smtplib.SMTP, int] = {}  # with the number of messages that each has accepted
        self._sent = 0
        self._troubles: list[DeliveryTrouble] = []
        self._lost_in_a_row = 0
        self._connect_error = ""
        self._stopped_by = ""
        self._error: BaseException | None = None
        self._is_interrupted = False

    def outcome(self, connections: int) -> Sending:
        """Sends the messages, and returns the outcome. Raises the errors of `deliver_by_smtp`."""
        self._run_threads(connections)
        if self._given_back and self._sent:  # a server may allow fewer connections than those
            self._run_threads(1)
        if self._error is not None:
            raise self._error
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

    def _run_threads(self, connections: int) -> None:
        threads: list[Thread] = []
        # There are no more threads than mailboxes.
        while len(threads) < connections and (mailbox := self._next_mailbox()) is not None:
            threads.append(Thread(target=self._work, args=(mailbox,), daemon=True))
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException:
            # An interrupted delivery doesn't wait for a server that hangs. The threads give their messages back.
            self._is_interrupted = True
            with self._lock:
                for server in self._servers:
                    abort(server)
            for thread in threads:
                if thread.ident is not None:
                    thread.join(timeout=_INTERRUPTED_WAIT)
            raise

    def _next_mailbox(self) -> str | None:
        with self._lock:
            if self._stopped_by or self._is_interrupted or self._error:
                return None
            if time.monotonic() > self._deadline:
                self._stopped_by = f"the server took more than {_DELIVERY_LIMIT // 60} minutes"
                return None
            return self._given_back.pop() if self._given_back else next(self._mailboxes, None)

    def _work(self, first: str) -> None:
        """Sends the messages to a mailbox, then those to further mailboxes, until none is left."""
        mailbox: str | None = first
        server: smtplib.SMTP | None = None
        try:
            while mailbox is not None:
                if server is None or is_over(server):
                    server = self._connected(server, mailbox)
                    if server is None:
                        return
                if not self._send_next(server, mailbox):
                    mailbox = self._next_mailbox()
        except BaseException as error:
            with self._lock:
                self._error = self._error or error
        finally:
            if server is not None:
                with self._lock:
                    self._servers.pop(server, None)
                leave(server)

    def _connected(self, former: smtplib.SMTP | None, mailbox: str) -> smtplib.SMTP | None:
        """Returns a new connection; None, after giving the mailbox back, if there can't be one."""
        if former is not None:
            with self._lock:
                self._servers.pop(former, None)
            former.close()
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            with self._lock:
                self._connect_error = reason_of(error)
                self._given_back.append(mailbox)
            return None
        with self._lock:
            self._servers[server] = 0
        return server

    def _send_next(self, server: smtplib.SMTP, mailbox: str) -> bool:
        """Sends the oldest message to a mailbox. Returns whether the next one may be sent, too."""
        message = self._store.outbox.claim(mailbox, self._now)
        if message is None:
            return False
        try:
            if self._is_interrupted:
                raise KeyboardInterrupt
            with time_limit(server):
                header = bounce_header(self._secret, message.id, self._now)
                server.sendmail(self._sender, [message.address], header + message.message)
        except (OSError, smtplib.SMTPException) as error:
            return self._note_failure(server, message, error)
        except BaseException:
            self._store.outbox.release(message.id)
            raise
        self._store.outbox.mark_sent(message.id, self._now)
        with self._lock:
            self._servers[server] += 1
            self._sent += 1
            self._lost_in_a_row = 0
        return True

    def _note_failure(self, server: smtplib.SMTP, message: OutboxMessage, error: Exception) -> bool:
        """Records that a message could not be sent. Returns whether it may be sent over another connection at once."""
        failure, reason = failure_of(error), reason_of(error)
        if server.sock is None and failure == "busy" and self._servers[server]:
            # The server takes no further message over this connection, and has said so before it got this one.
            self._store.outbox.release(message.id)
            return True
        if failure == "lost":
            server.close()
        if failure in ("sender", "busy") or self._is_interrupted:
            self._store.outbox.release(message.id)
            trouble = None
        elif failure == "refused":
            trouble = self._store.outbox.refuse(message, self._now, reason)
        else:
            trouble = self._store.outbox.put_off(message, self._now, reason)
        with self._lock:
            if trouble is not None:
                self._troubles.append(trouble)
            self._lost_in_a_row = self._lost_in_a_row + 1 if failure in ("lost", "busy") else 0
            if failure == "sender":
                self._stopped_by = f"it refuses messages from {self._sender}: {reason}"
            elif failure == "busy" or self._lost_in_a_row >= _LOST_IN_A_ROW:
                self._stopped_by = self._stopped_by or reason
        return False
