"""A fork server: a process that loads everything once, and then forks worker processes.

A worker starts with all modules and data that the server has loaded, and shares the server's memory. The fork server in
`multiprocessing` is not used, because its workers run the program's main module again. The main module loads the
command line or Scrapy, and a worker needs neither.

The server process runs this module as its program, so the module imports little. The server unpickles the workers'
function, and this imports the module that defines the function.
"""

import ctypes
import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from time import monotonic
from typing import Any

from core.escaping import escape_line
from core.limits import Limits, WorkFault
from core.process_memory import descendants, resident_memory

# The workers' niceness (see `os.nice`). Other programs, and the process that stores results, have a higher priority
# than the workers.
_NICENESS = 10
_READY = "ready"
# If the server is still running this many seconds after its connection was closed, the server is killed.
_END_SECONDS = 10
# The interval, in seconds, at which the memory of a busy worker is measured. A process fills at most a few GB of memory
# in a second, so a worker exceeds its limit by a few hundred MB at most.
_WATCH_SECONDS = 0.05
# A worker that keeps more than this share of its limit after a task is replaced. Otherwise, the memory that an earlier
# task has left would count against the next task.
_KEPT_SHARE = 0.25
# `prctl` sends a signal to the calling process when its parent ends (prctl(2)).
_PR_SET_PDEATHSIG = 1
# The length of an error's message, in characters. The message may quote a page.
_FAILURE_LENGTH = 300


class LimitError(Exception):
    """A task has exceeded a limit, and its worker was ended. fault: the limit."""

    def __init__(self, fault: WorkFault) -> None:
        super().__init__(fault.sentence)
        self.fault = fault


class Worker:
    """A worker process. It has one task at a time."""

    def __init__(self, connection: Connection, process_id: int) -> None:
        self._connection = connection
        self._process_id = process_id

    def run(self, task: object, limits: Limits) -> tuple[Any, str]:
        """Returns `(result, "")`, or `(None, failure)` if the function raised an error for the task.

        failure: the error's type, message and place in the code, on one line.

        LimitError if the task exceeds a limit; the worker is then ended. EOFError or OSError if the worker has ended.
        """
        begun = monotonic()
        self._connection.send(task)
        while not self._connection.poll(max(0, min(_WATCH_SECONDS, begun + limits.seconds - monotonic()))):
            if self._memory() > limits.memory << 20:
                self.end()
                limit = f"{limits.memory} MiB of memory (CLAUSEWATCH_MEMORY_LIMIT)"
                raise LimitError(WorkFault("memory_limit", f"took more than the limit of {limit}"))
            if monotonic() - begun >= limits.seconds:
                self.end()
                limit = f"{limits.seconds:g} seconds (CLAUSEWATCH_TIME_LIMIT)"
                raise LimitError(WorkFault("time_limit", f"took longer than the limit of {limit}"))
        answer: tuple[Any, str] = self._connection.recv()
        return answer

    def is_fit(self, limits: Limits) -> bool:
        """Returns whether the worker can be used for another task: whether it has given back the last task's memory."""
        return self._memory() <= _KEPT_SHARE * (limits.memory << 20)

    def end(self) -> None:
        """Ends the worker and the processes that it has started, even if they are busy."""
        self._connection.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process_id, signal.SIGKILL)

    def _memory(self) -> int:
        return resident_memory(descendants(self._process_id))


