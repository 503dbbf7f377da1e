"""The changes of all policies, newest first: what the API lists and what the feeds show.

A policy's changes are worked out again only if its history may have changed since (`Library.revisions`). Two texts are
compared once, as long as the result is among those shown last.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

from core.declarations import Vendor
from core.exceptions import StorageError, StoppedWorkError
from core.history import SettledHistory
from core.policies import PolicyKey
from reports.announced_changes import AnnouncedChange, announced_changes, listed_change
from reports.change_list import ListedChange
from web.remembered import Remembered
from web.rendering import room_of
from web.room import Room

_LOGGER = logging.getLogger("clausewatch.web")
_Result = TypeVar("_Result")
# How many policies' changes, and how many results of comparisons, are remembered. Each takes a few kilobytes.
_POLICIES, _RESULTS = 2_000, 1_000
# How many policies' histories are remembered. One with a thousand captures takes about a megabyte.
_HISTORIES = 64
# How many policies are looked up at a time, and for one list.
_AT_ONCE, _LOOKED_UP = 50, 1_000
# How long one request may compare texts, in seconds. A comparison that was begun is completed.
_COMPARING = 4.0
# How many policies' changes one request may work out. It takes up to half a second for a policy with many captures.
_WORKED_OUT = 100


@dataclass(frozen=True, order=True)
class Place:
    """The place of a change in the list of all changes, which is in falling order of places."""

    seen: datetime
    key: PolicyKey


def place_of(change: AnnouncedChange) -> Place:
    """Returns the place of a change in the list of all changes. A policy never has two changes at one time."""
    return Place(change.seen, change.key)


@dataclass(frozen=True, slots=True)
class RenderedEntry:
    """What an entry of a feed says about a change: its title, the vendor's name, and HTML."""

    title: str
    author: str
    html: str


