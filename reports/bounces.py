"""Handles messages that came back: delivery status notifications (RFC 3464) about messages from the outbox.

Anybody can write such a notification. So each message gets a signed token in a header when it is sent, and a
notification counts only if it quotes the token: mail servers return at least the headers of the message.
"""

import base64
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser

from core.exceptions import StorageError, UsageError
from core.signed_links import make_token, read_token
from reports.vendor_text import printable
from storage import Store
from views.deliveries import delivery_sentences

#: No more bytes of a notification are read. What counts stands before the text and the attachments of the message that
#: came back.
LONGEST_NOTIFICATION = 256 * 1024
_HEADER = "Clausewatch-Message"
_NOTHING_CHANGED = "Nothing was changed."
_LONGEST_REASON = 300
# Parts of a message, and recipients in a notification; usually there are three parts and one recipient.
_MOST_PARTS = 100
_END_OF_HEADERS = re.compile(rb"(?:\A|\n)\r?(?:\n|\Z)")
_PARSER = BytesHeaderParser()


def bounce_header(secret: str, message_id: int, sent_at: datetime) -> bytes:
    """Returns the header by which a message is recognized if it comes back, as a line.

    secret: the installation's secret (`storage.secrets`). message_id: the message's number in the outbox.
    sent_at: the time of sending that the outbox records, timezone-aware.
    """
    token = make_token(secret, "bounce", [message_id, sent_at.isoformat()])
    return f"{_HEADER}: {token}\r\n".encode("ascii")


def handle_bounce(store: Store, notification: bytes, now: datetime) -> str:
    """Does what follows from a message that has arrived at the sender's address. Returns a sentence that says what.

    If the message is a notification that a message of ours can't be delivered for good, its address is refused. If a
    mail server has given up trying, the message is sent again. Everything else, such as a notification that a message
    is delayed, an automatic answer, or a letter of a reader, changes nothing.

    notification: RFC 5322 bytes. Anything is accepted. now: the present time, timezone-aware.

    UsageError if the notification may be about a message of ours, but this database has never sent any. StorageError if
    the database fails, or if the message is being sent at the moment: handle the notification again a minute later.
    """
    returned = read_notification(notification[:LONGEST_NOTIFICATION])
    if returned is None:
        return f"This message is no notification about a message that clausewatch has sent. {_NOTHING_CHANGED}"
    sent = _sent_message(store, returned.token)
    address = store.outbox.sent_to(*sent) if sent else None
    if sent is not None and address is None and store.outbox.is_being_sent(sent[0]):
        raise StorageError("this message came back before it was recorded that it was sent; try again in a minute")
    if sent is None or address is None:
        return (
            "This notification is about no message in the outbox that was sent and not sent again since. "
            f"{_NOTHING_CHANGED}"
        )
    report = final_report(returned.reports, address)
    if report is None:
        return (
            f"This notification is about a message to {address}, and names other addresses, to which the message was "
            f"passed on. {_NOTHING_CHANGED}"
        )
    if report.action != "failed":
        return f"The message to {address} is {report.action}, says the mail server: {report.reason}. {_NOTHING_CHANGED}"
    trouble = store.outbox.take_back(*sent, now, f"came back: {report.reason}", is_permanent=report.is_permanent)
    return _NOTHING_CHANGED if trouble is None else next(delivery_sentences([trouble]))


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a notification says about one recipient (RFC 3464, section 2.3).

    address: the recipient's final address in lower case, after all aliases (section 2.3.2); the original one if the
        server names no other.
    action: `failed`, `delayed`, `delivered`, `relayed`, `expanded`, or anything else that a server invents.
    status: the code of RFC 3463, such as `5.1.1`; '' if the server names no such code.
    reason: the status, and the answer of the recipient's mail server if known; printable, and not long.
    """

    address: str
    action: str
    status: str
    reason: str

    @property
    def is_permanent(self) -> bool:
        """Whether trying again is of no use. RFC 3463: 4.x.x is transient, and 5.4.7 is the end of the time to try."""
        return not self.status.startswith("4.") and self.status != "5.4.7"


@dataclass(frozen=True, slots=True)
class Notification:
    """A delivery status notification. token: that of the message it is about, unchecked."""

    token: str
    reports: tuple[DeliveryReport, ...]


def read_notification(data: bytes) -> Notification | None:
    """Returns a delivery status notification; None if the message is something else, or quotes no token.

    The parts are not parsed any deeper than the notification needs, so neither nesting nor broken MIME takes long.

    data: RFC 5322 bytes; the end may be missing.
    """
    headers, body = _split(data)
    boundary = _boundary(headers)
    if headers.get_content_type() != "multipart/report" or boundary is None:
        return None
    reports: list[DeliveryReport] = []
    token = ""
    for part, content in _parts(body, boundary):
        kind = part.get_content_type()
        # The names with `global` are those of RFC 6533.
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            reports += _delivery_reports(_decoded(part, content))
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
            returned, _ = _split(_decoded(part, content))
            token = token or _field(returned, _HEADER)
    return Notification(token, tuple(reports)) if token and reports else None


def final_report(reports: Sequence[DeliveryReport], address: str) -> DeliveryReport | None:
    """Returns what a notification says about an address: that it failed, if it says so anywhere.

    None if it is only about other addresses. If the address of a team passes its messages on to a member who has left,
    the others of the team still get them.
    """
    of_address = [report for report in reports if report.address == address.lower()]
    return min(of_address, key=lambda report: report.action != "failed", default=None)


def _sent_message(store: Store, token: str) -> tuple[int, datetime] | None:
    """Returns the number of a message and the time at which it was sent; None if the token is not ours."""
    secret = store.secrets.known_for_links()
    if not secret:
        raise UsageError(
            "this database has never sent a message; set CLAUSEWATCH_DATABASE_URL to the database from which "
            "`clausewatch run` sends"
        )
    try:
        message_id, sent_at = read_token(secret, "bounce", token)
    except UsageError:
        return None
    return message_id, datetime.fromisoformat(sent_at)


def _split(data: bytes) -> tuple["Message[str, str]", bytes]:
    """Returns the headers of a message or of a part, and what follows them."""
    end = _END_OF_HEADERS.search(data)
    return _PARSER.parsebytes(data[: end.start()] if end else data), data[end.end() :] if end else b""


def _boundary(headers: "Message[str, str]") -> str | None:
    """Returns what separates the parts of a message; None if the headers don't say it, or say it wrongly."""
    try:
        boundary = headers.get_param("boundary")
    except (TypeError, ValueError):  # the standard library fails on broken continuations (RFC 2231)
        return None
    return boundary if isinstance(boundary, str) else None


