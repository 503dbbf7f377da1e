"""Calls functions in a worker process, within limits on time and memory."""

import operator
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from core.exceptions import StoppedWorkError
from core.limits import Caller, Limits, WorkFault
from intake.worker_pool import WorkerPool


@contextmanager
def limited_calls(limits: Limits, prepare: Callable[[], object]) -> Iterator[Caller]:
    """Yields a function that calls functions in a worker process, within limits. The process starts when it is needed.

    prepare: called in the process before the first call, for instance to load modules; picklable.

    The yielded function raises StoppedWorkError if a call exceeds a limit, fails, or ends its process. NoWorkerError if
    no process can be started.
    """
    workers: WorkerPool[Callable[[], Any], Any] = WorkerPool(
        operator.call,
        give_up=lambda function, fault: fault,
        size=lambda function: 0,
        prepare=prepare,
        limits=limits,
    )

    def call(function: Callable[[], Any]) -> Any:
        result = workers.call(function)
        if isinstance(result, WorkFault):
            raise StoppedWorkError(f"comparing the texts {result.sentence}")
        return result

    with closing(workers):
        yield call
