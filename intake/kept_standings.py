"""Keeps the standings of policies up to date while captures arrive, so that `clausewatch status` finds them ready."""

from collections.abc import Iterable
from contextlib import suppress
from threading import Lock
from time import monotonic

from core.exceptions import StorageError
from storage.library import Library

# The shortest time between two updates, in seconds. To derive a standing takes time for each capture of the policy, so
# it is not done for each capture that arrives.
_INTERVAL = 10


class KeptStandings:
    """The vendors of which captures were read since their standings were derived (`storage.standings`).

    Several threads may use one object.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = Lock()
        self._vendors: set[str] = set()
        self._next_at = monotonic() + _INTERVAL

    def note(self, vendors: Iterable[str]) -> None:
        """Notes that captures of some vendors were read, and updates their standings if it is time."""
        with self._lock:
            self._vendors |= set(vendors)
            is_time = monotonic() >= self._next_at
        if is_time:
            self.update()

    def update(self) -> None:
        """Updates the standings of the noted vendors.

        If the database can't be read, nothing is lost: the next call of `Library.standings` does the work.
        """
        with self._lock:
            vendors, self._vendors = self._vendors, set()
            self._next_at = monotonic() + _INTERVAL
        if vendors:
            with suppress(StorageError):
                self._library.standings(vendors)
