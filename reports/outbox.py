"""Out of the outbox: into a folder as .eml files, or to a mail server."""

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
from reports.digest import checked_address
from storage import Store

_TIMEOUT = 30  # seconds; RFC 5321, section 4.5.3.2 allows minutes, which a cron job should not wait


def deliver_to_directory(store: Store, directory: Path, now: datetime) -> list[Path]:
    """Writes every message of the outbox as an .eml file and marks it sent; the files, oldest message first.

    A file appears whole or not at all. Its name is made of the time, the address and the message's number, so that
    nothing from outside can lead elsewhere. now: timezone-aware UTC. DeliveryError when a file cannot be written;
    that message and those after it stay in the outbox.
    """
    written = []
    for message in store.subscriptions.outbox():
        who = re.sub(r"[^a-z0-9]+", "-", message.address.lower().replace("@", "-at-")).strip("-")[:80]
        path = directory / f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{who}-{message.id}.eml"
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
    """Sends every message of the outbox; how many the server took. Each is marked sent only after it was taken.

    smtp_url: `smtp://host:port` (port 25, STARTTLS where offered) or `smtps://host:port` (465, TLS from the start),
    with `user:password@` where the server asks for it, which are only sent through verified TLS, or to this machine.
    UsageError when it is no such address. DeliveryError names the addresses whose message the server did not take,
    and why; the others are sent all the same, those stay in the outbox.
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
                place = urlsplit(smtp_url).hostname
                raise DeliveryError(
                    f"mail server {place}: {_reason(error)}; {len(waiting) - sent} of {len(waiting)} digests stay in "
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
            _say_goodbye(server)
    if refused:
        lines = "\n  ".join(refused)
        raise DeliveryError(
            f"{sent} of {len(waiting)} digests sent; the mail server did not take those to\n  {lines}\n"
            "They stay in the outbox and are tried again next time; `clausewatch unsubscribe ADDRESS` ends that."
        )
    return sent


def _connector(smtp_url: str) -> Callable[[], smtplib.SMTP]:
    """How to open a connection to that server. UsageError when the address is none."""
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
    return lambda: _logged_in(_started(smtplib.SMTP(host, port or 25, timeout=_TIMEOUT), url), url)


def _started(server: smtplib.SMTP, url: SplitResult) -> smtplib.SMTP:
    """The connection after STARTTLS where the server offers it."""
    server.ehlo()
    if server.has_extn("starttls"):
        context = ssl.create_default_context()
        if not url.username:
            # Nobody's secret is at stake, and the same mail would go in the clear without STARTTLS: any certificate
            # is better than none (opportunistic security, RFC 7435).
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        server.starttls(context=context)
        server.ehlo()
    elif url.username and not _is_this_machine(url.hostname or ""):
        server.close()
        raise smtplib.SMTPNotSupportedError("offers no TLS, and the password would go in the clear; use smtps://")
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


def _say_goodbye(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()  # everything it took is marked already


def _reason(error: Exception) -> str:
    """What the server said, in a line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        (code, said), *_ = error.recipients.values()
        return f"{code} {_decoded(said)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return " ".join(str(error).split()) or type(error).__name__


def _decoded(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())
