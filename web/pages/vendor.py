"""A vendor's policies: how many versions each has, and what changed last."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.declarations import Policy
from core.lineage import ChainEntry
from core.policies import PolicyKey
from diffing.lineage import chain
from storage import Standing
from views import addresses
from views.change_lines import change_line
from web import paths  # noqa: F401 - it registers the convertor in the route
from web.rendering import page, room_of
from web.room import Room

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _PolicyPart:
    """A policy as the page shows it.

    standing: the summary of its captures; None if there are none. versions: the number of its versions.
    old, new: the last two texts that count (`diffing.lineage.chain`); None if there are none.
    line: what changed last, in a line; '' if it is not known.
    """

    key: PolicyKey
    declaration: Policy
    standing: Standing | None
    versions: int
    old: ChainEntry | None
    new: ChainEntry | None
    line: str

    @property
    def comparison(self) -> str:
        """The address of the comparison of the last two texts; '' if there are no two texts."""
        if self.old is None or self.new is None:
            return ""
        return addresses.comparison_page(self.key, f"@{self.old.version_id}", f"@{self.new.version_id}")


def vendor_page(request: Request) -> Response:
    """Answers with the policies of a vendor, the one that changed last first."""
    room = room_of(request)
    vendor = room.vendor(request.path_params["vendor"])
    all_standings = room.standings()
    keys = [PolicyKey(vendor.slug, name) for name in vendor.policies]
    standings = {key: all_standings[key] for key in keys if key in all_standings}
    changed = {key: standing.last_change for key, standing in standings.items() if standing.last_change}
    steps = room.store.timelines.newest_steps(changed)
    lines = {key: change_line(newest.step) for key, newest in steps.items() if newest.step}
    parts = [_part(room, key, vendor.policies[key.policy], standings.get(key), lines.get(key, "")) for key in keys]
    parts.sort(key=lambda part: part.new.first.captured_at if part.new else _NEVER, reverse=True)
    return page(request, "vendor.html.j2", vendor=vendor, parts=parts)


def _part(room: Room, key: PolicyKey, declaration: Policy, standing: Standing | None, line: str) -> _PolicyPart:
    if standing is None:
        return _PolicyPart(key, declaration, None, 0, None, None, "")
    history = room.history(key)
    entries = chain(history.settled)
    old, new = (None, None, *entries)[-2:]
    # The line is about the newest version. It doesn't fit if the page has gone back to an earlier text since, or if the
    # newest version never stood.
    is_newest = new is not None and new.first.captured_at == standing.last_change
    return _PolicyPart(key, declaration, standing, len(history.whole.versions), old, new, line if is_newest else "")


ROUTES = [Route("/{vendor:slug}", vendor_page)]
