"""The timeline of a policy: its versions along a time axis, and the same as a list."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import web.slugs  # noqa: F401 - registers the convertor `slug`
from core.policies import PolicyKey
from reports.wording import describe_alternation
from storage import Store
from views import addresses
from views.timeline_data import PolicyTimeline, TimelineChange, TimelineVersion, policy_timeline
from web.rendering import page, prefix_of, room_of
from web.room import NotFoundError
from web.timeline_svg import timeline_svg

_VERSIONS_PER_PAGE = 100
# How many timelines are kept in memory. One of 10,000 captures takes about 4 MB.
_KEPT = 64


@dataclass(frozen=True, slots=True)
class _Row:
    """A version in the list. what: what changed, in words. compare: the address of the comparison; '' if none."""

    version: TimelineVersion
    what: str
    compare: str


class _KeptTimelines:
    """The timelines that were shown last, so that a page needs no history that hasn't changed since."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[tuple[Store, PolicyKey], tuple[int, PolicyTimeline]] = OrderedDict()

    def timeline(self, store: Store, key: PolicyKey) -> PolicyTimeline:
        """Returns the timeline of a policy. StorageError if the database can't be read."""
        revision = store.timelines.revision(key)
        with self._lock:
            kept = self._kept.get((store, key))
        if kept and kept[0] == revision:
            return kept[1]
        timeline = policy_timeline(store, key)
        if timeline.is_complete:  # the comparisons are made a little later than the history
            with self._lock:
                self._kept[store, key] = revision, timeline
                self._kept.move_to_end((store, key))
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return timeline


_TIMELINES = _KeptTimelines()


def policy(request: Request) -> Response:
    """Answers with the timeline of a policy."""
    room = room_of(request)
    key = PolicyKey(request.path_params["vendor"], request.path_params["policy"])
    vendor, declared = room.policy(key)
    timeline = _TIMELINES.timeline(room.store, key)
    newest_first = timeline.versions[::-1]
    number = _page_number(request.query_params.get("page", "1"), len(newest_first))
    shown = newest_first[(number - 1) * _VERSIONS_PER_PAGE : number * _VERSIONS_PER_PAGE]
    prefix = prefix_of(request)
    return page(
        request,
        "policy.html.j2",
        vendor=vendor,
        key=key,
        declared=declared,
        timeline=timeline,
        drawing=timeline_svg(timeline, f"{vendor.name}, {key.policy}", lambda changes: prefix + _address(key, changes)),
        rows=[_row(key, version) for version in shown],
        number=number,
        pages=_pages(len(newest_first)),
        choices=newest_first,
        notes=[*(f"The page {describe_alternation(found)}." for found in timeline.alternations), *timeline.notes],
    )


def _row(key: PolicyKey, version: TimelineVersion) -> _Row:
    change = version.change
    if change is None:
        return _Row(version, f"This text {version.status}." if version.status == "did not last" else "Held.", "")
    if change.old_id is None:
        return _Row(version, "The first text captured.", "")
    return _Row(version, what_changed(change), _address(key, (change,)))


def what_changed(change: TimelineChange) -> str:
    """Returns what changed, in a line."""
    if change.fault:
        return f"Could not be compared: {change.fault}."
    if change.step is None:
        return "Not compared yet."
    return f"{change.size.clauses if change.size else 0} clauses changed"


def _address(key: PolicyKey, changes: tuple[TimelineChange, ...]) -> str:
    """Returns the address of the comparison that shows some changes, which follow one another."""
    old, new = changes[0].old_id, changes[-1].version_id
    if old is None and len(changes) > 1:
        old = changes[0].version_id
    if old is None or old == new:
        return addresses.version_page(key, f"@{new}")
    return addresses.comparison_page(key, f"@{old}", f"@{new}")


def _pages(versions: int) -> int:
    return max(1, -(-versions // _VERSIONS_PER_PAGE))


def _page_number(text: str, versions: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= _pages(versions):
        raise NotFoundError(f"There is no such page of versions; the pages are numbered from 1 to {_pages(versions)}.")
    return number


ROUTES = [Route("/{vendor:slug}/{policy:slug}", policy)]
