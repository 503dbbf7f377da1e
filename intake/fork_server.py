"""A fork server: a process that loads everything once, and then forks worker processes.

A worker starts with all modules and data that the server has loaded, and shares the server's memory. The fork server in
`multiprocessing` is not used, because its workers run the program's main module again. The main module loads the
command line or Scrapy, and a worker needs neither.

The server process runs this module as its program, so the module imports little. The server unpickles the workers'
function, and this imports the module that defines the function.
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

# The workers' niceness (see `os.nice`). Other programs, and the process that stores results, have a higher priority
# than the workers.
_NICENESS = 10
_READY = "ready"
# If the server is still running this many seconds after its connection was closed, the server is killed.
_END_SECONDS = 10


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

    def fork(self) -> Connection:
        """Forks a worker, and returns a connection to the worker when the worker is ready.

        For each task that is sent on the connection, the worker sends `(result, None)`, or `(None, error)` if the
        function raised an error. If the worker has ended, using the connection raises OSError or EOFError. Only one
        thread at a time may call this method.

        OSError or EOFError if no worker can be started.
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
        """Returns whether the server is running."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ends the server and all its workers, even if they are busy.

        The server kills its workers and ends when it detects that the connection is closed. If the server doesn't end
        within 10 seconds, for instance because `prepare` doesn't return, this method kills the server. In that
        case, the workers end after their current tasks.
        """
        self._control.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(control: int) -> None:
    """Runs the server until the other end of its connection is closed. control: the connection's file descriptor."""
    # Ctrl-C in a terminal interrupts all processes of a command. The server and the workers ignore Ctrl-C, because they
    # end when the process that sends the tasks ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
                os.kill(worker, signal.SIGKILL)
            _reap(workers)


def _fork_worker(workers: set[int], requests: Connection, tasks: Connection, function: Callable[[Any], object]) -> None:
    try:
        worker = os.fork()
    except OSError:
        traceback.print_exc()
        return  # the caller then closes the connection, so the process that requested the worker gets an EOFError
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
    """Waits for workers that have ended, and removes them from the set. options: the options of `os.waitpid`."""
    for worker in tuple(workers):
        if os.waitpid(worker, options)[0]:
            workers.discard(worker)