class RecentChanges:
    """What the room remembers of the changes of policies.

    listed: the JSON of changes. entries: the entries of feeds.
    feeds: for the address of each feed, the checksum of what it contained last, and since when.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._changes: Remembered[PolicyKey, tuple[int, tuple[AnnouncedChange, ...]]] = Remembered(_POLICIES)
        self._histories: Remembered[PolicyKey, tuple[int, SettledHistory]] = Remembered(_HISTORIES)
        self.listed: Remembered[AnnouncedChange, dict[str, object]] = Remembered(_RESULTS)
        self.feeds: Remembered[str, tuple[str, datetime]] = Remembered(_RESULTS)
        self.entries: Remembered[AnnouncedChange, RenderedEntry] = Remembered(_RESULTS)

    def settled(self, key: PolicyKey) -> SettledHistory:
        """Returns the settled history of a policy. StorageError if the database can't be read."""
        library = self._room.store.library
        # The revision is read before the history, so that a change in between is noticed the next time.
        revision = library.revisions([key]).get(key, 0)
        known = self._histories.get(key)
        if known is None or known[0] != revision:
            known = (revision, library.settled(key))
            self._histories.put(key, known)
        return known[1]

    def compared(
        self,
        changes: Iterable[AnnouncedChange],
        results: Remembered[AnnouncedChange, _Result],
        make: Callable[[Vendor, ListedChange], _Result],
        otherwise: Callable[[Vendor, AnnouncedChange], _Result],
    ) -> Iterator[tuple[AnnouncedChange, _Result]]:
        """Yields changes with what is made of their comparisons. If that takes too long, it yields only the first ones.

        So a request does not wait for many comparisons, and the next one finds more of them remembered.

        results: `listed` or `entries`. make: makes a result. otherwise: makes the result of a change whose texts can't
        be compared; the reason is in the log.
        """
        end = time.monotonic() + _COMPARING
        for change in changes:
            vendor = self._room.vendor(change.key.vendor)
            result = results.get(change)
            if result is None:
                if time.monotonic() > end:
                    return
                try:
                    result = make(vendor, listed_change(self._room.store, vendor, change, self._room.call))
                    results.put(change, result)
                except (StoppedWorkError, StorageError) as error:
                    _LOGGER.warning("%s: %s", change.key, error)
                    result = otherwise(vendor, change)
            yield change, result

    def newest(
        self,
        vendor: str = "",
        policy: str = "",
        *,
        limit: int,
        before: Place | None = None,
        since: datetime | None = None,
    ) -> tuple[AnnouncedChange, ...]:
        """Returns the newest changes of the declared policies that digests announce, newest first.

        vendor, policy: slugs; '' for all. limit: the largest number of changes.
        before: only changes after this place in the list. since: only changes seen at or after this time.

        The policies are looked up in the order in which they last got a new text, until no other can have a newer one.
        So the list of all vendors may leave out a policy that has since returned to an earlier text, and it ends with
        the changes of the 1,000 policies that changed last. The lists of one vendor and of one policy leave out nothing.

        StorageError if the database can't be read. HTTPException with status 503 if the changes of many policies have to
        be worked out first.
        """
        found: list[AnnouncedChange] = []
        bounded = not vendor
        work = iter(range(_WORKED_OUT))
        for moment, keys in _portions(self._candidates(vendor, policy)[: _LOOKED_UP if bounded else None]):
            if bounded and since is not None and moment < since:
                break
            if bounded and len(found) >= limit and moment < found[limit - 1].seen:
                break
            for changes in self._of(keys, work):
                found += islice(
                    (
                        change
                        for change in changes
                        if (before is None or place_of(change) < before) and (since is None or change.seen >= since)
                    ),
                    limit,
                )
            found.sort(key=place_of, reverse=True)
            del found[limit:]
        return tuple(found)

    def _candidates(self, vendor: str, policy: str) -> list[tuple[datetime, PolicyKey]]:
        """Returns the declared policies that have changed, with the time of their newest text, latest first."""
        vendors, standings = self._room.vendors(), self._room.standings()
        keys = (
            PolicyKey(slug, name)
            for slug in ([vendor] if vendor else vendors)
            for name in vendors[slug].policies
            if policy in ("", name)
        )
        changed = ((standings[key].last_change, key) for key in keys if key in standings)
        return sorted(((moment, key) for moment, key in changed if moment is not None), reverse=True)

    def _of(self, keys: Sequence[PolicyKey], work: Iterator[int]) -> Iterator[tuple[AnnouncedChange, ...]]:
        """Yields the changes of each policy. work: one item for each policy whose changes may be worked out."""
        library = self._room.store.library
        revisions = library.revisions(keys)
        for key in keys:
            revision = revisions.get(key, 0)
            known = self._changes.get(key)
            if known is None or known[0] != revision:
                if next(work, None) is None:
                    # What was worked out so far is remembered, so that the next request gets further.
                    raise HTTPException(503, "These changes are still being worked out. Ask again in a few seconds.")
                try:
                    known = (revision, announced_changes(key, library.settled(key)))
                except StorageError:
                    if len(keys) == 1:
                        raise
                    continue  # the damage of one policy does not hide the changes of all others
                self._changes.put(key, known)
            yield known[1]


def recent_changes_of(request: Request) -> RecentChanges:
    """Returns what the room remembers of the changes of its policies."""
    state = request.app.state
    if not hasattr(state, "recent_changes"):
        state.recent_changes = RecentChanges(room_of(request))
    changes: RecentChanges = state.recent_changes
    return changes


def _portions(
    candidates: Sequence[tuple[datetime, PolicyKey]],
) -> Iterator[tuple[datetime, list[PolicyKey]]]:
    """Yields the policies in portions, each with the latest time at which one of them got its newest text."""
    for begin in range(0, len(candidates), _AT_ONCE):
        portion = candidates[begin : begin + _AT_ONCE]
        yield portion[0][0], [key for _, key in portion]
