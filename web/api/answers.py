"""What all routes of the API have in common: JSON, pages of lists, and sentences about wrong parameters."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from core.dates import Span, parse_span
from core.exceptions import UsageError
from core.policies import PolicyKey
from reports.json_report import escaped
from views import addresses
from web.api.shapes import Error
from web.rendering import prefix_of, room_of

#: The number of items of a page, if the request names no other, and the largest number.
PAGE: Final = 50
LARGEST_PAGE: Final = 100

_Item = TypeVar("_Item")

#: The answers of every route besides the successful one.
FAILURES: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "The answer has not changed since the one with the entity tag that `If-None-Match` names."},
    404: {"model": Error, "description": "Nothing is at this address; `error` says what is missing."},
    422: {"model": Error, "description": "A parameter is not valid, or the comparison exceeded a limit."},
    503: {"model": Error, "description": "The database can't be read at the moment, or is busy. Try again later."},
}

VendorSlug = Annotated[str, Path(description="The slug of a vendor.", max_length=200)]
PolicySlug = Annotated[
    str, Path(description="The slug of one of the vendor's policies, such as `privacy`.", max_length=200)
]
When = Annotated[
    str,
    Path(
        description="A version: a date (`2016`, `2016-10`, `2016-10-18`, a time), a number, or `@` and its id.",
        max_length=100,
    ),
]
Limit = Annotated[int, Query(description="The largest number of items.", ge=1, le=LARGEST_PAGE)]
After = Annotated[
    str, Query(description="The place from which to go on. Follow `next` instead of making one.", max_length=300)
]


def answer(value: object, links: Mapping[str, str] | None = None) -> Response:
    """Returns a value as JSON, with the unsafe characters of vendors' texts as JSON escapes.

    links: addresses by their relation (RFC 8288), for the header `Link`.
    """
    text = escaped(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    response = Response(text.encode(), media_type="application/json")
    if links:
        response.headers["Link"] = ", ".join(f'<{address}>; rel="{relation}"' for relation, address in links.items())
    return response


def page_address(request: Request, after: str) -> str:
    """Returns the address of the request's list from a place on, relative to the host. after: '' for the beginning."""
    url = request.url.remove_query_params("after")
    if after:
        url = url.include_query_params(after=after)
    return f"{url.path}?{url.query}" if url.query else url.path


def page_of(
    request: Request,
    items: Sequence[_Item],
    name: Callable[[_Item], str],
    limit: int,
    after: str,
) -> tuple[Sequence[_Item], dict[str, str]]:
    """Returns the items of a page of a list, and the addresses of the pages beside it, for `listing`.

    items: the whole list. name: names an item, which stays the same when the list grows. after: the name of the last
    item of the page before; '' for the first page. HTTPException if no item has this name.
    """
    begin = 0
    if after:
        begin = next((index for index, item in enumerate(items, start=1) if name(item) == after), 0)
        if not begin:
            raise wrong("after", "the list has no such place: begin again without it")
    links = {}
    if begin + limit < len(items):
        links["next"] = page_address(request, name(items[begin + limit - 1]))
    if begin:
        links["prev"] = page_address(request, name(items[begin - limit - 1]) if begin > limit else "")
    return items[begin : begin + limit], links


def listing(items: Sequence[object], links: Mapping[str, str]) -> Response:
    """Returns a page of a list as JSON. links: the addresses of the pages beside it, by relation."""
    return answer({"items": items, "next": links.get("next")}, links)


def wrong(parameter: str, fault: str) -> HTTPException:
    """Returns the error for a parameter that is not valid. fault: what is wrong, and what to do about it."""
    return HTTPException(422, f"{parameter}: {fault}")


def date_parameter(parameter: str, value: str) -> Span | None:
    """Returns the time that a parameter names; None if it is empty. HTTPException if it can't be read."""
    if not value:
        return None
    try:
        return parse_span(value)
    except UsageError as error:
        raise wrong(parameter, str(error)) from None


def declared(request: Request, vendor: str, policy: str) -> PolicyKey:
    """Returns the key of a declared policy. NotFoundError if there is none."""
    key = PolicyKey(vendor, policy)
    room_of(request).policy(key)
    return key


def api_address(request: Request, path: str) -> str:
    """Returns an address of the API, relative to the host. path: begins with a slash."""
    return f"{prefix_of(request)}{addresses.API}{path}"
