"""The search over the clauses of all versions of all policies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.dates import Span, parse_range
from core.declarations import Vendor
from core.exceptions import UsageError
from core.search_words import Piece
from reports.search_lines import (
    ended,
    first_mentioned,
    found_words,
    language_name,
    mentioned_now,
    not_known_after,
    nothing_found,
    seen,
)
from views import addresses
from views.search import Mentioned, SearchHit, SearchQuery, date_shown, excerpt, mentioned, search
from web.rendering import page, room_of

# Of more vendors, a reader writes the name: a list of thousands is of no use, and makes every page longer.
_MOST_LISTED = 200
_DATES = re.compile(r"(\d{4}-\d\d-\d\d)")
_FIELDS = ("q", "vendor", "policy", "at", "appeared", "gone")


@dataclass(frozen=True, slots=True)
class _Hit:
    """A clause that was found, as the page shows it.

    vendor: the vendor's name. seen: since when the clause was there. ending: what became of it.
    successor: the address of the clause into which it was reworded; '' if there is none.
    note: a sentence about the date that was asked for, or ''.
    """

    hit: SearchHit
    vendor: str
    pieces: tuple[Piece, ...]
    trace: str
    seen: str
    ending: str
    successor: str
    note: str


@dataclass(frozen=True, slots=True)
class _Policy:
    """A policy that mentions the words, as the page shows it. hits: the address of its clauses alone."""

    vendor: str
    policy: str
    hits: str
    language: str
    clauses: int
    first: str
    now: str


def search_page(request: Request) -> Response:
    """Answers with the clauses that have some words, and the form that asks for them."""
    room = room_of(request)
    vendors = room.vendors()
    values = {name: request.query_params.get(name, "").strip() for name in _FIELDS}
    after = request.query_params.get("after") or None
    fault, hits, following, nothing = "", [], "", ""
    policies: Mentioned | None = None
    if any(values.values()):
        try:
            query = query_of(values, vendors, after)
            result = search(room.store, query)
            policies = mentioned(room.store, query) if after is None else None
        except UsageError as error:
            fault = _sentence(str(error))
        else:
            hits = [_hit(hit, vendors, query.at) for hit in result.hits]
            nothing = _sentence(nothing_found(query, policies, _name(query.vendor, vendors) if query.vendor else ""))
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
        nothing=nothing,
        apart=_DATES.split,
        mentions=_policies(policies, values, vendors) if policies else (),
        are_all=policies is None or policies.are_all,
        count=found_words(policies) if policies else "",
        unread=len(room.store.clause_index.outdated()) if any(values.values()) and not fault and not hits else 0,
        is_later_page=after is not None,
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
    return date_shown(text, datetime.now(UTC)) if text else None


def _span(text: str) -> Span | None:
    return parse_range(text) if text else None


def _hit(hit: SearchHit, vendors: Mapping[str, Vendor], at: datetime | None) -> _Hit:
    trace = addresses.clause_page(hit.key, hit.version_id, hit.position)
    ending = hit.ending
    successor = ""
    if ending and ending.version_id is not None and ending.position is not None:
        successor = addresses.clause_page(hit.key, ending.version_id, ending.position)
    name = _name(hit.key.vendor, vendors)
    return _Hit(hit, name, excerpt(hit.pieces), trace, seen(hit), ended(hit), successor, not_known_after(hit, at))


def _policies(found: Mentioned, values: Mapping[str, str], vendors: Mapping[str, Vendor]) -> list[_Policy]:
    return [
        _Policy(
            _name(policy.key.vendor, vendors),
            policy.key.policy,
            _address({**values, "vendor": policy.key.vendor, "policy": policy.key.policy}),
            language_name(policy.language),
            policy.clauses,
            first_mentioned(policy),
            mentioned_now(policy),
        )
        for policy in found.policies
    ]


def _name(slug: str, vendors: Mapping[str, Vendor]) -> str:
    return vendors[slug].name if slug in vendors else slug


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."


def _address(values: Mapping[str, str | None]) -> str:
    return f"{addresses.SEARCH}?{urlencode({name: value for name, value in values.items() if value})}"


def _are_few(vendors: Mapping[str, Vendor]) -> bool:
    return len(vendors) <= _MOST_LISTED


ROUTES = [Route(addresses.SEARCH, search_page)]
