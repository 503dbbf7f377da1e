"""A pool of worker processes that uses all processors.

Each task has limits on time and memory. If a task exceeds a limit, fails, or kills its worker process, all other tasks
are still completed.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from itertools import islice
from threading import Lock, local
from typing import Generic, TypeVar

from core.exceptions import NoWorkerError
from core.limits import Limits, WorkFault
from intake.deferred_error import DeferredError
from intake.fork_server import ForkServer, LimitError, Worker

# The upper limit of the items in a batch of results.
_BATCH = 16
# Tasks are submitted before their results are needed, so the workers stay busy while the caller stores results. These
# constants are the upper limits of the number of submitted tasks, and of their total size in bytes.
_AHEAD = 128
_AHEAD_BYTES = 32 * 1024 * 1024

_Item = TypeVar("_Item")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class ClosedPoolError(Exception):
    """The pool was closed while tasks were waiting or under way."""


class WorkerPool(Generic[_Task, _Result]):
    """Calls one function for many tasks in worker processes, which start when they are first needed.

    function: the function to call. The function, the tasks and the results must be picklable.
    give_up: called with a task that was not completed, and the reason; returns the result for the task.
    size: returns the size of a task in bytes.
    prepare: a picklable function that is called once before the first task, for instance to load a model.
    limits: the limits on each task.

    Several threads may use the same pool.
    """

    def __init__(
        self,
        function: Callable[[_Task], _Result],
        *,
        give_up: Callable[[_Task, WorkFault], _Result],
        size: Callable[[_Task], int],
        prepare: Callable[[], object],
        limits: Limits = Limits(),  # noqa: B008  (it is immutable)
    ) -> None:
        self._function = function
        self._give_up = give_up
        self._size = size
        self._prepare = prepare
        self._limits = limits
        # One thread for each worker. A worker has only one task at a time, so the pool knows which task killed a
        # worker. There are no more workers than processors, because the caches of each worker need memory.
        self._threads: ThreadPoolExecutor | None = None
        self._thread_data = local()
        self._lock = Lock()
        # How often the pool was closed. A call of `map` ends when this number changes.
        self._closings = 0
        self._server: ForkServer | None = None
        self._server_lock = Lock()
        # Set if no worker can be started. All waiting tasks then fail at once with this error. Otherwise, each waiting
        # task would try to start a worker, which takes a second.
        self._start_error: NoWorkerError | None = None

    def map(self, items: Iterable[tuple[_Item, _Task | None]]) -> Iterator[list[tuple[_Item, _Result | None]]]:
        """Yields batches of items with the results of their tasks, in the order of the items.

        items: each item with its task, or with None; the result for None is None.

        If `items` raises an exception, the exception is raised after the results of all items were yielded.
        NoWorkerError if no worker can be started. ClosedPoolError if the pool is closed during the call.
        """
        error = DeferredError()
        try:
            yield from self._map(error.until_error(items))
        except CancelledError:
            raise ClosedPoolError from None
        error.raise_if_any()

    def call(self, task: _Task) -> _Result:
        """Returns the result for one task. Raises the same errors as `map`."""
        result: _Result
        (((_, result),),) = self.map([(None, task)])  # type: ignore[assignment]  # it is None only without a task
        return result

    def close(self) -> None:
        """Ends the workers, even if they are busy. If `map` is called again, new workers start.

        A call of `map` that is under way in another thread raises ClosedPoolError.
        """
        with self._lock:
            threads, self._threads = self._threads, None
            self._closings += 1
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)
            with self._server_lock:
                self._close_server()
            threads.shutdown()

    def _map(self, items: Iterable[tuple[_Item, _Task | None]]) -> Iterator[list[tuple[_Item, _Result | None]]]:
        under_way: deque[tuple[_Item, Future[_Result] | None, int]] = deque()
        size = 0
        closings = self._closings
        self._start_error = None

        def finished() -> list[tuple[_Item, _Result | None]]:
            """Waits for the results of the first half of the queue, but of at most 16 items.

            Returns the items at the front of the queue that have results, at most 16. While the caller stores these
            results, the workers continue with the rest of the queue.
            """
            nonlocal size
            first_half = islice(under_way, min(_BATCH, (len(under_way) + 1) // 2))
            for _, future, _ in first_half:
                # `concurrent.futures.wait` would wait without end for tasks that `close` has cancelled.
                if future is not None and future.exception() is not None:
                    break
            results: list[tuple[_Item, _Result | None]] = []
            while under_way and (not results or (_has_result(under_way[0][1]) and len(results) < _BATCH)):
                item, future, task_size = under_way.popleft()
                size -= task_size
                results.append((item, None if future is None else future.result()))
            return results

        for item, task in items:
            if under_way and all(_has_result(future) for _, future, _ in islice(under_way, _BATCH)):
                yield finished()
            under_way.append((item, *((None, 0) if task is None else (self._submit(task, closings), self._size(task)))))
            size += under_way[-1][2]
            if len(under_way) >= _AHEAD or size >= _AHEAD_BYTES:
                yield finished()
        while under_way:
            yield finished()

    def _submit(self, task: _Task, closings: int) -> "Future[_Result]":
        with self._lock:
            if self._closings != closings:
                raise CancelledError
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_processors(), "worker")
            return self._threads.submit(self._call, task)

    def _call(self, task: _Task) -> _Result:
        """Sends a task to this thread's worker, and returns the result of the function."""
        fault = WorkFault("lost_worker", "ended its process before it was done, twice")
        for _ in range(2):
            worker = getattr(self._thread_data, "worker", None) or self._start_worker()
            try:
                result, failure = worker.run(task, self._limits)
            except LimitError as breach:
                self._thread_data.worker = None
                fault = breach.fault
                break
            except (EOFError, OSError):
                self._thread_data.worker = None
                worker.end()
                continue
            if not worker.is_fit(self._limits):
                self._thread_data.worker = None
                worker.end()
            if not failure:
                return result  # type: ignore[no-any-return]  # objects from a pipe have no static type
            fault = WorkFault("reader_error", f"failed: {failure}")
            break
        return self._give_up(task, fault)

    def _start_worker(self) -> Worker:
        """Starts this thread's worker. Starts the fork server first if it is not running."""
        with self._server_lock:
            if self._threads is None:  # the worker has ended because the pool was closed
                raise CancelledError
            if self._start_error is not None:
                raise self._start_error
            if self._server is not None and not self._server.is_alive():
                self._close_server()
            try:
                if self._server is None:
                    self._server = ForkServer(self._function, self._prepare)
                worker = self._server.fork()
            except (EOFError, OSError):
                self._close_server()
                self._start_error = NoWorkerError(
                    "no process can be started to read or compare captures: check that the machine has memory left, "
                    "then run this again; everything stored before is still there"
                )
                raise self._start_error from None
        self._thread_data.worker = worker
        return worker

    def _close_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _has_result(future: "Future[_Result] | None") -> bool:
    """Returns whether a task has a result.

    A task that has raised an exception has no result: `map` raises the exception after the results of the
    preceding items.
    """
    return future is None or (future.done() and future.exception() is None)


def _processors() -> int:
    """Returns the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
