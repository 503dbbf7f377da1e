"""Decides which web addresses count as the same address, by the rules of a web archive's index."""

import re
from string import punctuation
from urllib.parse import quote, urlsplit

#: A longer address isn't requested: comparing it with the rules of a robots.txt would take too long, and servers refuse
#: it. Everybody must support addresses with as many characters (RFC 9110, section 4.1).
LONGEST_ADDRESS = 8_000
_LONGEST_SHOWN = 200  # characters of an address in a message
_USERINFO = re.compile(r"(?<=://)[^\s/?#\\]*@")
_WWW = re.compile(r"^www\d*\.")


def urlkey(url: str) -> str:
    """Returns the key of an address. Addresses with the same key count as the same page in an archive's index.

    The key ignores scheme, a leading `www.`, port, fragment, letter case, a trailing slash and the order of query
    parameters. The key begins with the labels of the host in reverse order:
    `com,hesk)/knowledgebase/index.php?article=78`. The rules follow the CDX server's SURT canonicalisation (Internet
    Archive `surt`, `IAURLCanonicalizer`).

    ValueError if the address has no host, or if its port or IPv6 address is invalid.
    """
    try:
        parts = urlsplit(url.strip() if "//" in url else "//" + url.strip())
        _ = parts.port  # urlsplit checks the port only when this attribute is read
    except ValueError as error:
        raise ValueError(f"{url[:_LONGEST_SHOWN]!r} is not a web address: {_reason(error)}") from None
    host = _WWW.sub("", (parts.hostname or "").rstrip("."))
    if not host:
        raise ValueError(f"{url[:_LONGEST_SHOWN]!r} is not a web address: the name of the host is missing")
    path = re.sub(r"/{2,}", "/", parts.path).lower().rstrip("/") or "/"
    query = "&".join(sorted(parts.query.lower().split("&"))) if parts.query else ""
    return f"{','.join(reversed(host.split('.')))}){path}{'?' + query if query else ''}"


def _reason(error: ValueError) -> str:
    """Returns why Python's urlsplit rejects an address, in words that name the part to correct."""
    if "Port" in str(error):
        return "the port must be a number from 0 to 65535"
    if "IPv6" in str(error):
        return "the square brackets, which enclose an IPv6 address, are wrong"
    return f"the name of the host can't be read: {error}"


def without_userinfo(text: str) -> str:
    """Returns a text in which `***` stands for the user's name and password of each web address.

    A site may redirect to an address with a password (RFC 3986, section 3.2.1). Messages must not spread it.
    """
    return _USERINFO.sub("***@", text)


def percent_encoded(location: str) -> str:
    """Returns the address in a Location header with spaces and non-ASCII bytes percent-encoded.

    location: the header's value, decoded as ISO 8859-1. Browsers request the bytes as they are, in whatever encoding.
    """
    return quote(location.strip().encode("latin-1", "replace"), safe=punctuation)
