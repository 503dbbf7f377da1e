"""Rules that recognise a site's home page, which some sites send for the address of a page that is gone."""

import re
from urllib.parse import urljoin, urlsplit

from core.captures import Capture, Verdict
from extraction.screening import phrases
from extraction.screening.document_kinds import kinds_named
from extraction.screening.facts import (
    PageFacts,
    count_entries,
    count_prices,
    host_of,
    is_node_around,
    path_segments,
    quarantined,
    searchable,
    states_price,
    vendor_name,
)
from extraction.words.normalization import word_set

# A home page has at least this many links and prices that stand alone.
_HOME_ENTRIES = 3
# A small page is a home page if it has at least this many of the signs.
_FEWEST_SIGNS = 3
# A price in a block with more words than this may be a fee that a policy states.
_OFFER_WORDS = 20
# A form with fewer fields may be a field for a newsletter, or for a search.
_FEWEST_FIELDS = 2
_FEWEST_HEADINGS = 3
# The average section of a home page has fewer words than this.
_SECTION_WORDS = 25
_FEWEST_LINKS = 2
_FEWEST_IMAGES = 3
_MOST_IMAGES = 200
# The rules of furniture that leave out what stands beside a text, such as comments and the archive of a blog.
_BESIDE = word_set("named_edge named_widget named_aside")
# A block is a link if at least this share of its characters is in links.
_WHOLE_LINK = 0.8


def redirect_to_home_page(facts: PageFacts) -> Verdict | None:
    """Quarantines a capture that isn't named as the policy, if the policy's address redirects to the home page.

    The root of another host of the vendor, such as `legal.northwind.example`, isn't the home page.
    """
    capture = facts.capture
    if facts.is_named_as_policy or is_root(capture.asked_url):
        return None
    is_redirected = capture.redirects and capture.asked_url != capture.url
    if is_redirected and _is_home(capture.url) and "?" not in capture.url and not _is_part_of_site(capture):
        return quarantined("not_found", f"the site redirected to its home page, {capture.url}")
    return None


def _is_part_of_site(capture: Capture) -> bool:
    """Returns whether a capture's address is on another host of the vendor than the address that was asked for."""
    hosts = [host_of(url).removeprefix("www.") for url in (capture.asked_url, capture.url)]
    return hosts[0] != hosts[1] and vendor_name(hosts[0]) == vendor_name(hosts[1])


def named_as_host(facts: PageFacts) -> Verdict | None:
    """Quarantines a small page whose first heading is the name of its host, and whose title names the host, too.

    Registrars and web servers show such pages for a domain without a site. The page isn't quarantined if it is named as
    the policy, or if its text uses the policy's name: some vendors are called by their domain.
    """
    host = host_of(facts.capture.url).removeprefix("www.")
    if not facts.is_small or not host or not facts.headings or facts.is_named_as_policy or facts.uses_of_name > 1:
        return None
    heading = facts.headings[0].strip().lower().removeprefix("www.")
    if heading == host and host in (facts.page.title or "").lower():
        return quarantined("not_a_policy", f"the page is named as its host, {host}")
    return None


def home_page(facts: PageFacts) -> Verdict | None:
    """Quarantines a page that isn't named as the policy, and that calls itself the home page.

    Evidence: the canonical address that the page states is the home page, and the page has the links or prices of a
    home page. The canonical address alone is no evidence, because some sites state the home page on every page.
    """
    capture = facts.capture
    if facts.is_named_as_policy or is_root(capture.asked_url):
        return None
    address = _stated_home(facts)
    if address and count_entries(facts, facts.content_blocks) + count_prices(facts) >= _HOME_ENTRIES:
        return quarantined("not_found", f"the page gives the home page as its own address, {address}")
    return None


def signs_of_home_page(facts: PageFacts) -> Verdict | None:
    """Quarantines a small page that isn't named as the policy, and that has several signs of a home page.

    The page isn't quarantined if its text uses the policy's name more than once. Each sign alone may be on a policy's
    page, too. Evidence: three of the signs that `_signs` looks for.
    """
    if not facts.is_small or facts.is_named_as_policy or facts.uses_of_name > 1 or is_root(facts.capture.asked_url):
        return None
    signs = _signs(facts)
    return quarantined("not_a_policy", f"it has {'; '.join(signs)}") if len(signs) >= _FEWEST_SIGNS else None


def _signs(facts: PageFacts) -> list[str]:
    """Returns the signs that a page is a home page or another page on which the vendor offers something."""
    blocks = [block for block in facts.content_blocks if block.left_out_by not in _BESIDE]
    headings = sum(block.level > 0 for block in blocks)
    # Old sites repeat images for lines and marks.
    nodes = facts.page.tree.css("img")[:_MOST_IMAGES]
    images = len({node.attributes.get("src") for node in nodes if not is_node_around(node)})
    signs = {
        "the home page as its own address": bool(_stated_home(facts)),
        "prices": any(block.words <= _OFFER_WORDS and states_price(block.text) for block in blocks),
        "a form to fill in": len(facts.form_fields) >= _FEWEST_FIELDS,
        f"{headings} headings above {facts.words} words of text": headings >= _FEWEST_HEADINGS
        and facts.words < _SECTION_WORDS * headings,
        "links to other pages": count_entries(facts, blocks) >= _FEWEST_LINKS,
        f"{images} images": images >= _FEWEST_IMAGES,
        "a link to the document at another address": _links_document_elsewhere(facts),
    }
    return [sign for sign, is_there in signs.items() if is_there]


def _stated_home(facts: PageFacts) -> str:
    """Returns the address of the home page if the page states it as its own address; otherwise ''."""
    for selector, attribute in (("link[rel=canonical]", "href"), ('meta[property="og:url"]', "content")):
        node = facts.page.tree.css_first(selector)
        address = (node.attributes.get(attribute) or "") if node is not None else ""
        if not address:
            continue
        try:
            parts = urlsplit(urljoin(facts.capture.url, address))
        except ValueError:
            continue
        if parts.netloc and not parts.path.strip("/") and not parts.query and not parts.fragment:
            return address
    return ""


def _links_document_elsewhere(facts: PageFacts) -> bool:
    """Returns whether a link with the name of the declared document leads to a path that isn't the page's own."""
    own_paths = {tuple(path_segments(url)) for url in (facts.capture.url, facts.capture.asked_url)}
    return any(
        len(block.links) == 1
        and block.link_share > _WHOLE_LINK
        and facts.kind in kinds_named(searchable(block.text))
        and tuple(path_segments(block.links[0])) not in own_paths
        for block in facts.page.blocks
    )


def is_root(url: str) -> bool:
    """Returns whether an address has no path. True also for an address that isn't valid."""
    return not path_segments(url)


def _is_home(url: str) -> bool:
    """Returns whether the path consists only of language codes and names of home pages, such as `/en/index.html`."""
    return all(
        segment in phrases.HOME_SEGMENTS or re.fullmatch(r"[a-z]{2}(?:[-_][a-z]{2})?", segment)
        for segment in path_segments(url)
    )
