"""The room: what all pages work with."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from core.declarations import Policy, Vendor, sound_vendors
from core.exceptions import DeclarationError, UsageError
from core.limits import Caller
from core.policies import PolicyKey
from storage import Standing, Store

# For how long the declarations and the standings are shown without being read again, in seconds.
_FRESH = 5.0

_Value = TypeVar("_Value")


class NotFoundError(Exception):
    """Nothing is at this address. The message says what is missing, and what to do."""


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
    """

    store: Store
    vendors_folder: Path
    call: Caller
    public_url: str = ""
    writable: Callable[[], Store] | None = None
    operator_token: str = ""
    secret: str = ""
    _vendors: "_Fresh[Mapping[str, Vendor]]" = field(init=False, repr=False)
    _standings: "_Fresh[Mapping[PolicyKey, Standing]]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_vendors", _Fresh(self._read_vendors))
        object.__setattr__(self, "_standings", _Fresh(self._read_standings))

    def vendors(self) -> Mapping[str, Vendor]:
        """Returns the vendors whose declarations are sound, by slug; none if there is no declaration yet.

        The result may be a few seconds old.
        """
        return self._vendors.value()

    def standings(self) -> Mapping[PolicyKey, Standing]:
        """Returns a summary of each policy's captures. It may be a few seconds old. StorageError."""
        return self._standings.value()

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

    def _read_vendors(self) -> Mapping[str, Vendor]:
        try:
            return sound_vendors(self.vendors_folder)[0]
        except (UsageError, DeclarationError):
            return {}

    def _read_standings(self) -> Mapping[PolicyKey, Standing]:
        return {PolicyKey(standing.vendor, standing.policy): standing for standing in self.store.library.standings()}


class _Fresh(Generic[_Value]):
    """A value that is read again when it is older than _FRESH. While a thread reads it, the others get the old one."""

    def __init__(self, read: Callable[[], _Value]) -> None:
        self._read = read
        self._lock = Lock()
        self._held: tuple[float, _Value] | None = None

    def value(self) -> _Value:
        held = self._held
        if held is not None and time.monotonic() - held[0] < _FRESH:
            return held[1]
        if not self._lock.acquire(blocking=held is None):
            assert held is not None  # noqa: S101 - without a value, the thread waits for the lock
            return held[1]
        try:
            if self._held is held:  # no other thread has read it while this one waited
                self._held = (time.monotonic(), self._read())
            return self._held[1]  # type: ignore[index]  # set above, or by the thread that had the lock
        finally:
            self._lock.release()
