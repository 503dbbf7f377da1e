"""Link targets: makes them absolute and removes tracking parameters."""

import functools
import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

# Query parameters that advertising and campaign tools add to links on any site. The names are from the lists of
# ClearURLs and AdGuard.
_TRACKING = re.compile(
    r"(?:utm|hsa|pk|piwik|mtm|matomo)_\w+|_hs(?:enc|mi)|hsctatracking|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|"
    r"yclid|ysclid|twclid|ttclid|igshid|igsh|li_fat_id|mc_[ce]id|mkt_tok|_ga|_gl|vero_(?:id|conv)|oly_(?:anon|enc)_id|"
    r"wickedid|s_cid|icid|srsltid|_openstat|rb_clickid|__s|spm|_branch_match_id",
    re.IGNORECASE,
)
_CLOUDFLARE = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-fA-F]{6,})")
# A longer link is left out. Servers and browsers refuse such addresses, and nobody types them.
_LONGEST_LINK = 4_000
# Links aren't resolved from a longer address: a page with many short links would need many times its own size.
_LONGEST_BASE = 500
_SCHEMES_WITHOUT_PAGE = ("javascript:", "data:", "about:", "vbscript:", "blob:")


def decode_cloudflare(code: str) -> str | None:
    """Returns the e-mail address that Cloudflare encoded in `data-cfemail`; None if the code isn't an encoded address.

    code: hexadecimal bytes. The first byte is a key. The other bytes are the bytes of the address, XORed with the key
        (see Cloudflare's script `email-decode.min.js`).
    """
    try:
        key, *rest = bytes.fromhex(code)
        address = bytes(byte ^ key for byte in rest).decode()
    except ValueError:
        return None
    return address if "@" in address and address.isprintable() else None


def base_of(url: str | None) -> str | None:
    """Returns the address from which relative links are resolved; None if it isn't known or has over 500 characters.

    url: the address of the page, or of its `<base>`. What follows `?` has no effect on relative links (RFC 3986,
        section 5.2) and isn't counted.
    """
    if url is None or len(url) <= _LONGEST_BASE:
        return url
    base = url.partition("#")[0].partition("?")[0]
    return base if len(base) <= _LONGEST_BASE else None


@functools.lru_cache(maxsize=4096)
def link_target(href: str, base: str | None) -> str | None:
    """Returns the target of a link, without tracking parameters.

    Returns None for links that don't lead to another page: scripts, links to a place on the same page, and empty links.
    Returns None for a link with more than 4,000 characters, too.
    `mailto:` and `tel:` targets are returned without white space and otherwise unchanged. E-mail addresses that
    Cloudflare encoded are decoded.

    href: the attribute `href`.
    base: the address from which relative links are resolved. If base is None, relative links stay relative.
    """
    if len(href) > _LONGEST_LINK:
        return None
    href = "".join(href.split()) if href.lower().startswith(("mailto:", "tel:")) else href.strip()
    encoded = _CLOUDFLARE.search(href)
    if encoded:
        address = decode_cloudflare(encoded[1])
        return f"mailto:{address}" if address else None
    if not href or href.startswith("#") or href.lower().startswith(_SCHEMES_WITHOUT_PAGE):
        return None
    try:
        target = urljoin(base, href) if base else href
        parts = urlsplit(target)
        if parts.scheme in ("mailto", "tel"):
            return target
        if "=" in parts.query:
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            kept = [(name, value) for name, value in pairs if not _TRACKING.fullmatch(name)]
            if len(kept) != len(pairs):
                target = urlunsplit(parts._replace(query=urlencode(kept)))
    except ValueError:  # a port that isn't a number, or an unclosed bracket
        return href
    return target
