"""Connects to a mail server, and says what its answers mean."""

import re
import select
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from threading import Timer
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

_TIMEOUT = 30  # seconds; the minutes that RFC 5321, section 4.5.3.2 recommends are too long for a cron job
# The time for connecting, and for sending one digest, in seconds. A server that sends a byte now and then would
# otherwise hold the run's lock for ever, because each byte starts the timeout anew.
_TIME_LIMIT = 120

#: What a failed attempt to send a message means.
#: `refused`: the server never accepts messages to this address, or this message.
#: `put off`: the server may accept the message later.
#: `lost`: the connection was lost, or the server ends it; it may accept the message over another connection.
#: `busy`: the server accepts nothing now, whoever the message is for.
#: `sender`: the server accepts nothing from this sender. That is the operator's fault.
Failure = Literal["refused", "put off", "lost", "busy", "sender"]

# RFC 3463: the message is too long for the mailbox (5.2.3) or for the system (5.3.4). Some servers say so as soon as
# they are told the size, in answer to the sender (RFC 1870).
_TOO_LONG = re.compile(rb"5\.(2\.3|3\.4)\b")
# Servers that don't send mail for this machine say so in answer to the recipient: "Relay access denied" (Postfix),
# "relay not permitted" (Exim), "Relaying denied" (Sendmail), "Unable to relay" (Exchange).
_RELAY = re.compile(rb"\brelay", re.IGNORECASE)


def failure_of(error: Exception) -> Failure:
    """Returns what it means that a message could not be sent. error: the exception of `smtplib.SMTP.sendmail`."""
    code, answer, is_about_sender = 0, b"", False
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        (code, answer), *_ = error.recipients.values()
    elif isinstance(error, smtplib.SMTPSenderRefused):
        code, answer = error.smtp_code, _as_bytes(error.smtp_error)
        is_about_sender = code != 552 and not _TOO_LONG.match(answer)
    elif isinstance(error, smtplib.SMTPDataError):
        code, answer = error.smtp_code, _as_bytes(error.smtp_error)
    if is_about_sender and 400 <= code < 500:
        return "busy"
    # 421: the server closes the connection (RFC 5321, section 3.8).
    if not 400 <= code < 600 or code == 421:
        return "lost"
    if code < 500:
        return "put off"
    # 530: the server requires a login (RFC 4954, section 6).
    return "sender" if is_about_sender or code == 530 or _RELAY.search(answer) else "refused"


def _as_bytes(answer: bytes | str) -> bytes:
    return answer if isinstance(answer, bytes) else answer.encode()


@contextmanager
def time_limit(server: smtplib.SMTP) -> Iterator[None]:
    """Ends the connection if the block takes longer than _TIME_LIMIT. The block then fails as if it had been lost."""

    timer = Timer(_TIME_LIMIT, abort, [server])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def abort(server: smtplib.SMTP) -> None:
    """Cuts a connection off, whatever another thread does with it. What the other thread does then fails."""
    with suppress(OSError):  # the connection is closed already
        if server.sock is not None:
            server.sock.shutdown(socket.SHUT_RDWR)


def is_over(server: smtplib.SMTP) -> bool:
    """Returns whether a connection that sends nothing at the moment has ended, or is about to.

    A server sends something unasked only if it closes the connection, for instance after a number of messages.
    """
    return server.sock is None or bool(select.select([server.sock], [], [], 0)[0])


def connector(smtp_url: str) -> Callable[[], smtplib.SMTP]:
    """Returns a function that connects to a mail server.

    smtp_url: see `reports.outbox.deliver_by_smtp`. The function raises OSError or SMTPException.
    """
    url = urlsplit(smtp_url)
    host, port = url.hostname or "", url.port

    def connect() -> smtplib.SMTP:
        server: smtplib.SMTP
        if url.scheme == "smtps":
            server = _SmtpOverTls(host, port or 465, timeout=_TIMEOUT, context=ssl.create_default_context())
        else:
            server = _Smtp(host, port or 25, timeout=_TIMEOUT)
        with time_limit(server):
            if url.scheme != "smtps":
                _use_starttls(server, url)
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
        return server

    return connect


class _Smtp(smtplib.SMTP):
    """A connection that is made within the time limit. The constructor of smtplib's class calls `connect`."""

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        with time_limit(self):
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


def leave(server: smtplib.SMTP) -> None:
    """Ends a connection. Errors make no difference any more: what the server accepted is marked as sent."""
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def reason_of(error: Exception) -> str:
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
