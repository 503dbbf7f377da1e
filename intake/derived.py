"""Keeps up to date what is derived from the histories of policies, for the policies of which captures were read."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

from core.captures import Capture
from core.exceptions import ClausewatchError
from core.limits import Limits
from core.policies import PolicyKey
from storage import Store


def refresh_derived(store: Store, keys: Iterable[PolicyKey]) -> None:
    """Brings up to date what is derived from the histories of policies: the index of the search.

    If this fails, nothing is lost: the next capture, the next run or the next search brings it up to date.
    """
    with suppress(ClausewatchError):
        store.clause_index.refresh(keys)


class Derived:
    """The policies of which captures were read since what is derived from them was refreshed.

    Several threads may use one object.
    """

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._lock = Lock()
        self._keys: set[PolicyKey] = set()

    def note(self, readings: Iterable[tuple[Capture, Mapping[str, Any]]]) -> None:
        """Notes readings that were stored: each with its capture and the values of its row."""
        with self._lock:
            self._keys.update(capture.key for capture, _ in readings)

    def note_whole(self, key: PolicyKey) -> None:
        """Notes a policy whose captures were all read again."""
        with self._lock:
            self._keys.add(key)

    def update(self) -> None:
        """Refreshes the noted policies."""
        with self._lock:
            keys, self._keys = self._keys, set()
        refresh_derived(self._store, keys)
