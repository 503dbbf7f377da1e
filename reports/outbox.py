"""Delivers the digests in the outbox: as .eml files in a folder, or through a mail server."""

import os
import re
import smtplib
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from core.email_addresses import checked_address
from core.exceptions import DeliveryError
from core.plurals import plural
from storage import Store

_TIMEOUT = 30  # seconds; the minutes that RFC 5321, section 4.5.3.2 recommends are too long for a cron job
# The time for connecting, and for sending one digest, in seconds. A server that sends a byte now and then would
# otherwise hold the run's lock for ever, because each byte starts the timeout anew.
_TIME_LIMIT = 120


def deliver_to_directory(store: Store, directory: Path, now: datetime) -> list[Path]:
    """Writes every digest in the outbox as an .eml file, and marks the digest as sent.

    Returns the files, oldest first. Files are written atomically. A file's name consists of the time, the letters and
    digits of the e-mail address, and the message's number. So no e-mail address can make a file outside the folder.

    now: the present time, timezone-aware.

    Digests that another process is delivering at the moment are left to it.

    DeliveryError if a file can't be written. The digest for this file and all later digests stay in the outbox.
    """
    written: list[Path] = []
    waiting = store.subscriptions.outbox()
    for message in waiting:
        if not store.subscriptions.claim(message.id):
            continue
        recipient = re.sub(r"[^a-z0-9]+", "-", message.address.lower().replace("@", "-at-")).strip("-")[:80]
        path = directory / f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{recipient}-{message.id}.eml"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            _write_whole(path, message.message)
        except BaseException as error:
            store.subscriptions.release(message.id)
            if not isinstance(error, OSError):
                raise
            raise DeliveryError(
                f"{path} can't be written: {error.strerror}; the digest stays in the outbox, and the next run tries "
                "again",
                f"{len(written)} of {plural(len(waiting), 'digest')} written",
            ) from None
        store.subscriptions.mark_sent(message.id, now)
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


def deliver_by_smtp(store: Store, smtp_url: str, sender: str, now: datetime) -> int:
    """Sends every digest in the outbox to a mail server. Returns the number of digests that the server accepted.

    A digest is marked as sent only after the server has accepted it. Digests that another process is sending at the
    moment are left to it. If the connection is lost before the server's answer arrives, nobody knows whether the server
    has accepted the digest; the next delivery sends the same message again, with the same Message-ID.

    smtp_url: `smtp://host:port` or `smtps://host:port`, as `core.settings` has checked it. With `smtp`, the default
        port is 25, and STARTTLS is used if the server offers STARTTLS. With `smtps`, the default port is 465, and the
        connection uses TLS from the beginning. If the server requires a login, `user:password@` stands before the host.
        The password is sent only if TLS is used and the certificate is valid, or if the server runs on this machine.
    sender: the sender's address in the SMTP envelope.
    now: the present time, timezone-aware.

    UsageError if `sender` is not valid. DeliveryError if the server can't be reached: in this case, the digests that
    are not sent yet stay in the outbox. DeliveryError also if the server rejects digests: in this case, the rejected
    digests stay in the outbox, and all other digests are sent. The error's message names the addresses of the rejected
    digests and the server's reasons.
    """
    connect = _connector(smtp_url)
    checked_address(sender)
    waiting = store.subscriptions.outbox()
    if not waiting:
        return 0
    sent, refused = 0, []
    server: smtplib.SMTP | None = None
    try:
        for message in waiting:
            try:
                server = server or connect()
            except (OSError, smtplib.SMTPException) as error:
                host = urlsplit(smtp_url).hostname
                raise DeliveryError(
                    f"mail server {host}: {_reason(error)}. {len(waiting) - sent} of {plural(len(waiting), 'digest')} "
                    "not "
                    "sent. They stay in the outbox, and the next `clausewatch run` or `clausewatch digest` tries "
                    "again. If "
                    "this does not end, check CLAUSEWATCH_SMTP_URL",
                    f"{sent} of {plural(len(waiting), 'digest')} sent",
                ) from None
            if not store.subscriptions.claim(message.id):
                continue
            try:
                with _time_limit(server):
                    server.sendmail(sender, [message.address], message.message)
            except BaseException as error:
                store.subscriptions.release(message.id)
                if not isinstance(error, OSError | smtplib.SMTPException):
                    server.close()  # the server may hang, so an interrupted delivery doesn't wait for its farewell
                    server = None
                    raise
                refused.append(f"{message.address}: {_reason(error)}")
                # smtplib closes the connection if the server ends it (421).
                if server.sock is None or not isinstance(error, smtplib.SMTPException):
                    server.close()
                    server = None
                continue
            store.subscriptions.mark_sent(message.id, now)
            sent += 1
    finally:
        if server is not None:
            _quit(server)
    if refused:
        lines = "\n  ".join(refused)
        summary = f"{sent} of {plural(len(waiting), 'digest')} sent"
        raise DeliveryError(
            f"{summary}; the mail server refused the digests to\n  {lines}\n"
            "Refused digests stay in the outbox, and the next `clausewatch run` or `clausewatch digest` tries again. "
            "If an "
            "address is no longer valid, `clausewatch unsubscribe ADDRESS` ends its subscription and deletes its "
            "digests.",
            summary,
        )
    return sent


@contextmanager
def _time_limit(server: smtplib.SMTP) -> Iterator[None]:
    """Ends the connection if the block takes longer than _TIME_LIMIT. The block then fails as if it had been lost."""

    def end() -> None:
        with suppress(OSError):  # the connection is closed already
            if server.sock is not None:
                server.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(_TIME_LIMIT, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _connector(smtp_url: str) -> Callable[[], smtplib.SMTP]:
    """Returns a function that connects to the mail server."""
    url = urlsplit(smtp_url)
    host, port = url.hostname or "", url.port

    def connect() -> smtplib.SMTP:
        server: smtplib.SMTP
        if url.scheme == "smtps":
            server = _SmtpOverTls(host, port or 465, timeout=_TIMEOUT, context=ssl.create_default_context())
        else:
            server = _Smtp(host, port or 25, timeout=_TIMEOUT)
        with _time_limit(server):
            if url.scheme != "smtps":
                _use_starttls(server, url)
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
        return server

    return connect


class _Smtp(smtplib.SMTP):
    """A connection that is made within the time limit. The constructor of smtplib's class calls `connect`."""

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        with _time_limit(self):
            return super().connect(host, port, source_address)


class _SmtpOverTls(_Smtp, smtplib.SMTP_SSL):
    """The same with TLS from the beginning."""


def _use_starttls(server: smtplib.SMTP, url: SplitResult) -> None:
    """Starts TLS on the connection if the server offers STARTTLS."""
    server.ehlo()
    if server.has_extn("starttls"):
        context = ssl.create_default_context()
        if not url.username:
            # Without a login, no password can leak. Without STARTTLS, the digest would be sent unencrypted. So
            # encryption with an unverified certificate is better than no encryption (opportunistic security, RFC 7435).
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        server.starttls(context=context)
        server.ehlo()
    elif url.username and not _is_this_machine(url.hostname or ""):
        server.close()
        raise smtplib.SMTPNotSupportedError(
            "the server offers no encryption (TLS), so the password was not sent; give a server that offers it"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _quit(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()  # all messages that the server accepted are already marked as sent


def _reason(error: Exception) -> str:
    """Returns the mail server's reply, or the error's text, in one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        (code, answer), *_ = error.recipients.values()
        return f"{code} {_decoded(answer)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return " ".join(str(error).split()) or type(error).__name__


def _decoded(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
