"""Delivers the messages in the outbox: as .eml files in a folder, or to a mail server."""

import os
import re
import smtplib
import ssl
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from core.exceptions import DeliveryError, UsageError
from reports.email_address import checked_address
from storage import Store

_TIMEOUT = 30  # seconds; RFC 5321, section 4.5.3.2 allows minutes, which is too long for a cron job


def deliver_to_directory(store: Store, directory: Path, now: datetime) -> list[Path]:
    """Writes every message of the outbox as an .eml file, marks it as sent, and returns the files, oldest first.

    A file appears whole or not at all. Its name consists of the time, the letters and digits of the address, and the
    message's number, so no address can lead out of the folder.

    now: timezone-aware.

    DeliveryError if a file cannot be written; that message and all later ones stay in the outbox.
    """
    written = []
    for message in store.subscriptions.outbox():
        recipient = re.sub(r"[^a-z0-9]+", "-", message.address.lower().replace("@", "-at-")).strip("-")[:80]
        path = directory / f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{recipient}-{message.id}.eml"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            _write_whole(path, message.message)
        except OSError as error:
            raise DeliveryError(f"{path}: {error.strerror}; the digest stays in the outbox") from None
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
    """Sends every message of the outbox to a mail server, and returns how many the server accepted.

    Each message is marked as sent only after the server accepted it.

    smtp_url: `smtp://host:port` (port 25 if none is given; STARTTLS if offered) or `smtps://host:port` (465; TLS from
        the start), with `user:password@` if the server requires a login. A password is sent only through verified TLS,
        or to this machine. sender: the envelope's address. now: timezone-aware.

    UsageError if `smtp_url` or `sender` is not valid. DeliveryError if the server can't be reached, or if it refused
    messages: it names their addresses and the reasons. Refused messages stay in the outbox; all others are sent.
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
                    f"mail server {host}: {_reason(error)}; {len(waiting) - sent} of {len(waiting)} digests stay in "
                    "the outbox; check CLAUSEWATCH_SMTP_URL"
                ) from None
            try:
                server.sendmail(sender, [message.address], message.message)
            except (OSError, smtplib.SMTPException) as error:
                refused.append(f"{message.address}: {_reason(error)}")
                if isinstance(error, smtplib.SMTPServerDisconnected) or not isinstance(error, smtplib.SMTPException):
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
        raise DeliveryError(
            f"{sent} of {len(waiting)} digests sent; the mail server refused the digests to\n  {lines}\n"
            "They stay in the outbox and are sent again next time; `clausewatch unsubscribe ADDRESS` ends that."
        )
    return sent


def _connector(smtp_url: str) -> Callable[[], smtplib.SMTP]:
    """Returns a function that connects to the server. UsageError if the URL is not valid."""
    try:
        url = urlsplit(smtp_url)
        port = url.port
    except ValueError:
        port, url = None, urlsplit("")
    if url.scheme not in ("smtp", "smtps") or not url.hostname or url.path.strip("/") or url.query:
        raise UsageError(
            "CLAUSEWATCH_SMTP_URL must be like smtp://host:25 or smtps://user:password@host:465, "
            "with special characters in the password percent-encoded"
        )
    host = url.hostname
    if url.scheme == "smtps":
        return lambda: _logged_in(
            smtplib.SMTP_SSL(host, port or 465, timeout=_TIMEOUT, context=ssl.create_default_context()), url
        )
    return lambda: _logged_in(_with_starttls(smtplib.SMTP(host, port or 25, timeout=_TIMEOUT), url), url)


def _with_starttls(server: smtplib.SMTP, url: SplitResult) -> smtplib.SMTP:
    """Starts TLS on the connection if the server offers it."""
    server.ehlo()
    if server.has_extn("starttls"):
        context = ssl.create_default_context()
        if not url.username:
            # No password is at stake, and without STARTTLS the same mail would go in the clear, so any certificate is
            # better than none (opportunistic security, RFC 7435).
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        server.starttls(context=context)
        server.ehlo()
    elif url.username and not _is_this_machine(url.hostname or ""):
        server.close()
        raise smtplib.SMTPNotSupportedError("it offers no TLS, so the password would be sent unencrypted; use smtps://")
    return server


def _logged_in(server: smtplib.SMTP, url: SplitResult) -> smtplib.SMTP:
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
    return server


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _quit(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()  # the messages it accepted are marked already


def _reason(error: Exception) -> str:
    """Returns what the server answered, in one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        (code, answer), *_ = error.recipients.values()
        return f"{code} {_decoded(answer)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return " ".join(str(error).split()) or type(error).__name__


def _decoded(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
