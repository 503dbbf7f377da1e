"""Stores captures through an intake, as every source does, for tests of the stored data.

All calls for one store share an intake, because an intake remembers which captures it has read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from core.captures import Capture
from core.declarations import Policy
from core.limits import WorkFault
from core.policies import PolicyKey
from intake.reading_task import CaptureText, ReadingTask, read_capture, warm_up
from intake.records import FoundCapture, ReadCapture, UnreadCapture
from intake.service import Intake, given_up
from intake.worker_pool import WorkerPool
from storage import Finding, Store, upkeep


class InThisProcess(WorkerPool[ReadingTask, CaptureText]):
    """Reads captures in this process, because worker processes take longer to start than most tests take.

    The tests of `intake.worker_pool`, and all tests that run a command in a process of its own, use worker processes.
    """

    def __init__(self, read: Callable[[ReadingTask], CaptureText] = read_capture) -> None:
        super().__init__(read, give_up=given_up, size=ReadingTask.size, prepare=warm_up)

    def map(self, items: Iterable[tuple[Any, ReadingTask | None]]) -> Iterator[list[tuple[Any, CaptureText | None]]]:
        for item, task in items:
            yield [(item, None if task is None else self._result(task))]

    def call(self, task: ReadingTask) -> CaptureText:
        return self._result(task)

    def _result(self, task: ReadingTask) -> CaptureText:
        try:
            return self._function(task)
        except Exception as error:
            return given_up(task, WorkFault("reader_error", f"failed: {type(error).__name__}: {error}"))


_intakes: WeakKeyDictionary[Store, Intake] = WeakKeyDictionary()


def keep(store: Store, capture: Capture, payload: bytes | None, policy: Policy) -> ReadCapture:
    return _intake_of(store).keep((capture, payload, policy))


def keep_all(store: Store, captures: Iterable[FoundCapture]) -> Iterator[ReadCapture]:
    yield from _intake_of(store).keep_all(captures)


def keep_unread(store: Store, captures: Iterable[FoundCapture]) -> Iterator[UnreadCapture]:
    yield from _intake_of(store).keep_unread(captures)


def read(store: Store, captures: Iterable[UnreadCapture]) -> Iterator[ReadCapture]:
    yield from _intake_of(store).read(captures)


def reextract(store: Store, key: PolicyKey, policy: Policy, progress: Callable[[int, int], None] | None = None) -> int:
    return _intake_of(store).reextract(key, policy, progress)


def verify(
    store: Store,
    declared: Mapping[PolicyKey, Policy],
    repair: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Finding]:
    return upkeep.verify(store, declared, _intake_of(store).rederive, repair, progress)


def restart(store: Store) -> None:
    """Discards the store's intake. The next call makes a new intake, as a new process would."""
    _intakes.pop(store, None)


def _intake_of(store: Store) -> Intake:
    return _intakes.setdefault(store, Intake(store, InThisProcess()))
