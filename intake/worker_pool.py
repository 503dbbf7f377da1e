"""Processes that read captures: every processor at work, and a page that takes its reader down takes down no more."""

import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import chain, islice
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from threading import Lock, local
from typing import Generic, TypeVar

from core.exceptions import ClausewatchError

# So many are done sooner in this process than others have started.
_FEW = 16
# What is taken ahead, so many or of so many bytes: there is something to do while what is done is stored.
_AHEAD = 128
_AHEAD_SIZE = 32 * 1024 * 1024

_Item = TypeVar("_Item")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class WorkerPool(Generic[_Task, _Result]):
    """Calls one function in processes of their own, which start when they are first needed.

    function: of a module; its argument and result can be pickled. fallen: gives the result for a task that took its
        process down, and another one, too. size: of a task, in bytes. prepare: of a module, too; each process calls it
        before its first task.
    Several threads may use it.
    """

    def __init__(
        self,
        function: Callable[[_Task], _Result],
        *,
        fallen: Callable[[_Task], _Result],
        size: Callable[[_Task], int],
        prepare: Callable[[], None],
    ) -> None:
        self._function = function
        self._fallen = fallen
        self._size = size
        self._prepare = prepare
        # A thread for each process, which has one task at a time: so it is known what a process died of. A process for
        # each processor: one more would read the same once more, as each has to learn what it remembers by itself.
        self._threads: ThreadPoolExecutor | None = None
        self._of_thread = local()
        self._processes: list[ForkServerProcess] = []
        self._lock = Lock()

    def map(self, items: Iterable[tuple[_Item, _Task | None]]) -> Iterator[list[tuple[_Item, _Result | None]]]:
        """Each item with the result of its task, None where it has no task; in order, in batches of what is there.

        A few tasks are done in this process. What the function raises is raised in the place of its result; what
        `items` raises, after the results before. ClausewatchError when no process can be started.
        """
        error = DeferredError()
        coming = error.deferred(items)
        first = list(islice(coming, _FEW + 1))
        if len(first) <= _FEW and self._threads is None:
            for item, task in first:
                yield [(item, None if task is None else self._function(task))]
        else:
            yield from self._map(chain(first, coming))
        error.raise_if_any()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)
            for process in self._processes:
                process.kill()
            threads.shutdown()

    def _map(self, items: Iterable[tuple[_Item, _Task | None]]) -> Iterator[list[tuple[_Item, _Result | None]]]:
        under_way: deque[tuple[_Item, Future[_Result] | None, int]] = deque()
        size = 0

        def finished() -> list[tuple[_Item, _Result | None]]:
            """The first items, once their results are there: some, that are stored while others are worked on."""
            nonlocal size
            some = islice(under_way, min(_FEW, (len(under_way) + 1) // 2))
            wait([future for _, future, _ in some if future is not None])
            found: list[tuple[_Item, _Result | None]] = []
            while under_way and (not found or (_is_there(under_way[0][1]) and len(found) < _FEW)):
                item, future, task_size = under_way.popleft()
                size -= task_size
                found.append((item, None if future is None else future.result()))
            return found

        for item, task in items:
            if under_way and all(_is_there(future) for _, future, _ in islice(under_way, _FEW)):
                yield finished()
            under_way.append((item, *((None, 0) if task is None else (self._submit(task), self._size(task)))))
            size += under_way[-1][2]
            if len(under_way) >= _AHEAD or size >= _AHEAD_SIZE:
                yield finished()
        while under_way:
            yield finished()

    def _submit(self, task: _Task) -> "Future[_Result]":
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_processors(), "read")
            return self._threads.submit(self._call, task)

    def _call(self, task: _Task) -> _Result:
        """The function's result, from this thread's process."""
        for _ in range(2):
            process = getattr(self._of_thread, "process", None) or self._start()
            try:
                process.send(task)
                result, error = process.recv()
            except (EOFError, OSError):
                self._of_thread.process = None
                continue
            if error is not None:
                raise error
            return result  # type: ignore[no-any-return]  # a pipe's content has no type
        return self._fallen(task)

    def _start(self) -> Connection:
        context = multiprocessing.get_context("forkserver")
        # Loaded once, by the process that all others are forked from.
        context.set_forkserver_preload([self._prepare.__module__])
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(self._function, self._prepare, theirs), daemon=True)
        try:
            process.start()
            self._processes.append(process)
            theirs.close()
            ours.recv()
        except (EOFError, OSError):
            raise ClausewatchError(
                "no process can be started to read captures: see that the machine has memory left, and run this again; "
                "what was stored before stays"
            ) from None
        self._of_thread.process = ours
        return ours


class DeferredError:
    """What an iterable raises, put off until what it gave before is dealt with."""

    def __init__(self) -> None:
        self._error: Exception | None = None

    def deferred(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """The items; they end where the iterable raises."""
        try:
            yield from items
        except Exception as error:
            self._error = error

    def raise_if_any(self) -> None:
        """Raises what was raised, if anything was."""
        if self._error is not None:
            raise self._error


def _serve(function: Callable[[_Task], _Result], prepare: Callable[[], None], connection: Connection) -> None:
    """What a process does: calls the function for each task it is sent, until nobody is there any more."""
    # Ctrl-C reaches it, too, and is for the process that sends the tasks to obey.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        prepare()
        connection.send("ready")
        while True:
            task = connection.recv()
            answer: tuple[_Result | None, Exception | None]
            try:
                answer = function(task), None
            except Exception as error:
                error.add_note(traceback.format_exc())
                answer = None, error
            connection.send(answer)
    except (EOFError, OSError):
        return


def _is_there(future: "Future[_Result] | None") -> bool:
    """Whether a result can be had at once; what was raised instead is raised when all before it is dealt with."""
    return future is None or (future.done() and future.exception() is None)


def _processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
