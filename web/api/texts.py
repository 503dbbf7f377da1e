"""The API's routes to the texts of policies: versions, reports, blame and traces."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from core.dates import parse_span
from core.exceptions import UsageError
from core.history import names_version
from reports import build_report
from views.clause_history import blame as blame_of
from views.clause_history import trace as trace_of
from views.version_text import version_text
from web.api import shapes
from web.api.answers import FAILURES, PolicySlug, VendorSlug, When, answer, declared, wrong
from web.rendering import room_of

router = APIRouter(prefix="/policies/{vendor}/{policy}", responses=FAILURES)

_SIDE = "a date (`2016`, `2016-10`, `2016-10-18`, a time), a number of a version, or `@` and its id"


@router.get("/versions/{when}", response_model=shapes.VersionText)
def version(request: Request, vendor: VendorSlug, policy: PolicySlug, when: When) -> Response:
    """Prints the text of a version, clause by clause, as `clausewatch show` does."""
    key = declared(request, vendor, policy)
    _check("when", when)
    room = room_of(request)
    return answer(version_text(room.store, key, when, room.history(key).whole).to_dict())


@router.get("/changes", response_model=shapes.Report)
def changes(
    request: Request,
    vendor: VendorSlug,
    policy: PolicySlug,
    old: Annotated[str, Query(alias="from", description=f"The old side: {_SIDE}.", max_length=100)],
    new: Annotated[str, Query(alias="to", description=f"The new side: {_SIDE}.", max_length=100)],
) -> Response:
    """Reports what changed between two dates or versions, clause by clause, as `clausewatch report` does."""
    key = declared(request, vendor, policy)
    room = room_of(request)
    _check("from", old)
    _check("to", new)
    return answer(build_report(room.store, room.vendor(vendor), key, old, new, call=room.call).to_dict())


@router.get("/versions/{when}/blame", response_model=shapes.Blame)
def blame(request: Request, vendor: VendorSlug, policy: PolicySlug, when: When) -> Response:
    """Prints a version with the date since when each clause reads so, as `clausewatch blame` does."""
    key = declared(request, vendor, policy)
    _check("when", when)
    room = room_of(request)
    return answer(blame_of(room.store, key, when, room.call, room.history(key).settled).to_dict())


@router.get("/versions/{version_id}/clauses/{position}/trace", response_model=shapes.Trace)
def trace(
    request: Request,
    vendor: VendorSlug,
    policy: PolicySlug,
    version_id: Annotated[str, Path(description="The `id` of a version.", max_length=100)],
    position: Annotated[int, Path(description="The clause's `position` in this version.", ge=0, le=10**9)],
) -> Response:
    """Follows one clause through all versions, as `clausewatch trace` does."""
    key = declared(request, vendor, policy)
    room = room_of(request)
    settled = room.history(key).settled
    return answer(trace_of(room.store, key, version_id, position, room.call, settled).to_dict())


def _check(parameter: str, when: str) -> None:
    """Raises an HTTPException if a text names neither a version nor a date."""
    if not names_version(when):
        try:
            parse_span(when)
        except UsageError as error:
            raise wrong(parameter, str(error)) from None
