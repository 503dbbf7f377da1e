"""The search over the clauses of all versions of all policies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.dates import Span, parse_range, parse_span
from core.declarations import Vendor
from core.exceptions import UsageError
from core.search_words import Piece
from views import addresses
from views.search import SearchHit, SearchQuery, excerpt, search
from web.rendering import page, room_of

# Of more vendors, a reader writes the name: a list of thousands is of no use, and makes every page longer.
_MOST_LISTED = 200
_FIELDS = ("q", "vendor", "policy", "at", "appeared", "gone")


@dataclass(frozen=True, slots=True)
class _Hit:
    """A clause that was found, as the page shows it. vendor: the vendor's name."""

    hit: SearchHit
    vendor: str
    pieces: tuple[Piece, ...]
    trace: str


def search_page(request: Request) -> Response:
    """Answers with the clauses that have some words, and the form that asks for them."""
    room = room_of(request)
    vendors = room.vendors()
    values = {name: request.query_params.get(name, "").strip() for name in _FIELDS}
    fault, hits, following = "", [], ""
    if any(values.values()):
        try:
            query = query_of(values, vendors, request.query_params.get("after") or None)
            result = search(room.store, query)
        except UsageError as error:
            fault = _sentence(str(error))
        else:
            hits = [_hit(hit, vendors) for hit in result.hits]
            following = _address({**values, "after": result.next}) if result.next else ""
    return page(
        request,
        "search.html.j2",
        status=400 if fault else 200,
        values=values,
        asked=any(values.values()),
        is_filtered=any(values[name] for name in _FIELDS[1:]),
        vendors=sorted(vendors.values(), key=lambda vendor: vendor.name.casefold()) if _are_few(vendors) else (),
        policies=sorted({name for vendor in vendors.values() for name in vendor.policies})[:_MOST_LISTED],
        fault=fault,
        hits=hits,
        unread=len(room.store.clause_index.outdated()) if any(values.values()) and not fault and not hits else 0,
        is_later_page="after" in request.query_params,
        first_page=_address(values),
        following=following,
        unfiltered=addresses.search_page(values["q"]),
    )


def query_of(values: Mapping[str, str], vendors: Mapping[str, Vendor], after: str | None) -> SearchQuery:
    """Returns the query that a form asks for.

    values: the form's fields. vendors: the declared vendors, by slug. after: where the page before ended; None for the
    first page.

    UsageError if a field can't be read.
    """
    return SearchQuery(
        values["q"],
        _slug_of(values["vendor"], vendors) if values["vendor"] else None,
        values["policy"] or None,
        _moment(values["at"]),
        _span(values["appeared"]),
        _span(values["gone"]),
        after=after,
    )


def _slug_of(name: str, vendors: Mapping[str, Vendor]) -> str:
    """Returns the slug of the vendor that a reader names by its slug or its name."""
    if name in vendors:
        return name
    folded = name.casefold()
    found = sorted(slug for slug, vendor in vendors.items() if vendor.name.casefold() == folded or slug == folded)
    if not found:
        raise UsageError(f"no vendor is called {name[:80]!r}; leave the field empty to search all")
    return found[0]


def _moment(text: str) -> datetime | None:
    return parse_span(text).end if text else None


def _span(text: str) -> Span | None:
    return parse_range(text) if text else None


def _hit(hit: SearchHit, vendors: Mapping[str, Vendor]) -> _Hit:
    vendor = vendors.get(hit.key.vendor)
    trace = addresses.clause_page(hit.key, hit.version_id, hit.position)
    return _Hit(hit, vendor.name if vendor else hit.key.vendor, excerpt(hit.pieces), trace)


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."


def _address(values: Mapping[str, str | None]) -> str:
    return f"{addresses.SEARCH}?{urlencode({name: value for name, value in values.items() if value})}"


def _are_few(vendors: Mapping[str, Vendor]) -> bool:
    return len(vendors) <= _MOST_LISTED


ROUTES = [Route(addresses.SEARCH, search_page)]