def _parts(body: bytes, boundary: str) -> Iterator[tuple["Message[str, str]", bytes]]:
    """Yields the headers and the content of each part of a multipart body (RFC 2046, section 5.1.1)."""
    delimiter = re.escape(boundary.rstrip().encode("utf-8", "surrogateescape"))
    _, *parts = re.split(
        rb"^--" + delimiter + rb"(?:--)?[ \t]*\r?(?:\n|\Z)", body, maxsplit=_MOST_PARTS, flags=re.MULTILINE
    )
    yield from map(_split, parts)


def _decoded(part: "Message[str, str]", content: bytes) -> bytes:
    """Returns the content of a part without its encoding (RFC 2045, section 6)."""
    encoding = _field(part, "Content-Transfer-Encoding").lower()
    if encoding == "quoted-printable":
        return quopri.decodestring(content)
    if encoding == "base64":
        digits = re.sub(rb"[^A-Za-z0-9+/]", b"", content)
        return base64.b64decode(digits[: len(digits) // 4 * 4])
    return content


def _delivery_reports(content: bytes) -> Iterator[DeliveryReport]:
    """Yields what the fields of a notification say about each recipient. A blank line separates the recipients."""
    for block in re.split(rb"\n[ \t\r]*\n", content, maxsplit=_MOST_PARTS):
        fields = _PARSER.parsebytes(block.strip(b"\r\n"))
        final, original = (_address(_field(fields, name)) for name in ("Final-Recipient", "Original-Recipient"))
        address = final or original
        if address and (action := _field(fields, "Action").lower()):
            status = re.match(r"[245]\.\d{1,3}\.\d{1,3}", _field(fields, "Status"))
            answer = _field(fields, "Diagnostic-Code").partition(";")[2].strip()
            reason = printable(answer or (status[0] if status else "no reason given"))[:_LONGEST_REASON]
            yield DeliveryReport(address, printable(action)[:20], status[0] if status else "", reason)


def _address(field: str) -> str:
    """Returns the address in a field such as `rfc822; Ann@client.example`, in lower case."""
    return field.rpartition(";")[2].strip().strip("<>").lower()


def _field(fields: "Message[str, str]", name: str) -> str:
    """Returns a field in one line, without white space around it; '' if it is missing."""
    return " ".join(str(fields.get(name, "")).split())
