"""The room: what all pages work with."""

import os
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Generic, TypeVar

from core.declarations import Policy, Vendor, sound_vendors
from core.exceptions import ClausewatchError, DeclarationError, UsageError
from core.history import History, SettledHistory
from core.limits import Caller
from core.policies import PolicyKey
from storage import Standing, Store
from web.kept import Kept
from web.postman import Postman

# For how long the declarations and the standings are shown without being read again, in seconds.
_FRESH = 5.0
# The limit on what is kept, and about how much a capture takes in a history, in bytes.
_KEPT = 128 * 1024 * 1024
_CAPTURE = 1200

_Value = TypeVar("_Value")


class NotFoundError(Exception):
    """Nothing is at this address. The message says what is missing, and what to do."""


@dataclass(frozen=True, slots=True)
class PolicyHistory:
    """A policy's history.

    state: `Library.state` of the policy, to which this history belongs.
    whole: all periods. settled: the same history, divided into groups of periods.
    """

    state: str
    whole: History
    settled: SettledHistory


@dataclass(frozen=True)
class Room:
    """What all pages work with.

    store: the database, opened read-only.
    vendors_folder: the folder of the vendors' declarations. It is read again when its files change.
    call: compares texts within limits, for instance in a process of its own.
    public_url: the address under which others reach the room, without a slash at the end; '' if there is none.
    writable: opens the database to record an operator's decision.
    operator_token: the operators' password; '' if operators can't sign in.
    secret: the operator's secret for the links in e-mails; '' for the one that the database keeps.
    postman: sends the e-mails that ask to confirm a subscription; None if nobody can subscribe in the room.
    kept: what was made from texts and histories that never change. Sizes are in bytes, roughly.
    """

    store: Store
    vendors_folder: Path
    call: Caller
    public_url: str = ""
    writable: Callable[[], Store] | None = None
    operator_token: str = ""
    secret: str = ""
    postman: Postman | None = None
    kept: Kept = field(init=False, repr=False)
    _vendors: "_Fresh[Mapping[str, Vendor]]" = field(init=False, repr=False)
    _standings: "_Fresh[Mapping[PolicyKey, Standing]]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept", Kept(_KEPT))
        object.__setattr__(self, "_vendors", _Fresh(self._read_vendors, lambda: _files_in(self.vendors_folder)))
        object.__setattr__(self, "_standings", _Fresh(self._read_standings, lambda: self.store.library.state_of_all()))

    def vendors(self) -> Mapping[str, Vendor]:
        """Returns the vendors whose declarations are sound, by slug; none if there is no declaration yet.

        The result may be a few seconds old.
        """
        return self._vendors.value()

    def standings(self) -> Mapping[PolicyKey, Standing]:
        """Returns a summary of each policy's captures. It may be a few seconds old. StorageError."""
        return self._standings.value()

    def edition(self) -> Hashable:
        """Returns a value that is another one whenever `vendors` or `standings` returns something else.

        A caller that keeps what follows from them must ask for it before it reads them. StorageError.
        """
        return self._vendors.edition(), self._standings.edition()

    def vendor(self, slug: str) -> Vendor:
        """Returns the declaration of a vendor. NotFoundError if there is none."""
        vendor = self.vendors().get(slug)
        if vendor is None:
            raise NotFoundError(f"No vendor {slug} is declared here.")
        return vendor

    def policy(self, key: PolicyKey) -> tuple[Vendor, Policy]:
        """Returns the declarations of a policy and its vendor. NotFoundError if there is none."""
        vendor = self.vendor(key.vendor)
        if key.policy not in vendor.policies:
            raise NotFoundError(f"{vendor.name} has no policy {key.policy} here; it has: {', '.join(vendor.policies)}.")
        return vendor, vendor.policies[key.policy]

    def history(self, key: PolicyKey) -> PolicyHistory:
        """Returns a policy's history, which is kept until it may have changed. StorageError."""
        state = self.store.library.state(key)
        return self.kept.get(("history", key, state), lambda: self._read_history(key, state), _size_of_history)

    def _read_history(self, key: PolicyKey, state: str) -> PolicyHistory:
        history = self.store.library.history(key)
        return PolicyHistory(state, history, self.store.library.settled(key, history))

    def forget(self) -> None:
        """Makes the next page read the standings again, after something was written."""
        self._standings.forget()

    def _read_vendors(self) -> Mapping[str, Vendor]:
        try:
            return sound_vendors(self.vendors_folder)[0]
        except (UsageError, DeclarationError):
            return {}

    def _read_standings(self) -> Mapping[PolicyKey, Standing]:
        return {PolicyKey(standing.vendor, standing.policy): standing for standing in self.store.library.standings()}


def _files_in(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Returns the name, the time of the last change and the size of each file of a folder; () if it can't be read."""
    try:
        with os.scandir(folder) as entries:
            return tuple(sorted((entry.name, (of := entry.stat()).st_mtime_ns, of.st_size) for entry in entries))
    except OSError:
        return ()


def _size_of_history(history: PolicyHistory) -> int:
    captures = sum(len(period.observations) for period in history.whole.periods) + len(history.whole.quarantined)
    return captures * _CAPTURE


class _Fresh(Generic[_Value]):
    """A value that is read again in the background when it is older than _FRESH. Until then, the old one is returned.

    read: reads the value. state: returns what the value depends on: while that stays the same, the value does, too.
    """

    def __init__(self, read: Callable[[], _Value], state: Callable[[], Hashable]) -> None:
        self._read = read
        self._state = state
        self._lock = Lock()
        self._held: tuple[float, Hashable, _Value] | None = None
        self._edition = 0

    def value(self) -> _Value:
        held = self._held
        if held is None:
            with self._lock:
                return self._refreshed()
        if time.monotonic() - held[0] > _FRESH and self._lock.acquire(blocking=False):
            Thread(target=self._refresh, daemon=True).start()
        return held[2]

    def edition(self) -> int:
        """Returns how often another value was read."""
        self.value()
        return self._edition

    def forget(self) -> None:
        """Makes the next call of `value` wait for a new value."""
        self._held = None

    def _refresh(self) -> None:
        try:
            with suppress(ClausewatchError):  # a page that needs the database says what is wrong with it
                self._refreshed()
        finally:
            self._lock.release()

    def _refreshed(self) -> _Value:
        held, state = self._held, self._state()
        is_current = held is not None and held[1] == state
        value = held[2] if held is not None and is_current else self._read()
        self._held = (time.monotonic(), state, value)
        self._edition += not is_current
        return value
