"""Writes the e-mail that asks an address to confirm a subscription."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from core.email_addresses import checked_address
from core.plurals import plural
from core.signed_links import CONFIRM_WITHIN
from reports.digest_email.plain_part import wrapped
from reports.vendor_text import printable

_VENDORS_NAMED = 10
_HOURS = round(CONFIRM_WITHIN.total_seconds() / 3600)


def confirmation_email(
    address: str, names: Collection[str], link: str, now: datetime, sender: str, *, is_subscribed: bool = False
) -> bytes:
    """Returns the e-mail that asks an address to confirm a subscription, as RFC 5322 bytes in ASCII.

    Anybody can have it sent to anybody. So it contains nothing that the person who asked has written: neither words to
    watch for, nor anything else that could be an advertisement.

    names: the names of the chosen vendors and policies, from their declarations; empty for all vendors.
    link: the web address that confirms. now: the present time, timezone-aware. sender: the address that it comes from.
    is_subscribed: whether the address is subscribed already, so that the new choice takes the place of the old one.

    UsageError if an address is not valid.
    """
    named = [printable(name) for name in names]
    more = len(named) - _VENDORS_NAMED
    chosen = ", ".join(named[:_VENDORS_NAMED]) + (f" and {more} more" if more > 0 else "")
    asks = (
        f"Somebody, probably you, asked clausewatch to send e-mails to {address} when privacy policies change: those "
        f"of {chosen or 'all vendors watched there'}."
    )
    paragraphs = [
        wrapped(asks),
        f"To get these e-mails, open this address and press the button:\n\n  {link}",
        wrapped(f"The address is valid for {plural(_HOURS, 'hour')}. It shows all that was chosen."),
    ]
    if is_subscribed:
        paragraphs.append(wrapped("You are subscribed already. The new choice will take the place of the present one."))
    paragraphs.append(
        wrapped("If you did not ask for this, do nothing: you get no further e-mail, and nothing is kept.")
    )
    text = "\n\n".join(paragraphs)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="clausewatch", addr_spec=checked_address(sender))
    message["To"] = Address(addr_spec=checked_address(address))
    message["Subject"] = "Confirm that you want e-mails about changes of privacy policies"
    message["Date"] = format_datetime(now)
    identity = hashlib.sha256(f"{address}\n{now.isoformat()}\n{text}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{identity}.clausewatch@{Address(addr_spec=sender).domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5
    message["Feedback-ID"] = "confirmation:clausewatch"
    message.set_content(f"{text}\n", cte="quoted-printable")
    return message.as_bytes(policy=SMTP.clone(max_line_length=900))
