"""The Atom feeds: of everything, of a vendor, of a policy, and of a search."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.captures import BEGIN_OF_THE_WEB, sha256_hex
from core.declarations import Vendor
from core.exceptions import UsageError
from core.policies import PolicyKey
from reports.announced_changes import AnnouncedChange, with_first_changes
from reports.change_list import ListedChange
from reports.excerpts import shortened
from views import addresses
from views.search import SearchHit, SearchQuery, search
from web.atom import Entry, Feed, as_atom
from web.conditional import names_tag
from web.recent_changes import Place, compared_changes, newest_changes, place_of
from web.rendering import base_url, fragment, room_of
from web.room import Room

#: The number of entries of a page of a feed.
ENTRIES: Final = 25
# The largest number of characters of the texts of an entry.
_ENTRY_LENGTH = 50_000
_TITLE_LENGTH = 120
# About how many bytes the time of a feed takes.
_TIME = 500
_MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_NOT_COMPARED = (
    "<p>The two texts could not be compared, because that takes too long or a text is damaged. Both can be read on the "
    "pages of the versions.</p>"
)


@dataclass(frozen=True, slots=True)
class _Rendered:
    """What an entry says about a change: its title, the vendor's name, and HTML."""

    title: str
    author: str
    html: str


def everything(request: Request) -> Response:
    """Answers with the newest changes of all policies."""
    return _answer_changes(request, "Changes of all policies", addresses.feed(), addresses.HOME)


def of_vendor(request: Request) -> Response:
    """Answers with the newest changes of a vendor's policies."""
    vendor = room_of(request).vendor(request.path_params["vendor"])
    title = f"Changes of the policies of {vendor.name}"
    return _answer_changes(request, title, addresses.feed(vendor.slug), addresses.vendor_page(vendor.slug), vendor.slug)


def of_policy(request: Request) -> Response:
    """Answers with the newest changes of a policy."""
    key = PolicyKey(request.path_params["vendor"], request.path_params["policy"])
    vendor, _ = room_of(request).policy(key)
    title = f"Changes of {vendor.name} {key.policy}"
    return _answer_changes(request, title, addresses.feed(*key), addresses.policy_page(key), *key)


def of_search(request: Request) -> Response:
    """Answers with the clauses that a query finds, the newest first."""
    query, after = request.query_params.get("q", ""), request.query_params.get("after", "")
    room = room_of(request)
    try:
        result = search(room.store, SearchQuery(query, limit=ENTRIES, after=after or None))
    except UsageError as error:
        raise HTTPException(422, f"This search can't be made: {error}.") from None
    vendors = room.vendors()
    base = base_url(request)
    entries = tuple(
        _hit_entry(base, vendors[hit.key.vendor], hit)
        for hit in result.hits
        if hit.key.vendor in vendors and hit.key.policy in vendors[hit.key.vendor].policies
    )
    address = base + addresses.search_feed(query)
    feed = Feed(
        f"Clauses with {shortened(query, _TITLE_LENGTH)}",
        "The clauses that a search finds: when they appeared, and when they went.",
        address,
        _page_address(address, after),
        base + addresses.search_page(query),
        tuple(sorted(entries, key=lambda entry: entry.updated, reverse=True)),
        BEGIN_OF_THE_WEB,
        _page_address(address, result.next) if result.next else "",
    )
    return _answer(request, as_atom(feed), feed.own)


