"""Stores captures through an intake, as every source does, for tests of the stored data.

All calls for one store share an intake, because an intake remembers which captures it has read. Each call stops the
processes that it started, so that no process outlives its test.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from core.captures import Capture
from core.declarations import Policy
from core.policies import PolicyKey
from intake.policy_reader import rederive
from intake.records import FoundCapture, ReadCapture, UnreadCapture
from intake.service import Intake
from storage import Finding, Store, upkeep

_intakes: WeakKeyDictionary[Store, Intake] = WeakKeyDictionary()


def keep(store: Store, capture: Capture, payload: bytes | None, policy: Policy) -> ReadCapture:
    with _intake_of(store) as intake:
        return intake.keep((capture, payload, policy))


def keep_all(store: Store, captures: Iterable[FoundCapture]) -> Iterator[ReadCapture]:
    with _intake_of(store) as intake:
        yield from intake.keep_all(captures)


def keep_unread(store: Store, captures: Iterable[FoundCapture]) -> Iterator[UnreadCapture]:
    with _intake_of(store) as intake:
        yield from intake.keep_unread(captures)


def read(store: Store, captures: Iterable[UnreadCapture]) -> Iterator[ReadCapture]:
    with _intake_of(store) as intake:
        yield from intake.read(captures)


def reextract(store: Store, key: PolicyKey, policy: Policy, progress: Callable[[int, int], None] | None = None) -> int:
    with _intake_of(store) as intake:
        return intake.reextract(key, policy, progress)


def verify(
    store: Store,
    declared: Mapping[PolicyKey, Policy],
    repair: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Finding]:
    return upkeep.verify(store, declared, rederive, repair, progress)


def restart(store: Store) -> None:
    """Discards the store's intake. The next call makes a new intake, as a new process would."""
    _intakes.pop(store, None)


@contextmanager
def _intake_of(store: Store) -> Iterator[Intake]:
    with _intakes.setdefault(store, Intake(store)) as intake:
        yield intake
