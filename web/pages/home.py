"""The first page: the vendors, when each last changed and what changed; for operators, what is failing."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.policies import PolicyKey
from views import addresses
from views.change_lines import change_line
from views.policy_status import Failure, PolicyStatus, policy_statuses
from views.vendor_list import LastChange, vendor_lines
from web.rendering import page, prefix_of, room_of
from web.room import NotFoundError, Room

_VENDORS_PER_PAGE = 100
_MOST_FAILING = 50
_FAILURE_WORDS: Final[Mapping[Failure, str]] = {
    "quarantined": "its captures are quarantined",
    "no capture": "it has not been captured",
    "never captured": "it was never captured",
    "not fetched": "its page could not be fetched",
}


@dataclass(frozen=True, slots=True)
class _Told:
    """The newest change of a policy, in words. address: of its comparison."""

    line: str
    address: str


@dataclass(frozen=True, slots=True)
class _Failing:
    """A policy that fails. since: since when; None if it was never captured."""

    key: PolicyKey
    words: str
    since: datetime | None
    evidence: str


def home(request: Request) -> Response:
    """Answers with the vendors, the one that changed last first."""
    if request.scope.get("is_operator"):
        return Response(_html(request), media_type="text/html")
    room = room_of(request)
    # For at most a minute, because steps, from which the lines are made, are made a little later than the history.
    minute = int(time.monotonic() // 60)
    key = ("home", room.edition(), minute, prefix_of(request), str(request.query_params))
    return Response(room.kept.get(key, lambda: _html(request), len), media_type="text/html")


def _html(request: Request) -> bytes:
    room = room_of(request)
    vendors, standings = room.vendors(), room.standings()
    name = request.query_params.get("name", "").strip()
    lines = vendor_lines(vendors, standings, name)
    pages = max(1, -(-len(lines) // _VENDORS_PER_PAGE))
    number = _page_number(request.query_params.get("page", "1"), pages)
    shown = lines[(number - 1) * _VENDORS_PER_PAGE : number * _VENDORS_PER_PAGE]
    told = _told(room, [line.change for line in shown if line.change])
    failing, failures = _failing(room) if request.scope.get("is_operator") else ((), 0)
    content = page(
        request,
        "home.html.j2",
        lines=shown,
        told=told,
        vendors=len(lines),
        has_vendors=bool(vendors),
        name=name,
        number=number,
        pages=pages,
        earlier=_address(name, number - 1) if number > 1 else "",
        later=_address(name, number + 1) if number < pages else "",
        failing=failing,
        failures=failures,
    )
    return bytes(content.body)


def _told(room: Room, changes: Iterable[LastChange]) -> dict[PolicyKey, _Told]:
    """Returns what changed, for each policy. The comparisons are read in one query."""
    by_key = {change.key: change for change in changes}
    steps = room.store.timelines.newest_steps({key: change.at for key, change in by_key.items()})
    told = {}
    for key in by_key:
        step = steps.get(key)
        line = (change_line(step.step) if step and step.step else "") or "a new version"
        address = (
            addresses.comparison_page(key, f"@{step.old_id}", f"@{step.new_id}") if step else addresses.policy_page(key)
        )
        told[key] = _Told(line, address)
    return told


def _failing(room: Room) -> tuple[list[_Failing], int]:
    """Returns the policies that fail, the longest first, at most _MOST_FAILING; and the number of all."""
    statuses = policy_statuses(
        room.vendors(), room.standings().values(), datetime.now(UTC), room.store.journal.failed_fetches()
    )
    failing = [status for status in statuses if status.failing]
    return [_failure(status, status.failing) for status in failing[:_MOST_FAILING] if status.failing], len(failing)


def _failure(status: PolicyStatus, failing: Failure) -> _Failing:
    fetches = status.failed_fetches
    evidence = status.evidence or (fetches[0].reason if failing == "not fetched" and fetches else "")
    return _Failing(status.key, _FAILURE_WORDS[failing], status.failing_since, evidence)


def _page_number(text: str, pages: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= pages:
        raise NotFoundError(f"There is no such page of vendors; the pages are numbered from 1 to {pages}.")
    return number


def _address(name: str, number: int) -> str:
    values = {"name": name, "page": "" if number == 1 else str(number)}
    query = urlencode({key: value for key, value in values.items() if value})
    return f"{addresses.HOME}?{query}" if query else addresses.HOME


ROUTES = [Route("/", home)]
