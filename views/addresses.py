"""The addresses of the reading room's pages: relative to the address of the room, beginning with a slash.

Pages, feeds, the API and e-mails all take addresses from here. Addresses are stable: people cite them. An address that
names a version by its id never changes its meaning. Pages that belong to no vendor begin with `/-/`, because no slug
begins with a hyphen.
"""

from urllib.parse import quote, urlencode

from core.policies import PolicyKey

HOME = "/"
SEARCH = "/-/search"
API = "/-/api/v1"
API_PAGE = "/-/api"
REVIEW = "/-/review"
OPERATOR = "/-/operator"
SUBSCRIBE = "/-/subscribe"
FEED = "/-/feed.atom"
SEARCH_FEED = "/-/search.atom"


def vendor_page(vendor: str) -> str:
    """Returns the address of a vendor's page. vendor: the vendor's slug."""
    return f"/{vendor}"


def policy_page(key: PolicyKey) -> str:
    """Returns the address of a policy's timeline."""
    return f"/{key.vendor}/{key.policy}"


def version_page(key: PolicyKey, when: str, position: int | None = None) -> str:
    """Returns the address of the text of a version.

    when: `@id`, a number or a date, as commands accept it. position: the position of a clause in the version, from 0,
    to which the address points; None for the whole text. The address has the clause's number, from 1.
    """
    fragment = "" if position is None else f"#clause-{position + 1}"
    return f"{policy_page(key)}/{_when(when)}{fragment}"


def comparison_page(key: PolicyKey, old: str, new: str, change: int | None = None) -> str:
    """Returns the address of the comparison of two versions.

    old, new: `@id`, a number or a date, as commands accept it. change: the number of a change, from 1, to which the
    address points; None for the whole comparison.
    """
    fragment = f"#change-{change}" if change else ""
    return f"{policy_page(key)}/{_when(old)}..{_when(new)}{fragment}"


def cited_change(key: PolicyKey, old: str, new: str, change: int) -> str:
    """Returns the address of a comparison at the citation of one of its changes. change: its number, from 1."""
    return f"{comparison_page(key, old, new)}?cite={change}#cite"


def comparison_file(key: PolicyKey, old: str, new: str, suffix: str) -> str:
    """Returns the address of the same comparison as a file. suffix: `docx`, `md` or `json`."""
    return f"{comparison_page(key, old, new)}.{suffix}"


def comparison_form(key: PolicyKey) -> str:
    """Returns the address to which a form sends two dates or versions to compare, as the fields `old` and `new`."""
    return f"{policy_page(key)}/-/compare"


def date_form(key: PolicyKey) -> str:
    """Returns the address to which a form sends a date, as the field `date`, to read the text of that date."""
    return f"{policy_page(key)}/-/text"


def version_file(key: PolicyKey, when: str, suffix: str) -> str:
    """Returns the address of the text of a version as a file. suffix: `txt`, `md` or `json`."""
    return f"{version_page(key, when)}.{suffix}"


def clause_page(key: PolicyKey, version_id: str, position: int) -> str:
    """Returns the address of a clause's line through time.

    position: the clause's position in the version, from 0. The address has the clause's number, from 1, since people
    read and cite that number.
    """
    return f"{version_page(key, f'@{version_id}')}/clause/{position + 1}"


def captures_page(key: PolicyKey) -> str:
    """Returns the address of the list of a policy's captures."""
    return f"{policy_page(key)}/captures"


def capture_page(capture_id: int) -> str:
    """Returns the address of a capture's evidence."""
    return f"/-/captures/{capture_id}"


def search_page(query: str = "") -> str:
    """Returns the address of the search, with a query in the search's language; '' for the empty form."""
    return f"{SEARCH}?{urlencode({'q': query})}" if query else SEARCH


def unsubscribe_page(token: str) -> str:
    """Returns the address of the page that ends a subscription. token: see `core.signed_links`."""
    return f"/-/unsubscribe/{token}"


def subscribe_page(name: str = "") -> str:
    """Returns the address of the form that subscribes. name: a vendor or policy that it suggests; '' for none."""
    return f"{SUBSCRIBE}?{urlencode({'to': name}, safe='/')}" if name else SUBSCRIBE


def confirmation_page(token: str) -> str:
    """Returns the address of the page that confirms a subscription. token: see `core.signed_links`."""
    # A compressed token begins with a full stop, and many proxies refuse names that do.
    return f"{SUBSCRIBE}/confirm-{token}"


def preferences_page(token: str) -> str:
    """Returns the address of a subscriber's preferences. token: see `core.signed_links`."""
    return f"/-/preferences/{token}"


def feed(vendor: str = "", policy: str = "") -> str:
    """Returns the address of the Atom feed of a policy, of a vendor, or of everything.

    vendor, policy: slugs; '' for all.
    """
    return "/".join(part for part in (f"/{vendor}" if vendor else "/-", policy, "feed.atom") if part)


def search_feed(query: str) -> str:
    """Returns the address of the Atom feed of the clauses that a query finds. query: in the search's language."""
    return f"{SEARCH_FEED}?{urlencode({'q': query})}"


def _when(when: str) -> str:
    # `#` begins a fragment; a number alone means the same.
    return quote(when.removeprefix("#"), safe="@:")
