"""The API's routes across policies: the newest changes, and the search."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from core.dates import Span, parse_range
from core.declarations import Vendor
from core.exceptions import UsageError
from core.policies import PolicyKey
from reports.announced_changes import AnnouncedChange
from reports.change_list import ListedChange
from views.search import LARGEST_PAGE, SearchQuery, date_shown, mentioned
from views.search import PAGE as SEARCH_PAGE
from views.search import search as search_of
from web.api import shapes
from web.api.answers import FAILURES, After, Limit, answer, date_parameter, listing, page_address, wrong
from web.recent_changes import Place, compared_changes, newest_changes, place_of
from web.rendering import room_of

router = APIRouter(responses=FAILURES)

# About how many bytes the fields of a change take.
_CHANGE = 3_000
# Each change may have to be compared.
_CHANGES = 20

OneVendor = Annotated[str, Query(description="Only this vendor.", max_length=200)]
OnePolicy = Annotated[str, Query(description="Only policies with this slug, such as `privacy`.", max_length=200)]


@router.get("/changes", response_model=shapes.RecentChanges)
def changes(
    request: Request,
    since: Annotated[str, Query(description="Only changes seen since this date.", max_length=100)] = "",
    vendor: OneVendor = "",
    policy: OnePolicy = "",
    limit: Limit = _CHANGES,
    after: After = "",
) -> Response:
    """Lists the changes of all policies, newest first, as `clausewatch changes` does.

    A page may have fewer changes than `limit`, although `next` is not `null`, if they take long to compare.
    The list of all vendors follows the policies in the order in which they last got a new text; a return to an earlier
    text may be in the vendor's list only. A change that can't be compared has a sentence, `error`, in place of
    `headline`, `summary`, `counts` and `command`.
    """
    room = room_of(request)
    if vendor:
        room.vendor(vendor)
    span = date_parameter("since", since)
    place = Place.named(after) if after else None
    found = newest_changes(room, vendor, policy, limit=limit + 1, before=place, since=span.begin if span else None)
    items = [fields for _, fields in compared_changes(room, found[:limit], _listed, _not_compared, lambda _: _CHANGE)]
    links = {"next": page_address(request, place_of(found[len(items) - 1]).name)} if len(items) < len(found) else {}
    if after:
        links["first"] = page_address(request, "")
    return listing(items, links)


@router.get("/search", response_model=shapes.Search)
def search(
    request: Request,
    q: Annotated[
        str, Query(description='Words, "phrases", and beginnings* of words: a clause has all of them.', max_length=1000)
    ],
    vendor: OneVendor = "",
    policy: OnePolicy = "",
    at: Annotated[
        str, Query(description="Only clauses that the last capture up to this date shows.", max_length=100)
    ] = "",
    appeared: Annotated[
        str,
        Query(description="Only clauses that appeared in this time: a date, or two as `2016..2018`.", max_length=200),
    ] = "",
    gone: Annotated[
        str, Query(description="Only clauses that went in this time: a date, or two as `2016..2018`.", max_length=200)
    ] = "",
    limit: Annotated[int, Query(description="The largest number of items.", ge=1, le=LARGEST_PAGE)] = SEARCH_PAGE,
    after: After = "",
) -> Response:
    """Searches all clauses ever published, as `clausewatch search` does; those that appeared last come first.

    `mentioned` says which policies mention the words, whatever the dates; it is `null` after the first page.
    """
    query = search_query(q, vendor, policy, at, appeared, gone, limit, after)
    room = room_of(request)
    try:
        result = search_of(room.store, query)
        policies = mentioned(room.store, query) if not after else None
    except UsageError as error:
        raise wrong("q" if not after else "q or after", str(error)) from None
    watched = {PolicyKey(slug, name) for slug, vendor in room.vendors().items() for name in vendor.policies}
    hits = [hit for hit in result.hits if hit.key in watched]
    if policies:
        policies = replace(policies, policies=tuple(each for each in policies.policies if each.key in watched))
    links = {"next": page_address(request, result.next)} if result.next else {}
    if after:
        links["first"] = page_address(request, "")
    items = [hit.to_dict() for hit in hits]
    return answer(
        {"items": items, "next": links.get("next"), "mentioned": policies.to_dict() if policies else None}, links
    )


def search_query(
    q: str, vendor: str, policy: str, at: str, appeared: str, gone: str, limit: int = SEARCH_PAGE, after: str = ""
) -> SearchQuery:
    """Returns the query that the parameters of an address name. HTTPException if a date can't be read."""
    moment = _moment("at", at)
    return SearchQuery(
        q,
        vendor or None,
        policy or None,
        moment,
        _range("appeared", appeared),
        _range("gone", gone),
        limit,
        after or None,
    )


def _moment(parameter: str, value: str) -> datetime | None:
    try:
        return date_shown(value, datetime.now(UTC)) if value else None
    except UsageError as error:
        raise wrong(parameter, str(error)) from None


def _range(parameter: str, value: str) -> Span | None:
    try:
        return parse_range(value) if value else None
    except UsageError as error:
        raise wrong(parameter, str(error)) from None


def _listed(_: Vendor, change: ListedChange) -> dict[str, Any]:
    return change.to_dict()


def _not_compared(_: Vendor, change: AnnouncedChange) -> dict[str, Any]:
    return {
        **change.to_dict(),
        "error": "The two texts could not be compared: it takes too long, or a text is damaged.",
    }
