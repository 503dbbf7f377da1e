"""Processes that read captures: every processor at work, and a page that takes its reader down takes down no more."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import chain, islice
from threading import RLock, Thread
from typing import Generic, TypeVar

from core.exceptions import ClausewatchError

# So many are done sooner in this process than others have started.
_FEW = 16
# How many wait for each process: it has something to do while what is done is stored.
_AHEAD = 12

_Item = TypeVar("_Item")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class Workers(Generic[_Task, _Result]):
    """Calls one function in processes of their own, as many as there are processors; they start when first needed.

    function: of a module; its argument and result can be pickled. fallen: gives the result for a task that took its
        process down, and the next one, too. preload: the module that the processes have loaded from the start.
    Several threads may use it.
    """

    def __init__(self, function: Callable[[_Task], _Result], fallen: Callable[[_Task], _Result], preload: str) -> None:
        self._function = function
        self._fallen = fallen
        self._preload = preload
        self._workers: list[_Worker[_Task, _Result]] = []
        self._lock = RLock()

    def map(self, items: Iterable[tuple[_Item, _Task | None]]) -> Iterator[list[tuple[_Item, _Result | None]]]:
        """Each item with the result of its task, None where it has no task; in order, in batches of what is there.

        A few tasks are done in this process. What the function raises is raised in the place of its result; what
        `items` raises, after the results before. ClausewatchError when no process can be started.
        """
        fault = Fault()
        coming = fault.noted(items)
        first = list(islice(coming, _FEW + 1))
        if len(first) <= _FEW and not self._workers:
            for item, task in first:
                yield [(item, None if task is None else self._function(task))]
        else:
            yield from self._map(chain(first, coming))
        fault.raise_again()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        with self._lock:
            for worker in self._workers:
                worker.end()
            self._workers = []

    def _map(self, items: Iterable[tuple[_Item, _Task | None]]) -> Iterator[list[tuple[_Item, _Result | None]]]:
        under_way: deque[tuple[_Item, _Job[_Task, _Result] | None]] = deque()
        for item, task in items:
            under_way.append((item, None if task is None else self._submit(task)))
            if len(under_way) >= _AHEAD * _processors() or _is_done(under_way[0][1]):
                yield self._finished(under_way)
        while under_way:
            yield self._finished(under_way)

    def _finished(
        self, under_way: "deque[tuple[_Item, _Job[_Task, _Result] | None]]"
    ) -> list[tuple[_Item, _Result | None]]:
        """The first item, once its result is there, and those after it whose results are there by then."""
        finished: list[tuple[_Item, _Result | None]] = []
        while under_way and (not finished or (_is_done(under_way[0][1]) and len(finished) < _FEW)):
            item, job = under_way.popleft()
            finished.append((item, None if job is None else self._result(job)))
        return finished

    def _submit(self, task: _Task) -> "_Job[_Task, _Result]":
        with self._lock:
            if not self._workers:
                self._workers = [_Worker(self._function, self._preload) for _ in range(_processors())]
            return min(self._workers, key=_Worker.load).submit(task)

    def _result(self, job: "_Job[_Task, _Result]") -> _Result:
        while True:
            try:
                return job.future.result()
            except BrokenProcessPool:
                with self._lock:
                    for worker in self._workers:
                        worker.revive()
                if job.deaths > 1:
                    return self._fallen(job.task)


class _Job(Generic[_Task, _Result]):
    """A task and its present try. deaths: how many processes have died of it."""

    def __init__(self, task: _Task, future: "Future[_Result]") -> None:
        self.task = task
        self.future = future
        self.deaths = 0

    def has_result(self) -> bool:
        return self.future.done() and not isinstance(self.future.exception(), BrokenProcessPool)


class _Worker(Generic[_Task, _Result]):
    """One process, with an executor of its own: so it is known which task it died of, the first that it left undone."""

    def __init__(self, function: Callable[[_Task], _Result], preload: str) -> None:
        self._function = function
        self._preload = preload
        self._jobs: deque[_Job[_Task, _Result]] = deque()
        self._start()

    def load(self) -> int:
        """How many tasks it has not done."""
        while self._jobs and self._jobs[0].has_result():
            self._jobs.popleft()
        return len(self._jobs)

    def submit(self, task: _Task) -> _Job[_Task, _Result]:
        while True:
            try:
                job = _Job(task, self._executor.submit(self._function, task))
            except BrokenProcessPool:
                self._start_again()
            else:
                self._jobs.append(job)
                return job

    def revive(self) -> None:
        """If the process has died of a task: another one for what is left."""
        if any(job.future.done() and not job.has_result() for job in self._jobs):
            self._start_again()

    def _start_again(self) -> None:
        if isinstance(self._process.exception(), BrokenProcessPool):
            raise ClausewatchError(
                "the processes that read captures end at once: see that the machine has memory left, and run this "
                "again; what was stored before stays"
            )
        self._executor.shutdown(wait=False)
        self._start()
        left = [job for job in self._jobs if not job.has_result()]
        if left:
            left[0].deaths += 1
        self._jobs = deque(job for job in left if job.deaths < 2)
        for job in self._jobs:
            job.future = self._executor.submit(self._function, job.task)

    def end(self) -> None:
        busy = self.load()
        self._executor.shutdown(wait=False, cancel_futures=True)
        if busy:
            with suppress(BrokenProcessPool, CancelledError, ProcessLookupError):
                os.kill(self._process.result(), signal.SIGKILL)
        self._executor.shutdown()

    def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([self._preload])
        self._executor = ProcessPoolExecutor(1, context, _end_with_parent)
        # The process inherits this: Ctrl-C reaches it, too, and is for the one that started it to obey.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process = self._executor.submit(os.getpid)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Fault:
    """What an iterable raises, put off until what it gave before is dealt with."""

    def __init__(self) -> None:
        self._error: Exception | None = None

    def noted(self, items: Iterable[_Item]) -> Iterator[_Item]:
        """The items; they end where the iterable raises."""
        try:
            yield from items
        except Exception as error:
            self._error = error

    def raise_again(self) -> None:
        """Raises what was raised, if anything was."""
        if self._error is not None:
            raise self._error


def _is_done(job: "_Job[_Task, _Result] | None") -> bool:
    return job is None or job.future.done()


def _processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_with_parent() -> None:
    """At the start of each process: it is not to outlive the one that started it."""

    def wait() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()
