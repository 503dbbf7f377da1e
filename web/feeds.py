"""The Atom feeds: of everything, of a vendor, of a policy, and of a search."""

import logging
from collections.abc import Sequence
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.captures import BEGIN_OF_THE_WEB
from core.declarations import Vendor
from core.exceptions import StorageError, StoppedWorkError, UsageError
from core.policies import PolicyKey
from reports.announced_changes import AnnouncedChange, listed_change
from reports.change_list import ListedChange
from reports.digest_email import fitting
from reports.excerpts import shortened
from views import addresses
from views.search import SearchHit, SearchQuery, search
from web.atom import Entry, Feed, as_atom
from web.recent_changes import recent_changes_of
from web.rendering import base_url, fragment, room_of

#: The number of entries of a feed.
ENTRIES: Final = 50
# The largest number of characters of the texts of an entry.
_ENTRY_LENGTH = 50_000
_TITLE_LENGTH = 120
_MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_LOGGER = logging.getLogger("clausewatch.web")
_NOT_COMPARED = (
    "<p>The two texts could not be compared, because that takes too long or a text is damaged. Both can be read on the "
    "pages of the versions.</p>"
)


def everything(request: Request) -> Response:
    """Answers with the newest changes of all policies."""
    changes = recent_changes_of(request).newest(limit=ENTRIES)
    feed = _feed_of(request, "Changes of all policies", addresses.feed(), addresses.HOME, changes)
    return _answer(request, feed)


def of_vendor(request: Request) -> Response:
    """Answers with the newest changes of a vendor's policies."""
    vendor = room_of(request).vendor(request.path_params["vendor"])
    changes = recent_changes_of(request).newest(vendor.slug, limit=ENTRIES)
    title = f"Changes of the policies of {vendor.name}"
    return _answer(
        request, _feed_of(request, title, addresses.feed(vendor.slug), addresses.vendor_page(vendor.slug), changes)
    )


def of_policy(request: Request) -> Response:
    """Answers with the newest changes of a policy."""
    key = PolicyKey(request.path_params["vendor"], request.path_params["policy"])
    vendor, _ = room_of(request).policy(key)
    changes = recent_changes_of(request).newest(*key, limit=ENTRIES)
    title = f"Changes of {vendor.name} {key.policy}"
    return _answer(request, _feed_of(request, title, addresses.feed(*key), addresses.policy_page(key), changes))


def of_search(request: Request) -> Response:
    """Answers with the clauses that a query finds, those that appeared last first."""
    query = request.query_params.get("q", "")
    room = room_of(request)
    try:
        result = search(room.store, SearchQuery(query, limit=ENTRIES))
    except UsageError as error:
        raise HTTPException(422, f"This search can't be made: {error}.") from None
    vendors = room.vendors()
    base = base_url(request)
    entries = tuple(
        _hit_entry(base, vendors[hit.key.vendor], hit)
        for hit in result.hits
        if hit.key.vendor in vendors and hit.key.policy in vendors[hit.key.vendor].policies
    )
    feed = Feed(
        f"Clauses with {shortened(query, _TITLE_LENGTH)}",
        "The clauses that a search finds: when they appeared, and when they went.",
        base + addresses.search_feed(query),
        base + addresses.search_page(query),
        tuple(sorted(entries, key=lambda entry: entry.updated, reverse=True)),
        BEGIN_OF_THE_WEB,
    )
    return _answer(request, feed)


def _feed_of(request: Request, title: str, address: str, page: str, changes: Sequence[AnnouncedChange]) -> Feed:
    base = base_url(request)
    return Feed(
        title,
        "What changed, clause by clause. Times are those of the first capture of the new text.",
        base + address,
        base + page,
        tuple(_change_entry(request, base, change) for change in changes),
        BEGIN_OF_THE_WEB,
    )


def _change_entry(request: Request, base: str, change: AnnouncedChange) -> Entry:
    vendor = room_of(request).vendor(change.key.vendor)
    title, html = _title_and_html(request, vendor, change)
    announcement = change.announcement
    comparison = addresses.comparison_page(
        change.key, f"@{announcement.old.version_id}", f"@{announcement.new.version_id}"
    )
    # The id names the new text and how often it has been announced, neither numbers nor captures: captures that are
    # added later, between two texts, or before all of them, leave it as it is.
    name = (*change.key, change.new_id, str(change.appearance))
    return Entry(name, title, base + comparison, vendor.name, change.seen, change.seen, html)


def _title_and_html(request: Request, vendor: Vendor, change: AnnouncedChange) -> tuple[str, str]:
    name = f"{vendor.name} {change.key.policy}"
    room = room_of(request)
    try:
        return recent_changes_of(request).entries.value(
            change, lambda: _rendered(name, listed_change(room.store, vendor, change, room.call))
        )
    except (StoppedWorkError, StorageError) as error:
        _LOGGER.warning("%s: %s", change.key, error)
        return f"{name}: changed", _NOT_COMPARED


def _rendered(name: str, listed: ListedChange) -> tuple[str, str]:
    entry = fitting(listed.entry, _ENTRY_LENGTH, "feed")
    # The sentences about an alternation are about e-mails.
    sentences = entry.sentences if listed.report.comparison.changes and entry.shown_groups else ()
    return f"{name}: {entry.headline}", fragment("feed_entry.html.j2", entry=entry, sentences=sentences)


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


def _answer(request: Request, feed: Feed) -> Response:
    response = Response(as_atom(feed), media_type=_MEDIA_TYPE)
    response.headers["Last-Modified"] = format_datetime(feed.updated, usegmt=True)
    return response


# A feed's address fits those of pages, too, so these routes come before.
ROUTES = [
    Route(addresses.FEED, everything),
    Route(addresses.SEARCH_FEED, of_search),
    Route("/{vendor}/feed.atom", of_vendor),
    Route("/{vendor}/{policy}/feed.atom", of_policy),
]
