"""The first page: the vendors, and when each last changed."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.declarations import Vendor
from core.policies import PolicyKey
from web.rendering import page, room_of
from web.room import Room

_VENDORS_PER_PAGE = 100
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _VendorLine:
    """A vendor, and the newest change of its policies.

    changed: the policy that changed last; None if none has changed. since: when the new text was first captured.
    """

    vendor: Vendor
    captures: int
    changed: PolicyKey | None
    since: datetime | None


def home(request: Request) -> Response:
    """Answers with the vendors, the one that changed last first."""
    room = room_of(request)
    by_name = sorted(_lines(room), key=lambda line: line.vendor.name.casefold())
    lines = sorted(by_name, key=lambda line: line.since or _NEVER, reverse=True)
    return page(request, "home.html.j2", lines=lines[:_VENDORS_PER_PAGE], vendors=len(lines))


def _lines(room: Room) -> list[_VendorLine]:
    standings = room.standings()
    lines = []
    for slug, vendor in room.vendors().items():
        of_vendor = [standings[key] for name in vendor.policies if (key := PolicyKey(slug, name)) in standings]
        changes = [(standing.last_change, standing.policy) for standing in of_vendor if standing.last_change]
        since, policy = max(changes, default=(None, None))
        captures = sum(standing.captures for standing in of_vendor)
        lines.append(_VendorLine(vendor, captures, PolicyKey(slug, policy) if policy else None, since))
    return lines


ROUTES = [Route("/", home)]
