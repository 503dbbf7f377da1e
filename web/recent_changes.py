"""The changes of all policies, newest first: what the API lists and what the feeds show.

A policy's changes are kept until its history may have changed (`Library.revisions`), and so is what is made of the
comparison of two texts (`Room.kept`).
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Self, TypeVar

from starlette.exceptions import HTTPException

from core.declarations import Vendor
from core.exceptions import StoppedWorkError, StorageError
from core.policies import PolicyKey
from reports.announced_changes import AnnouncedChange, announced_changes, listed_change
from reports.change_list import ListedChange
from web.room import Room

_LOGGER = logging.getLogger("clausewatch.web")
_Result = TypeVar("_Result")
# How many policies are looked up at a time, and for one list.
_AT_ONCE, _LOOKED_UP = 50, 1_000
# How long one request may compare texts, in seconds. A comparison that was begun is completed.
_COMPARING = 1.5
# How many policies' changes one request may work out. It takes up to half a second for a policy with many captures.
_WORKED_OUT = 100
# About how many bytes an `AnnouncedChange` takes.
_CHANGE = 2_000


# Between the parts of a place's name.
_SEPARATOR = "~"


@dataclass(frozen=True, order=True)
class Place:
    """The place of a change in the list of all changes, which is in falling order of places."""

    seen: datetime
    key: PolicyKey

    @property
    def name(self) -> str:
        """The place as the parameter of an address."""
        return _SEPARATOR.join((self.seen.isoformat(), *self.key))

    @classmethod
    def named(cls, name: str) -> Self:
        """Returns the place that a parameter names. HTTPException if it names none."""
        moment, *slugs = name.split(_SEPARATOR)
        try:
            seen = datetime.fromisoformat(moment)
        except ValueError:
            seen = None
        if seen is None or seen.tzinfo is None or len(slugs) != 2:
            raise HTTPException(422, "after: the list has no such place: begin again without it")
        return cls(seen, PolicyKey(*slugs))


class _TooLateError(Exception):
    """The request has compared texts for as long as it may."""


def newest_changes(
    room: Room,
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

    The policies are looked up in the order in which they last got a new text, until no other can have a newer one. So
    the list of all vendors may leave out a policy that has since returned to an earlier text, and it ends with the
    changes of the 1,000 policies that changed last. The lists of one vendor and of one policy leave out nothing.

    StorageError if the database can't be read. HTTPException with status 503 if the changes of many policies have to be
    worked out first.
    """
    found: list[AnnouncedChange] = []
    candidates = _candidates(room, vendor, policy)
    if not vendor:
        del candidates[_LOOKED_UP:]
    for latest, changes in _changes_of(room, candidates):
        is_full = len(found) >= limit and latest < place_of(found[limit - 1])
        if not vendor and (is_full or (since and latest.seen < since)):
            break
        found += islice(
            (
                change
                for change in changes()
                if (before is None or place_of(change) < before) and (since is None or change.seen >= since)
            ),
            limit,
        )
        found.sort(key=place_of, reverse=True)
        del found[limit:]
    return tuple(found)


def place_of(change: AnnouncedChange) -> Place:
    """Returns the place of a change in the list of all changes. A policy never has two changes at one time."""
    return Place(change.seen, change.key)


def compared_changes(
    room: Room,
    changes: Iterable[AnnouncedChange],
    make: Callable[[Vendor, ListedChange], _Result],
    otherwise: Callable[[Vendor, AnnouncedChange], _Result],
    size: Callable[[_Result], int],
) -> Iterator[tuple[AnnouncedChange, _Result]]:
    """Yields changes with what is made of their comparisons. If that takes too long, it yields only the first ones.

    So a request doesn't wait for many comparisons, and the next one finds more of them kept.

    make: makes a result; a function of a module, which names what is kept. size: its size in bytes, roughly.
    otherwise: makes the result of a change whose texts can't be compared; the reason is in the log.
    """
    begin = time.monotonic()
    for number, change in enumerate(changes):
        vendor = room.vendor(change.key.vendor)

        def compared(change: AnnouncedChange = change, vendor: Vendor = vendor, is_first: bool = not number) -> _Result:
            if time.monotonic() - begin > _COMPARING and not is_first:
                raise _TooLateError
            return make(vendor, listed_change(room.store, vendor, change, room.call))

        try:
            result = room.kept.get((make.__qualname__, make.__module__, vendor.name, change), compared, size)
        except _TooLateError:
            return
        except (StoppedWorkError, StorageError) as error:
            _LOGGER.warning("%s: %s", change.key, error)
            result = otherwise(vendor, change)
        yield change, result


def _candidates(room: Room, vendor: str, policy: str) -> list[Place]:
    """Returns the declared policies that have changed, each with the time of its newest text, latest first."""
    vendors, standings = room.vendors(), room.standings()
    keys = (
        PolicyKey(slug, name)
        for slug in ([vendor] if vendor else vendors)
        for name in vendors[slug].policies
        if policy in ("", name)
    )
    changed = ((standings[key].last_change, key) for key in keys if key in standings)
    return sorted((Place(moment, key) for moment, key in changed if moment is not None), reverse=True)


def _changes_of(
    room: Room, candidates: Sequence[Place]
) -> Iterator[tuple[Place, Callable[[], tuple[AnnouncedChange, ...]]]]:
    """Yields each of `_candidates`, and a function that returns its changes."""
    work = iter(range(_WORKED_OUT))
    for begin in range(0, len(candidates), _AT_ONCE):
        some = candidates[begin : begin + _AT_ONCE]
        # The revisions are read before the histories, so that a change in between is noticed the next time.
        revisions = room.store.library.revisions([place.key for place in some])
        for place in some:
            revision = revisions.get(place.key)
            yield place, partial(_kept_changes, room, place.key, revision, work, is_only=len(candidates) == 1)


def _kept_changes(
    room: Room, key: PolicyKey, revision: int | None, work: Iterator[int], *, is_only: bool
) -> tuple[AnnouncedChange, ...]:
    """Returns the changes of a policy.

    work: one item for each policy whose changes may be worked out. is_only: whether they are all that is listed.
    """

    def work_out() -> tuple[AnnouncedChange, ...]:
        if next(work, None) is None:
            # What was worked out so far is kept, so that the next request gets further.
            raise HTTPException(503, "These changes are still being worked out. Ask again in a few seconds.")
        return announced_changes(key, room.store.library.settled(key))

    try:
        return room.kept.get(("changes", key, revision), work_out, lambda found: _CHANGE * (len(found) + 1))
    except StorageError as error:
        if is_only:
            raise
        _LOGGER.warning("%s: %s", key, error)  # the damage of one policy does not hide the changes of all others
        return ()
