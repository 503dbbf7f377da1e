"""Where a page's links lead: absolute, without what only tracks the reader."""

import functools
import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

# Parameters that campaigns and advertisers add; as listed by the ClearURLs and AdGuard projects for all sites.
_TRACKING = re.compile(
    r"(?:utm|hsa|pk|piwik|mtm|matomo)_\w+|_hs(?:enc|mi)|hsctatracking|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|"
    r"yclid|ysclid|twclid|ttclid|igshid|igsh|li_fat_id|mc_[ce]id|mkt_tok|_ga|_gl|vero_(?:id|conv)|oly_(?:anon|enc)_id|"
    r"wickedid|s_cid|icid|srsltid|_openstat|rb_clickid|__s|spm|_branch_match_id",
    re.IGNORECASE,
)
_CLOUDFLARE = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-fA-F]{6,})")
_WITHOUT_PLACE = ("javascript:", "data:", "about:", "vbscript:", "blob:")


def decode_cloudflare(code: str) -> str | None:
    """The e-mail address that Cloudflare hid in `data-cfemail`; None when the code hides none.

    The first byte is the key, every other byte is one of the address combined with it by exclusive or
    (Cloudflare's own `email-decode.min.js`).
    """
    try:
        key, *rest = bytes.fromhex(code)
        address = bytes(byte ^ key for byte in rest).decode()
    except ValueError:
        return None
    return address if "@" in address and address.isprintable() else None


@functools.lru_cache(maxsize=4096)
def link_target(href: str, base: str | None) -> str | None:
    """The address a link leads to: absolute against base where there is one, tracking parameters dropped.

    `mailto:` and `tel:` are kept. None for what leads nowhere else: scripts, places on the same page, nothing.
    """
    href = "".join(href.split()) if href.lower().startswith(("mailto:", "tel:")) else href.strip()
    hidden = _CLOUDFLARE.search(href)
    if hidden:
        address = decode_cloudflare(hidden[1])
        return f"mailto:{address}" if address else None
    if not href or href.startswith("#") or href.lower().startswith(_WITHOUT_PLACE):
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
    except ValueError:  # a port that is no number, brackets that do not close: the page's own words then
        return href
    return target
