"""The targets of a page's links: made absolute, without tracking parameters."""

import functools
import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

# Parameters that campaigns and advertisers add on any site, as listed by the ClearURLs and AdGuard projects.
_TRACKING = re.compile(
    r"(?:utm|hsa|pk|piwik|mtm|matomo)_\w+|_hs(?:enc|mi)|hsctatracking|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|"
    r"yclid|ysclid|twclid|ttclid|igshid|igsh|li_fat_id|mc_[ce]id|mkt_tok|_ga|_gl|vero_(?:id|conv)|oly_(?:anon|enc)_id|"
    r"wickedid|s_cid|icid|srsltid|_openstat|rb_clickid|__s|spm|_branch_match_id",
    re.IGNORECASE,
)
_CLOUDFLARE = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-fA-F]{6,})")
_LEADING_NOWHERE = ("javascript:", "data:", "about:", "vbscript:", "blob:")


def decode_cloudflare(code: str) -> str | None:
    """Returns the e-mail address that Cloudflare encoded in `data-cfemail`; None if the code holds no address.

    The first byte is a key; the other bytes are the address, each byte XORed with the key (Cloudflare's own
    `email-decode.min.js`).
    """
    try:
        key, *rest = bytes.fromhex(code)
        address = bytes(byte ^ key for byte in rest).decode()
    except ValueError:
        return None
    return address if "@" in address and address.isprintable() else None


@functools.lru_cache(maxsize=4096)
def link_target(href: str, base: str | None) -> str | None:
    """Returns the address a link leads to, without tracking parameters; None if it leads to no other page.

    base: the address that relative links are resolved against; None leaves them relative. `mailto:` and `tel:` targets
    are returned as they are. Scripts, places on the same page and empty links lead to no other page.
    """
    href = "".join(href.split()) if href.lower().startswith(("mailto:", "tel:")) else href.strip()
    hidden = _CLOUDFLARE.search(href)
    if hidden:
        address = decode_cloudflare(hidden[1])
        return f"mailto:{address}" if address else None
    if not href or href.startswith("#") or href.lower().startswith(_LEADING_NOWHERE):
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
    except ValueError:  # a port that isn't a number, or an unclosed bracket: keep what the page says
        return href
    return target
