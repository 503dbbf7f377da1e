"""The addresses that digests go to: e-mail addresses, webhooks and chats. The kind of an address follows from its form.

The addresses of webhooks and chats contain passwords: whoever knows one can write there. So people are shown a short
form, which names the address and doesn't give it away.
"""

import hashlib
import re
from typing import Literal
from urllib.parse import unquote, urlsplit

from core.email_addresses import checked_address
from core.exceptions import UsageError

#: `webhook`: an address that starts with https:// or http://. `chat`: another URL, for Apprise. `email`: anything else.
RecipientKind = Literal["email", "webhook", "chat"]

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=://)", re.IGNORECASE)
_WEBHOOK_SCHEMES = ("https", "http")
# Upper limits in characters. Slack's and Teams' addresses have about 300.
_LONGEST_URL = 2_000
_LONGEST_HOST = 60
# A part of the checksum, in hexadecimal digits: two of a million addresses have the same one with a probability of 40%,
# two of a thousand hardly ever, and nobody can compute the address from it.
_CHECKSUM_LENGTH = 10
_SHOWN = re.compile(rf"[a-z][a-z0-9+.-]*://[^/]*/?\.\.\.[0-9a-f]{{{_CHECKSUM_LENGTH}}}(?:/#[\w-]+)?")
# The name of a channel or room at the end of a chat's URL is no password.
_CHANNEL = re.compile(r"/#[\w-]{1,40}$")
# Apprise's own notifications to any web address. A webhook does the same, and is signed.
_ANY_WEB_ADDRESS = ("apprise", "apprises", "form", "forms", "json", "jsons", "xml", "xmls")
_EMAIL_SCHEMES = ("mailto", "mailtos")
# What shows a notification on this machine, where nobody sees it.
_THIS_MACHINE = ("blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows")


def kind_of(address: str) -> RecipientKind:
    """Returns the kind of an address, which need not be valid."""
    scheme = _scheme(address)
    if not scheme:
        return "email"
    return "webhook" if scheme in _WEBHOOK_SCHEMES else "chat"


def checked_recipient(address: str, *, allow_http: bool = False) -> str:
    """Returns an address as it is stored: without white space around it, and a scheme or a web host in lower case.

    allow_http: whether a webhook's address may start with http://, without encryption.

    UsageError if the address can't be one. The message shows no password.
    """
    text = address.strip()
    if kind_of(text) == "email":
        return checked_address(text)
    scheme = _scheme(text)
    if len(text) > _LONGEST_URL or not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(
            f"this {scheme}:// address is not valid; give it without spaces and line breaks, with special characters "
            f"percent-encoded, and with at most {_LONGEST_URL} characters"
        )
    if is_shown_form(text):
        raise UsageError(f"{text} is a short form, and nobody is subscribed under it; give the whole address")
    if kind_of(text) == "webhook":
        return _checked_webhook(text, allow_http=allow_http)
    if scheme in _ANY_WEB_ADDRESS:
        raise UsageError(f"{scheme}:// sends to any web address; give that address itself, like https://example.org/…")
    if scheme in _EMAIL_SCHEMES:
        raise UsageError(f"{scheme}:// sends e-mails; give the e-mail address itself, like name@example.com")
    if scheme in _THIS_MACHINE:
        raise UsageError(f"{scheme}:// shows a notification on this machine; give the URL of a chat, like slack://…")
    return mailbox_of(text)


def mailbox_of(address: str) -> str:
    """Returns the key of an address: two addresses with the same key are one.

    Case makes no difference in an e-mail address, in the scheme of a URL and in the host of a webhook. In the rest of a
    URL it does, and so it does in what follows the scheme of a chat: for many chats, that is a password.
    """
    scheme = _scheme(address)
    if not scheme:
        return address.lower()
    rest = address[len(scheme) + 3 :]
    if scheme not in _WEBHOOK_SCHEMES:
        return f"{scheme}://{rest}"
    host, path = _split_host(rest)
    default_port = ":443" if scheme == "https" else ":80"
    return f"{scheme}://{host.lower().removesuffix(default_port)}{path if path.startswith('/') else f'/{path}'}"


def shown_address(address: str) -> str:
    """Returns an address as people are shown it, in ASCII and without a password.

    An e-mail address is shown whole. Of a URL, these are shown: the scheme, a webhook's host, a part of a checksum, and
    the name of a chat's channel if it ends the URL: `https://hooks.example.org/...0a1b2c3d4e`,
    `slack://...0a1b2c3d4e/#legal`.
    """
    if kind_of(address) == "email" or is_shown_form(address):
        return address
    mailbox = mailbox_of(address)
    checksum = hashlib.sha256(mailbox.encode("utf-8", "replace")).hexdigest()[:_CHECKSUM_LENGTH]
    scheme = _scheme(mailbox)
    if kind_of(address) == "webhook":
        host, _ = _split_host(mailbox[len(scheme) + 3 :])
        return f"{scheme}://{host.rpartition('@')[2][:_LONGEST_HOST]}/...{checksum}"
    channel = _CHANNEL.search(mailbox)
    return f"{scheme}://...{checksum}{channel.group() if channel else ''}"


def is_shown_form(text: str) -> bool:
    """Returns whether a text is the short form of a URL (`shown_address`)."""
    return _SHOWN.fullmatch(text) is not None


def without_passwords(text: str, address: str) -> str:
    """Returns a text about an address, such as an error message, in which no part of a URL stands that may be a
    password.
    """
    if kind_of(address) == "email":
        return text
    text = text.replace(address, shown_address(address))
    parts = re.split(r"[/:@?&=#]+", address[len(_scheme(address)) + 3 :])
    if kind_of(address) == "webhook":
        parts = parts[1:]  # the host
    parts += [unquote(part) for part in parts]  # as a service's messages may quote it
    for part in sorted({part for part in parts if len(part) >= 6}, key=len, reverse=True):
        text = text.replace(part, "...")
    return text


def _checked_webhook(text: str, *, allow_http: bool) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port  # urlsplit checks the port only when this attribute is read
    except ValueError:
        parts = urlsplit("")
    if not parts.hostname:
        raise UsageError("this web address has no host, or a wrong port; give one like https://example.org/hooks/1")
    if "@" in parts.netloc:
        raise UsageError(
            f"the address of a webhook at {parts.hostname} has no user or password; receivers check the signature"
        )
    if parts.fragment or text.endswith("#"):
        raise UsageError(f"the address of a webhook at {parts.hostname} ends before the #; leave out what follows it")
    if parts.scheme == "http" and not allow_http:
        raise UsageError(
            f"http:// sends without encryption; give the address of the webhook at {parts.hostname} with https://. "
            "Webhooks with http:// need CLAUSEWATCH_ALLOW_PRIVATE=1, which also allows receivers in your own network"
        )
    return mailbox_of(text)


def _scheme(address: str) -> str:
    """Returns the scheme of a URL in lower case; '' if the address is no URL."""
    match = _SCHEME.match(address)
    return match.group().lower() if match else ""


def _split_host(rest: str) -> tuple[str, str]:
    """Returns the host of a web address with its port, and what follows. rest: the address without its scheme."""
    match = re.search(r"[/?#]", rest)
    return (rest[: match.start()], rest[match.start() :]) if match else (rest, "")
