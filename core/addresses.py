"""Which address counts as which: as the index of a web archive has it."""

import re
from urllib.parse import urlsplit

_WWW = re.compile(r"^www\d*\.")


def urlkey(url: str) -> str:
    """The key under which addresses that an archive's index holds for the same are equal.

    Scheme, a leading `www.`, port, fragment, letter case, a trailing slash and the order of query parameters make no
    difference. The rules are those of the CDX server's SURT canonicalisation (Internet Archive `surt`,
    `IAURLCanonicalizer`), host first: `com,hesk)/knowledgebase/index.php?article=78`.

    ValueError when the address has no host, or a port or an IPv6 address that is none.
    """
    try:
        parts = urlsplit(url.strip() if "//" in url else "//" + url.strip())
        _ = parts.port  # which is read, and found wrong, only now
    except ValueError as error:
        raise ValueError(f"{url!r} is no web address: {error}") from None
    host = _WWW.sub("", (parts.hostname or "").rstrip("."))
    if not host:
        raise ValueError(f"{url!r} has no host")
    path = re.sub(r"/{2,}", "/", parts.path).lower().rstrip("/") or "/"
    query = "&".join(sorted(parts.query.lower().split("&"))) if parts.query else ""
    return f"{','.join(reversed(host.split('.')))}){path}{'?' + query if query else ''}"
