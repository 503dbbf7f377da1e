"""Checks e-mail addresses."""

from email.errors import MessageError
from email.headerregistry import Address

from core.exceptions import UsageError


def checked_address(address: str) -> str:
    """Returns an e-mail address without the space around it. UsageError if it is not valid (RFC 5322, section 3.4.1).

    A valid address fits into a header as it is: ASCII, no line break, a single address.
    """
    text = address.strip()
    try:
        parsed = Address(addr_spec=text)
        fits = text.isascii() and text.isprintable() and parsed.username and parsed.domain and parsed.addr_spec == text
    except (ValueError, MessageError, IndexError, AttributeError):
        # The standard library's parser raises the last two for some invalid addresses.
        fits = False
    if not fits or " " in text:
        raise UsageError(f"{address!r} is not an e-mail address; give one like name@example.com, in ASCII")
    return text
