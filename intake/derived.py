"""Keeps up to date what is derived from the histories of policies, for the policies of which captures were read."""

import importlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from threading import Lock
from typing import Any

from core.captures import Capture
from core.exceptions import ClausewatchError
from core.limits import Caller, Limits
from core.policies import PolicyKey
from intake.limited_calls import limited_calls
from storage import Store

# For at most so many captures of a policy, each is looked up to find out whether any of them shows a new text.
# For more captures, the policy's history is loaded at once.
_LOOKED_UP = 4


def comparing_calls(limits: Limits) -> AbstractContextManager[Caller]:
    """Yields a function that makes comparisons in a worker process, within limits (`limited_calls`)."""
    return limited_calls(limits, partial(importlib.import_module, "diffing.comparison"))


def refresh_derived(store: Store, keys: Iterable[PolicyKey], call: Caller, *, retries: bool = False) -> None:
    """Makes what is missing of what is derived from the histories of policies: the steps between their versions.

    call: makes a comparison. retries: whether comparisons that were stopped earlier are tried again.

    If it can't be made for a policy, nothing is lost: the command that needs it makes it, and reports the error.
    """
    for key in keys:
        with suppress(ClausewatchError):
            store.lineages.refresh(key, call, retries=retries)


class Derived:
    """The policies of which captures were read since what is derived from them was refreshed.

    Several threads may use one object.
    """

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._lock = Lock()
        self._read: dict[PolicyKey, list[tuple[Capture, Mapping[str, Any]]]] = defaultdict(list)
        self._whole: set[PolicyKey] = set()

    def note(self, readings: Iterable[tuple[Capture, Mapping[str, Any]]]) -> None:
        """Notes readings that were stored: each with its capture and the values of its row."""
        with self._lock:
            for capture, row in readings:
                of_policy = self._read[capture.key]
                if len(of_policy) <= _LOOKED_UP:  # more are not needed to see that they are many
                    of_policy.append((capture, row))

    def note_whole(self, key: PolicyKey) -> None:
        """Notes a policy whose captures were all read again: comparisons that were stopped are tried again, too."""
        with self._lock:
            self._whole.add(key)

    def update(self) -> None:
        """Refreshes the noted policies. If the captures show no new text, that takes one query for each of them."""
        with self._lock:
            read, self._read = self._read, defaultdict(list)
            whole, self._whole = self._whole, set()
        with comparing_calls(self._limits) as call:
            refresh_derived(self._store, sorted(whole), call, retries=True)
            changed = (key for key in sorted(read.keys() - whole) if self._may_have_changed(read[key]))
            refresh_derived(self._store, changed, call)
        with suppress(ClausewatchError):
            self._store.clause_index.refresh({*read, *whole})

    def _may_have_changed(self, readings: Iterable[tuple[Capture, Mapping[str, Any]]]) -> bool:
        of_policy = [(capture, row) for capture, row in readings if row["version_id"] is not None]
        if len(of_policy) > _LOOKED_UP:
            return True
        with suppress(ClausewatchError):
            return not all(self._store.lineages.repeats_last(capture, row) for capture, row in of_policy)
        return False
