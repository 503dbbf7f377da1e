"""Makes the e-mail of a digest: headers, plain text, HTML and attachments."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from core.declarations import Vendor
from core.email_addresses import checked_address
from core.plurals import plural
from reports.digest_email.attachments import base64_length, fitting_attachments
from reports.digest_email.body import Body, Footer, by_importance, compose_body
from reports.digest_email.entries import DigestEntry
from reports.digest_email.headers import fingerprint, list_headers, subject, thread
from reports.digest_email.links import Links
from reports.digest_email.pieces import as_bytes, quoted_printable
from reports.vendor_text import printable
from storage import Subscriber

# The footer names at most this many vendors.
_VENDORS_NAMED = 10


def as_email(
    entries: Sequence[DigestEntry],
    subscriber: Subscriber,
    vendors: Mapping[str, Vendor],
    now: datetime,
    sender: str,
    links: Links | None = None,
    dates: str = "",
) -> bytes:
    """Returns the e-mail of a digest, in plain text and HTML.

    The result is an RFC 5322 message as bytes: ASCII only, with CRLF line ends. The Message-ID depends only on the
    subscriber and the changes, so that mail programs recognize a message that is sent twice.

    entries: the digest's entries, at least one.
    vendors: all declared vendors, by slug.
    now: the present time, timezone-aware, in UTC.
    sender: the e-mail address that the digest comes from.
    links: where the e-mail's links lead; None if there is no reading room for others. Without one, the entries'
        reports are attached.
    dates: the language in which dates are written (`reports.digest_email.local_dates`); '' for ISO 8601.
    """
    links = links or Links()
    address = checked_address(subscriber.address)
    ordered = by_importance(entries)
    domain = Address(addr_spec=sender).domain
    message = _message(ordered, address, now, sender)
    number = fingerprint(ordered, address)
    message["Message-ID"] = f"<{number}.clausewatch@{domain}>"
    for name, value in list_headers(address, sender, domain, links).items():
        message[name] = value
    return _with_content(message, ordered, links, _footer(subscriber, address, vendors, sender, links), number, dates)


def on_demand_email(entries: Sequence[DigestEntry], span: str, now: datetime, sender: str, links: Links) -> bytes:
    """Returns a digest that nobody subscribed to, as `as_email` does. It is addressed to its sender.

    span: the time that the digest is about, in words.
    """
    ordered = by_importance(entries)
    message = _message(ordered, sender, now, sender)
    number = fingerprint(ordered, f"{sender} {span}")
    message["Message-ID"] = f"<{number}.clausewatch@{Address(addr_spec=sender).domain}>"
    sentence = f"This digest was made on demand. It tells the net changes {span}. No subscription sends it."
    return _with_content(message, ordered, links, Footer((sentence,)), number)


def _message(ordered: Sequence[DigestEntry], recipient: str, now: datetime, sender: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="clausewatch", addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject(ordered)
    message["Date"] = format_datetime(now)
    root = thread(ordered, Address(addr_spec=sender).domain)
    message["In-Reply-To"] = root
    message["References"] = root
    message["MIME-Version"] = "1.0"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5
    message["Feedback-ID"] = "digest:clausewatch"  # Gmail's feedback loop: the kind of e-mail, and its sender
    return message


def _with_content(
    message: EmailMessage, ordered: Sequence[DigestEntry], links: Links, footer: Footer, number: str, dates: str = ""
) -> bytes:
    names = fitting_attachments([entry.attachment for entry in ordered] if not links.public_url else [])
    body = compose_body(ordered, links, names, _title(ordered), footer, dates)
    alternative = message
    if names:
        alternative = EmailMessage(policy=SMTP)
    _add_alternatives(alternative, body, f"=_{number}_a")
    if names:
        message.make_mixed(boundary=f"=_{number}_m")
        message.attach(alternative)
        for name, content in {
            entry.attachment.name: entry.attachment.content() for entry in ordered if entry.attachment
        }.items():
            if name in names:
                part = _part("html", content)
                part["Content-Disposition"] = f'attachment; filename="{name}"'
                message.attach(part)
    # By default, the standard library breaks the line of a long header before the header's first word. Some mail
    # programs then show an empty subject. RFC 5322, section 2.1.1 allows 998 characters in a line.
    return message.as_bytes(policy=SMTP.clone(max_line_length=900))


def _add_alternatives(message: EmailMessage, body: Body, boundary: str) -> None:
    # The encoded texts contain no "=_", so no text ends its part.
    message.make_alternative(boundary=boundary)
    for subtype, text in (("plain", body.plain), ("html", body.html)):
        message.attach(_part(subtype, as_bytes(text), quoted_printable(text)))


def _part(subtype: str, content: bytes, quoted: bytes | None = None) -> EmailMessage:
    """Returns a part in the encoding that makes it shorter. quoted: the content as quoted-printable, if that may be."""
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    if quoted is not None and len(quoted) <= base64_length(len(content)):
        part["Content-Transfer-Encoding"] = "quoted-printable"
        part.set_payload(quoted.decode("ascii").replace("\r\n", "\n"))
    else:
        part["Content-Transfer-Encoding"] = "base64"
        part.set_payload(base64.encodebytes(content).decode("ascii"))
    return part


def _title(ordered: Sequence[DigestEntry]) -> str:
    """Returns a line for an e-mail with several entries: how many policies have news."""
    policies = len({entry.key for entry in ordered})
    noun = "1 policy" if policies == 1 else f"{policies} policies"
    return f"News of {noun} at {plural(len({entry.key.vendor for entry in ordered}), 'vendor')}"


def _footer(subscriber: Subscriber, address: str, vendors: Mapping[str, Vendor], sender: str, links: Links) -> Footer:
    chosen = [name.partition("/") for name in subscriber.vendors]
    names = [
        " ".join(filter(None, (printable(vendors[slug].name), policy))) for slug, _, policy in chosen if slug in vendors
    ]
    more = len(names) - _VENDORS_NAMED
    listed = ", ".join(names[:_VENDORS_NAMED]) + (f" and {more} more" if more > 0 else "")
    reason = f"{address} is subscribed to changes at {listed or 'all vendors watched here'}."
    if page := links.unsubscribe_page(address):
        return Footer((reason,), page, "Stop these e-mails", preferences=links.preferences_page(address))
    how_to_stop = (
        f"To stop these e-mails, write to {links.operator or sender}, or reply to this e-mail. The operator of "
        "clausewatch then stops them with this command:"
    )
    return Footer((reason, how_to_stop), command=f"clausewatch unsubscribe {address}")
