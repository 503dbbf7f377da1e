"""Makes the e-mail of a digest: headers, plain text, HTML and attachments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from core.declarations import Vendor
from core.email_addresses import checked_address
from core.plurals import plural
from reports.digest_email.attachments import as_base64, base64_length, fitting_attachments
from reports.digest_email.body import Body, Footer, by_importance, compose_body, footer_piece
from reports.digest_email.entries import DigestEntry
from reports.digest_email.headers import contents_of, fingerprint, list_headers, subject, thread
from reports.digest_email.links import Links
from reports.digest_email.pieces import as_bytes, quoted_printable
from reports.vendor_text import printable
from storage import Subscriber

# The footer names at most this many vendors.
_VENDORS_NAMED = 10
# RFC 5321, section 4.5.3.1: an address has at most 254 characters, 64 of them before the @.
_LONGEST_ADDRESS = f"{'x' * 64}@{'x' * 189}"


@dataclass(frozen=True, slots=True)
class SharedEmail:
    """The parts that the e-mails of a digest to several subscribers have in common, encoded once for all of them.

    headers: the headers, without those that name the subscriber. contents: what the Message-ID depends on, besides the
    subscriber. domain: that of the sender. body: the texts without the footer. quoted: the texts before and after the
    footer as quoted-printable: of the plain part, then of the HTML part. attachments: the further parts.
    """

    headers: bytes
    contents: str
    domain: str
    body: Body
    quoted: tuple[tuple[bytes, bytes], tuple[bytes, bytes]]
    attachments: tuple[bytes, ...]

    def addressed(self, recipient: str, number_of: str, list_headers: Mapping[str, str], footer: Footer) -> bytes:
        """Returns the message to one recipient.

        recipient: a checked address. number_of: what the Message-ID depends on, besides the contents. list_headers: the
        headers about leaving.
        """
        number = fingerprint(self.contents, number_of)
        message = EmailMessage(policy=SMTP)
        message["To"] = Address(addr_spec=recipient)
        message["Message-ID"] = f"<{number}.clausewatch@{self.domain}>"
        for name, value in list_headers.items():
            message[name] = value
        headers = self.headers + _header_lines(message)
        end = footer_piece(footer)
        texts = zip(
            ("plain", "html"),
            (
                (self.body.before.plain, end.plain, self.body.after.plain),
                (self.body.before.html, end.html, self.body.after.html),
            ),
            self.quoted,
            strict=True,
        )
        # The encoded texts contain no "=_", so no text ends its part.
        alternatives = [
            _text_part(subtype, "".join(text), quoted[0] + quoted_printable(text[1]) + quoted[1])
            for subtype, text, quoted in texts
        ]
        parts = _multipart("alternative", f"=_{number}_a", alternatives)
        if self.attachments:
            parts = _multipart("mixed", f"=_{number}_m", [parts, *self.attachments])
        return headers + parts


def shared_email(
    entries: Sequence[DigestEntry],
    longest_footer: Footer,
    now: datetime,
    sender: str,
    links: Links,
    dates: str = "",
) -> SharedEmail:
    """Returns what the e-mails of a digest have in common.

    entries: the digest's entries, at least one. longest_footer: a footer for which there has to be room. now, sender,
    links, dates: as for `as_email`.
    """
    ordered = by_importance(entries)
    names = fitting_attachments([entry.attachment for entry in ordered] if not links.public_url else [])
    body = compose_body(ordered, links, names, _title(ordered), longest_footer, dates)
    attached = {entry.attachment.name: entry.attachment for entry in ordered if entry.attachment}
    return SharedEmail(
        _header_lines(_message(ordered, now, sender)),
        contents_of(ordered),
        Address(addr_spec=sender).domain,
        body,
        (
            (quoted_printable(body.before.plain), quoted_printable(body.after.plain)),
            (quoted_printable(body.before.html), quoted_printable(body.after.html)),
        ),
        tuple(
            _part("html", as_base64(attachment.content()), "base64", f'attachment; filename="{name}"')
            for name, attachment in attached.items()
            if name in names
        ),
    )


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
    shared = shared_by(subscriber.vendors, entries, vendors, now, sender, links, dates)
    return to_subscriber(shared, subscriber, vendors, sender, links)


def shared_by(
    chosen: Sequence[str],
    entries: Sequence[DigestEntry],
    vendors: Mapping[str, Vendor],
    now: datetime,
    sender: str,
    links: Links | None = None,
    dates: str = "",
) -> SharedEmail:
    """Returns what the e-mails of a digest have in common, to subscribers who have chosen the same vendors.

    chosen: the vendors and policies, as in `Subscriber.vendors`. The others: as for `as_email`.
    """
    links = links or Links()
    footer = _footer(chosen, _LONGEST_ADDRESS, vendors, sender, links)
    return shared_email(entries, footer, now, sender, links, dates)


def to_subscriber(
    shared: SharedEmail, subscriber: Subscriber, vendors: Mapping[str, Vendor], sender: str, links: Links | None = None
) -> bytes:
    """Returns the e-mail of a digest to a subscriber. shared: the result of `shared_by`, for the same arguments."""
    links = links or Links()
    address = checked_address(subscriber.address)
    headers = list_headers(address, sender, shared.domain, links)
    return shared.addressed(address, address, headers, _footer(subscriber.vendors, address, vendors, sender, links))


def on_demand_email(entries: Sequence[DigestEntry], span: str, now: datetime, sender: str, links: Links) -> bytes:
    """Returns a digest that nobody subscribed to, as `as_email` does. It is addressed to its sender.

    span: the time that the digest is about, in words.
    """
    sentence = f"This digest was made on demand. It tells the net changes {span}. No subscription sends it."
    footer = Footer((sentence,))
    return shared_email(entries, footer, now, sender, links).addressed(sender, f"{sender} {span}", {}, footer)


def _message(ordered: Sequence[DigestEntry], now: datetime, sender: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="clausewatch", addr_spec=sender)
    message["Subject"] = subject(ordered)
    message["Date"] = format_datetime(now)
    root = thread(ordered, Address(addr_spec=sender).domain)
    message["In-Reply-To"] = root
    message["References"] = root
    message["MIME-Version"] = "1.0"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5
    message["Feedback-ID"] = "digest:clausewatch"  # Gmail's feedback loop: the kind of e-mail, and its sender
    return message


def _header_lines(message: EmailMessage) -> bytes:
    """Returns the headers of a message as lines that end with CRLF."""
    # By default, the standard library breaks the line of a long header before the header's first word. Some mail
    # programs then show an empty subject. RFC 5322, section 2.1.1 allows 998 characters in a line.
    return message.as_bytes(policy=SMTP.clone(max_line_length=900)).removesuffix(b"\r\n")


def _text_part(subtype: str, text: str, quoted: bytes) -> bytes:
    """Returns a text as a part, in the encoding that makes it shorter. quoted: the text as quoted-printable."""
    content = as_bytes(text)
    if len(quoted) <= base64_length(len(content)):
        return _part(subtype, quoted, "quoted-printable")
    return _part(subtype, as_base64(content), "base64")


def _part(subtype: str, encoded: bytes, encoding: str, disposition: str = "") -> bytes:
    """Returns a text as a part (RFC 2045, section 3). disposition: '' if the part is no attachment."""
    lines = [f'Content-Type: text/{subtype}; charset="utf-8"', f"Content-Transfer-Encoding: {encoding}"]
    lines += [f"Content-Disposition: {disposition}"] if disposition else []
    return "\r\n".join([*lines, "", ""]).encode("ascii") + encoded


def _multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """Returns parts as one (RFC 2046, section 5.1). The line break before a boundary belongs to the boundary."""
    begin = f"--{boundary}\r\n".encode("ascii")
    header = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return header + b"".join(begin + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode("ascii")


def _title(ordered: Sequence[DigestEntry]) -> str:
    """Returns a line for an e-mail with several entries: how many policies have news."""
    policies = len({entry.key for entry in ordered})
    noun = "1 policy" if policies == 1 else f"{policies} policies"
    return f"News of {noun} at {plural(len({entry.key.vendor for entry in ordered}), 'vendor')}"


def _footer(chosen: Sequence[str], address: str, vendors: Mapping[str, Vendor], sender: str, links: Links) -> Footer:
    names = [
        " ".join(filter(None, (printable(vendors[slug].name), policy)))
        for slug, _, policy in (name.partition("/") for name in chosen)
        if slug in vendors
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
