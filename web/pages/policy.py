"""The timeline of a policy: its versions along a time axis, and the same as a list."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.policies import PolicyKey
from reports.wording import describe_alternation
from views import addresses
from views.change_lines import change_line
from views.timeline_data import PolicyTimeline, Status, TimelineChange, TimelineVersion, policy_timeline
from web.paths import key_of
from web.rendering import page, prefix_of, room_of
from web.room import NotFoundError, Room
from web.timeline_svg import timeline_svg

_VERSIONS_PER_PAGE = 100
_STATUS_WORDS: Final[Mapping[Status, str]] = {
    "stands": "stands",
    "not confirmed": "is not confirmed by a second capture yet",
    "held": "is held: its text shares nothing with the text before",
    "did not last": "did not last",
}
# About how many bytes a time and a change of a kept comparison take.
_TIME, _LINK = 60, 600


@dataclass(frozen=True, slots=True)
class _Row:
    """A version in the list.

    what: what changed, in words. compare: the address of the comparison; '' if none. skipped: why it is not compared
        with the version whose number is one less; '' if it is.
    """

    version: TimelineVersion
    what: str
    compare: str
    skipped: str = ""


def policy(request: Request) -> Response:
    """Answers with the timeline of a policy."""
    room = room_of(request)
    key = key_of(request)
    vendor, declared = room.policy(key)
    state = room.history(key).state
    timeline = _timeline(room, key)
    newest_first = timeline.versions[::-1]
    number = _page_number(request.query_params.get("page", "1"), len(newest_first))
    shown = newest_first[(number - 1) * _VERSIONS_PER_PAGE : number * _VERSIONS_PER_PAGE]
    prefix = prefix_of(request)
    drawing = room.kept.get(
        ("drawing", key, state, prefix, vendor.name),
        lambda: timeline_svg(timeline, f"{vendor.name}, {key.policy}", lambda changes: prefix + _address(key, changes)),
        lambda svg: len(svg) if timeline.is_complete else sys.maxsize,
    )
    return page(
        request,
        "policy.html.j2",
        vendor=vendor,
        key=key,
        declared=declared,
        timeline=timeline,
        drawing=drawing,
        rows=[_row(key, version, timeline.versions) for version in shown],
        years=[*{version.first.year: version.number for version in reversed(shown)}.items()][::-1],
        number=number,
        pages=_pages(len(newest_first)),
        choices=newest_first,
        notes=[*(f"The page {describe_alternation(found)}." for found in timeline.alternations), *timeline.notes],
    )


def _timeline(room: Room, key: PolicyKey) -> PolicyTimeline:
    """Returns the timeline of a policy, which is kept until its history may have changed."""
    history = room.history(key)
    return room.kept.get(
        ("timeline", key, history.state), lambda: policy_timeline(room.store, key, history.settled), _size
    )


def _size(timeline: PolicyTimeline) -> int:
    """Returns about how many bytes a timeline takes.

    A timeline that lacks comparisons takes too many to be kept, because they are made a little later than the history.
    """
    if not timeline.is_complete:
        return sys.maxsize
    links = sum(len(change.step.links) for change in timeline.changes if change.step)
    return _TIME * (len(timeline.captures) + len(timeline.quarantined)) + _LINK * links


def _row(key: PolicyKey, version: TimelineVersion, versions: Sequence[TimelineVersion]) -> _Row:
    change = version.change
    if change is None:
        return _Row(version, f"This text {version.status}." if version.status == "did not last" else "Held.", "")
    if change.old_id is None:
        return _Row(version, "The first text captured.", "")
    return _Row(version, what_changed(change), _address(key, (change,)), _skipped(change, versions))


def _skipped(change: TimelineChange, versions: Sequence[TimelineVersion]) -> str:
    """Returns a sentence that says why a text is not compared with the version numbered one less; '' if it is."""
    if change.old is None or change.old == change.version - 1:
        return ""
    between = [version for version in versions if change.old < version.number < change.version]
    passed_over = [version for version in between if version.status != "stands"]
    if not between or len(passed_over) < len(between):
        return f"The page had gone back to version {change.old} before."
    names = ", ".join(f"version {version.number} {_STATUS_WORDS[version.status]}" for version in passed_over)
    return f"{names[:1].upper()}{names[1:]}."


def what_changed(change: TimelineChange) -> str:
    """Returns what changed, in a line."""
    if change.fault:
        return f"Could not be compared: {change.fault}."
    line = change_line(change.step) if change.step else "not compared yet"
    return f"{line[:1].upper()}{line[1:]}." if line else "No clause changed."


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
