"""A pool of worker processes that uses all processors.

If a task kills the worker process that runs the task, all other tasks are still completed.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from itertools import chain, islice
from multiprocessing.connection import Connection
from threading import Lock, local
from typing import Generic, TypeVar

from core.exceptions import ClausewatchError
from intake.deferred_error import DeferredError
from intake.fork_server import ForkServer

# If there are at most this many items, the items are processed in this process, because starting workers would take
# longer. This number is also the upper limit of the items in a batch of results.
_FEW = 16
# Tasks are submitted before their results are needed, so the workers stay busy while the caller stores results. These
# constants are the upper limits of the number of submitted tasks, and of their total size in bytes.
_AHEAD = 128
_AHEAD_BYTES = 32 * 1024 * 1024

_Item = TypeVar("_Item")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class WorkerPool(Generic[_Task, _Result]):
    """Calls one function for many tasks in worker processes, which start when they are first needed.

    function: the function to call. The function, the tasks and the results must be picklable.
    give_up: called with a task that has killed two workers; returns the result for the task.
    size: returns the size of a task in bytes.
    prepare: a picklable function that is called once before the first task, for instance to load a model.

    Several threads may use the same pool.
    """

    def __init__(
        self,
        function: Callable[[_Task], _Result],
        *,
        give_up: Callable[[_Task], _Result],
        size: Callable[[_Task], int],
        prepare: Callable[[], object],
    ) -> None:
        self._function = function
        self._give_up = give_up
        self._size = size
        self._prepare = prepare
        # One thread for each worker. A worker has only one task at a time, so the pool knows which task killed a
        # worker. There are no more workers than processors, because the caches of each worker need memory.
        self._threads: ThreadPoolExecutor | None = None
        self._thread_data = local()
        self._lock = Lock()
        self._server: ForkServer | None = None
        self._server_lock = Lock()
        # Set if no worker can be started. All waiting tasks then fail at once with this error. Otherwise, each waiting
        # task would try to start a worker, which takes a second.
        self._start_error: ClausewatchError | None = None

    def map(self, items: Iterable[tuple[_Item, _Task | None]]) -> Iterator[list[tuple[_Item, _Result | None]]]:
        """Yields batches of items with the results of their tasks, in the order of the items.

        items: each item with its task, or with None; the result for None is None. If there are at most 16 items and no
        worker is running, the function is called in this process.

        If the function raises an exception for a task, the exception is raised after the results of the preceding items
        were yielded. If `items` raises an exception, the exception is raised after the results of all items were
        yielded. ClausewatchError if no worker can be started.
        """
        error = DeferredError()
        remaining = error.until_error(items)
        first = list(islice(remaining, _FEW + 1))
        if len(first) <= _FEW and self._threads is None:
            for item, task in first:
                yield [(item, None if task is None else self._function(task))]
        else:
            yield from self._map(chain(first, remaining))
        error.raise_if_any()

    def close(self) -> None:
        """Ends the workers, even if they are busy. If `map` is called again, new workers start."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)
            with self._server_lock:
                self._close_server()
            threads.shutdown()

    def _map(self, items: Iterable[tuple[_Item, _Task | None]]) -> Iterator[list[tuple[_Item, _Result | None]]]:
        under_way: deque[tuple[_Item, Future[_Result] | None, int]] = deque()
        size = 0
        self._start_error = None

        def finished() -> list[tuple[_Item, _Result | None]]:
            """Waits for the results of the first half of the queue, but of at most 16 items.

            Returns the items at the front of the queue that have results, at most 16. While the caller stores these
            results, the workers continue with the rest of the queue.
            """
            nonlocal size
            first_half = islice(under_way, min(_FEW, (len(under_way) + 1) // 2))
            wait([future for _, future, _ in first_half if future is not None])
            results: list[tuple[_Item, _Result | None]] = []
            while under_way and (not results or (_has_result(under_way[0][1]) and len(results) < _FEW)):
                item, future, task_size = under_way.popleft()
                size -= task_size
                results.append((item, None if future is None else future.result()))
            return results

        for item, task in items:
            if under_way and all(_has_result(future) for _, future, _ in islice(under_way, _FEW)):
                yield finished()
            under_way.append((item, *((None, 0) if task is None else (self._submit(task), self._size(task)))))
            size += under_way[-1][2]
            if len(under_way) >= _AHEAD or size >= _AHEAD_BYTES:
                yield finished()
        while under_way:
            yield finished()

    def _submit(self, task: _Task) -> "Future[_Result]":
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_processors(), "worker")
            return self._threads.submit(self._call, task)

    def _call(self, task: _Task) -> _Result:
        """Sends a task to this thread's worker, and returns the result of the function."""
        for _ in range(2):
            worker = getattr(self._thread_data, "worker", None) or self._start_worker()
            try:
                worker.send(task)
                result, error = worker.recv()
            except (EOFError, OSError):
                worker.close()
                self._thread_data.worker = None
                continue
            if error is not None:
                raise error
            return result  # type: ignore[no-any-return]  # objects from a pipe have no static type
        return self._give_up(task)

    def _start_worker(self) -> Connection:
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
                self._start_error = ClausewatchError(
                    "no process can be started to read captures: check that the machine has memory left, then run this "
                    "again; everything stored before is still there"
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
