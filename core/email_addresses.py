"""Checks e-mail addresses."""

from email.errors import MessageError
from email.headerregistry import Address

from core.exceptions import UsageError


def checked_address(address: str) -> str:
    """Returns an e-mail address without the white space around it.

    A valid address is a single address (RFC 5322, section 3.4.1) in ASCII without line breaks. Such an address can be
    put into an e-mail header unchanged. UsageError if the address is not valid.
    """
    text = address.strip()
    try:
        parsed = Address(addr_spec=text)
        is_valid = (
            text.isascii() and text.isprintable() and parsed.username and parsed.domain and parsed.addr_spec == text
        )
    except (ValueError, MessageError, IndexError, AttributeError):
        # The standard library's parser raises IndexError or AttributeError for some invalid addresses.
        is_valid = False
    if not is_valid or " " in text:
        raise UsageError(
            f"{address!r} is not an e-mail address; give one like name@example.com, without accented letters"
        )
    return text