class ForkServer:
    """The fork server: starts the server process, and forks workers from it."""

    def __init__(self, function: Callable[[Any], object], prepare: Callable[[], object]) -> None:
        """Starts the server, and returns after the server has called `prepare`.

        function: the function that workers call for each task. prepare: the function that the server calls once, before
        it forks workers. Both functions are pickled, so they must not be defined in the program's main module, which
        the server doesn't load.

        OSError or EOFError if the server can't be started or prepared.
        """
        self._control, remote = Pipe()
        with remote:
            program = (
                f"import sys; sys.path[:] = {sys.path!r}; "
                f"from intake.fork_server import serve; serve({remote.fileno()})"
            )
            self._process = subprocess.Popen(  # noqa: S603  (our own module)
                [sys.executable, "-c", program], stdin=subprocess.DEVNULL, pass_fds=[remote.fileno()]
            )
        try:
            self._control.send((function, prepare))
            self._control.recv()
        except BaseException:
            self.close()
            raise

    def fork(self) -> Worker:
        """Forks a worker, and returns it when it is ready. Only one thread at a time may call this method.

        OSError or EOFError if no worker can be started.
        """
        connection, remote = Pipe()
        try:
            with remote:
                send_handle(self._control, remote.fileno(), self._process.pid)
            process_id: int = connection.recv()
        except BaseException:
            connection.close()
            raise
        return Worker(connection, process_id)

    def is_alive(self) -> bool:
        """Returns whether the server is running."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ends the server and all its workers, even if they are busy.

        The server kills its workers and ends when it detects that the connection is closed. If the server doesn't end
        within 10 seconds, for instance because `prepare` doesn't return, this method kills the server. On Linux, the
        workers end with the server; elsewhere they end after their current tasks.
        """
        self._control.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(control: int) -> None:
    """Runs the server until the other end of its connection is closed. control: the connection's file descriptor."""
    # Ctrl-C in a terminal, and a service manager's SIGTERM, reach all processes of a command. The server and the
    # workers ignore both signals, because they end when the process that sends the tasks ends.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    workers: set[int] = set()
    with Connection(control) as requests:
        try:
            function, prepare = requests.recv()
            os.nice(_NICENESS)
            prepare()
            gc.freeze()  # without this call, garbage collection in the workers would write to the shared memory
            requests.send(_READY)
            while True:
                with Connection(recv_handle(requests)) as tasks:
                    _reap(workers, os.WNOHANG)
                    _fork_worker(workers, requests, tasks, function)
        except (EOFError, OSError):
            pass
        finally:
            for worker in workers:
                os.killpg(worker, signal.SIGKILL)
            _reap(workers)


def _fork_worker(workers: set[int], requests: Connection, tasks: Connection, function: Callable[[Any], object]) -> None:
    server = os.getpid()
    try:
        worker = os.fork()
    except OSError:
        traceback.print_exc()
        return  # the caller then closes the connection, so the process that requested the worker gets an EOFError
    if worker:
        workers.add(worker)
        # The group contains the processes that the worker starts, so that they are killed together.
        os.setpgid(worker, worker)
        return
    status = 1
    try:
        requests.close()
        os.setpgid(0, 0)  # the server calls it, too: whichever is first
        _end_with(server)
        _work(tasks, function)
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def _end_with(parent: int) -> None:
    """Makes Linux kill this process when the server ends, so that no worker survives a server that was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the server has ended before the call
            os._exit(1)


def _work(tasks: Connection, function: Callable[[Any], object]) -> None:
    """Calls the function for each task, until the other end of the connection is closed."""
    try:
        tasks.send(os.getpid())
        while True:
            task = tasks.recv()
            answer: tuple[object, str]
            try:
                answer = function(task), ""
            except Exception as error:
                answer = None, _failure(error)
            tasks.send(answer)
    except (EOFError, OSError):
        return


def _failure(error: Exception) -> str:
    """Returns an error's type, message and place in the code, on one line of limited length."""
    message = escape_line(f"{type(error).__name__}: {error}".removesuffix(": "))[:_FAILURE_LENGTH]
    frames = traceback.extract_tb(error.__traceback__)
    return f"{message} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"


def _reap(workers: set[int], options: int = 0) -> None:
    """Waits for workers that have ended, and removes them from the set. options: the options of `os.waitpid`."""
    for worker in tuple(workers):
        if os.waitpid(worker, options)[0]:
            workers.discard(worker)