def _answer_changes(
    request: Request, title: str, address: str, page: str, vendor: str = "", policy: str = ""
) -> Response:
    """Answers with a page of a feed of changes.

    title: the feed's title. address, page: the addresses in the room of the feed, and of the page for people.
    vendor, policy: slugs; '' for all.

    A complete page has an entity tag that follows from the list of its changes. So a reader who has the page is
    answered without a comparison of texts, also by a room that was just started.
    """
    room, base = room_of(request), base_url(request)
    after = request.query_params.get("after", "")
    found = newest_changes(room, vendor, policy, limit=ENTRIES + 1, before=Place.named(after) if after else None)
    changes, names = found[:ENTRIES], {key: declared.name for key, declared in room.vendors().items()}
    facts = title, base, after, len(found), [(change, names.get(change.key.vendor)) for change in changes]
    tag = f'"{sha256_hex(repr(facts).encode())[:32]}"'
    if names_tag(request.headers, tag):
        return Response(status_code=304, headers={"ETag": tag})
    compared = list(compared_changes(room, changes, _rendered, _not_compared, lambda entry: 2 * len(entry.html)))
    following = place_of(changes[len(compared) - 1]).name if compared and len(compared) < len(found) else ""
    feed = Feed(
        title,
        "What changed, clause by clause. Times are those of the first capture of the new text.",
        base + address,
        _page_address(base + address, after),
        base + page,
        tuple(_change_entry(base, *entry) for entry in compared),
        BEGIN_OF_THE_WEB,
        _page_address(base + address, following) if following else "",
    )
    is_complete = len(compared) == len(changes) and all(entry.html is not _NOT_COMPARED for _, entry in compared)
    return _answer(request, as_atom(feed), feed.own, tag if is_complete else "")


def _page_address(address: str, after: str) -> str:
    """Returns the address of the page of a feed that begins after a place; '' for the first page."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'after': after})}" if after else address


def _change_entry(base: str, change: AnnouncedChange, rendered: _Rendered) -> Entry:
    announcement = change.announcement
    comparison = addresses.comparison_page(
        change.key, f"@{announcement.old.version_id}", f"@{announcement.new.version_id}"
    )
    # The id names the new text and how often it has been announced, neither numbers nor captures: captures that are
    # added later, between two texts, or before all of them, leave it as it is.
    name = (*change.key, change.new_id, str(change.appearance))
    return Entry(name, rendered.title, base + comparison, rendered.author, change.seen, change.seen, rendered.html)


def _rendered(vendor: Vendor, listed: ListedChange) -> _Rendered:
    entry = with_first_changes(listed.entry, _ENTRY_LENGTH)
    # The sentences about an alternation are about e-mails.
    sentences = () if listed.is_alternation else entry.sentences
    html = fragment("feed_entry.html.j2", entry=entry, sentences=sentences)
    return _Rendered(f"{vendor.name} {listed.key.policy}: {entry.headline}", vendor.name, html)


def _not_compared(vendor: Vendor, change: AnnouncedChange) -> _Rendered:
    return _Rendered(f"{vendor.name} {change.key.policy}: changed", vendor.name, _NOT_COMPARED)


def _hit_entry(base: str, vendor: Vendor, hit: SearchHit) -> Entry:
    first, last = hit.spans[0], hit.spans[-1]
    name = f"{vendor.name} {hit.key.policy}"
    return Entry(
        ("clause", *hit.key, hit.text_key),
        f"{name}: {shortened(hit.text, _TITLE_LENGTH)}",
        base + addresses.clause_page(hit.key, hit.version_id, hit.position),
        vendor.name,
        first.begin,
        last.gone or last.begin,
        fragment("feed_clause.html.j2", hit=hit),
    )


def _answer(request: Request, body: bytes, address: str, tag: str = "") -> Response:
    """Answers with a feed, or with 304 if it has not changed since the time that the request names (RFC 9110, 13.1.3).

    body: the feed. address: its address. tag: its entity tag; '' if `web.conditional` shall make one from the body.

    What a feed contains can change without a newer change, for instance by a backfill. So the feed was modified when
    this process first saw what it contains now.
    """
    modified = _modified(room_of(request), address, body)
    headers = {"Last-Modified": format_datetime(modified, usegmt=True), **({"ETag": tag} if tag else {})}
    known = request.headers.get("if-modified-since")
    if known and "if-none-match" not in request.headers:
        with suppress(ValueError, TypeError):
            if modified <= parsedate_to_datetime(known):
                return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=_MEDIA_TYPE)


def _modified(room: Room, address: str, body: bytes) -> datetime:
    name = ("feed", address, sha256_hex(body))
    return room.kept.get(name, lambda: datetime.now(UTC).replace(microsecond=0), lambda _: _TIME + len(address))


# A feed's address fits those of pages, too, so these routes come before.
ROUTES = [
    Route(addresses.FEED, everything),
    Route(addresses.SEARCH_FEED, of_search),
    Route("/{vendor}/feed.atom", of_vendor),
    Route("/{vendor}/{policy}/feed.atom", of_policy),
]
