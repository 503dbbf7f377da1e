"""Keeps captures in a store as every source does, for tests that are about what is stored."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from weakref import WeakKeyDictionary

from core.captures import Capture
from core.declarations import Policy
from core.policies import PolicyKey
from intake.evidence import FoundCapture
from intake.readers import rederive
from intake.records import ReadCapture, UnreadCapture
from intake.service import Intake
from storage import Finding, Store, upkeep

_intakes: WeakKeyDictionary[Store, Intake] = WeakKeyDictionary()


def intake_of(store: Store) -> Intake:
    """The same intake for all that a test keeps in one store."""
    if store not in _intakes:
        _intakes[store] = Intake(store)
    return _intakes[store]


def keep(store: Store, capture: Capture, payload: bytes | None, policy: Policy) -> ReadCapture:
    return intake_of(store).keep((capture, payload, policy))


def keep_all(store: Store, captures: Iterable[FoundCapture]) -> Iterator[ReadCapture]:
    return intake_of(store).keep_all(captures)


def keep_unread(store: Store, captures: Iterable[FoundCapture]) -> Iterator[UnreadCapture]:
    return intake_of(store).keep_unread(captures)


def reextract(store: Store, key: PolicyKey, policy: Policy, progress: Callable[[int, int], None] | None = None) -> int:
    return intake_of(store).reextract(key, policy, progress)


def verify(
    store: Store,
    declared: Mapping[PolicyKey, Policy],
    repair: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Finding]:
    return upkeep.verify(store, declared, rederive, repair, progress)
