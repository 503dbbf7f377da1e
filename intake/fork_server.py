"""A fork server: a process that is prepared once, and from which worker processes are forked.

Each worker has from its start what the server has loaded, and shares its memory. `multiprocessing` has a fork server,
too, but that one is prepared by importing modules for their side effects, and each of its workers runs the program's
main module again, which loads the command line or Scrapy: a worker needs neither.

This module runs on both sides, so it imports only what the server needs before it is given its function.
"""

import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any

# Workers give way to the process that stores their results, and to whatever else the machine does.
_NICENESS = 10
_READY = "ready"


class ForkServer:
    """The fork server, as seen from the process that started it."""

    def __init__(self, function: Callable[[Any], object], prepare: Callable[[], object]) -> None:
        """Starts the server, and returns once it is prepared.

        function: what the workers call for each task. prepare: what the server calls once, before it forks workers.
        Both are pickled, so they must not be defined in the program's main module, which the server doesn't load.
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

    def fork(self) -> Connection:
        """Forks a worker, and returns the connection to it once it is ready.

        A task sent there is answered with `(result, None)`, or with `(None, error)` if the function raised. OSError or
        EOFError if no worker can be started, and on the connection if the worker has ended. Not for several threads at
        once.
        """
        connection, remote = Pipe()
        try:
            with remote:
                send_handle(self._control, remote.fileno(), self._process.pid)
            connection.recv()
        except BaseException:
            connection.close()
            raise
        return connection

    def is_alive(self) -> bool:
        """Returns whether the server runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ends the server and all its workers, whatever they are doing."""
        self._control.close()
        self._process.wait()


def serve(control: int) -> None:
    """Does the server's work until the other end of the connection is closed. control: the connection's descriptor."""
    # A terminal sends Ctrl-C to all processes; the process that sends the tasks decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    workers: set[int] = set()
    with Connection(control) as requests:
        try:
            function, prepare = requests.recv()
            os.nice(_NICENESS)
            prepare()
            gc.freeze()  # otherwise the workers' collections would write to the memory they share
            requests.send(_READY)
            while True:
                with Connection(recv_handle(requests)) as tasks:
                    _reap(workers, os.WNOHANG)
                    _fork_worker(workers, requests, tasks, function)
        except (EOFError, OSError):
            pass
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            _reap(workers)


def _fork_worker(workers: set[int], requests: Connection, tasks: Connection, function: Callable[[Any], object]) -> None:
    try:
        worker = os.fork()
    except OSError:
        traceback.print_exc()
        return  # the caller closes the connection, which the other side takes for a failed start
    if worker:
        workers.add(worker)
        return
    status = 1
    try:
        requests.close()
        _work(tasks, function)
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def _work(tasks: Connection, function: Callable[[Any], object]) -> None:
    """Calls the function for each task, until the other end of the connection is closed."""
    try:
        tasks.send(_READY)
        while True:
            task = tasks.recv()
            answer: tuple[object, Exception | None]
            try:
                answer = function(task), None
            except Exception as error:
                error.add_note(traceback.format_exc())
                answer = None, error
            tasks.send(answer)
    except (EOFError, OSError):
        return


def _reap(workers: set[int], options: int = 0) -> None:
    """Waits for workers that have ended, and forgets them. options: as for `os.waitpid`."""
    for worker in tuple(workers):
        if os.waitpid(worker, options)[0]:
            workers.discard(worker)
