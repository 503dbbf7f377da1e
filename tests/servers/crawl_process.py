"""Runs `scrapy crawl` many times in a short time: one process imports all modules once, and forks for each crawl.

Each crawl needs a new process, because Twisted's reactor runs only once in a process. A new process would spend most of
its time on imports; a fork does not. Tests import this module and call its functions. The functions run this module as
a program, the forking process, and send jobs to that process.
"""

import atexit
import gc
import importlib
import json
import multiprocessing
import os
import pkgutil
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from core.settings import CHECKOUT
from tests.databases import do_not_wait_for_the_disk

# What can happen at a moment (see `scrapy`): from then on, the database can't grow.
DISK_FULL = """
from contextlib import contextmanager
from storage.database import Database
write_session = Database.write_session
@contextmanager
def on_full_disk(self):
    with write_session(self) as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count = 1")
        yield session
Database.write_session = on_full_disk
"""

_lock = threading.Lock()
_MOST_SECONDS = 180


def scrapy(
    arguments: list[str], environment: dict[str, str], at: int = 0, then: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs `scrapy ARGUMENTS` in the checkout.

    A test can disturb the crawl at a chosen moment. There is a moment before each commit, after each commit, before
    each request and after each HTTP response. The moments of a crawl are numbered from 1.

    environment: all environment variables of the process.
    at: the number of the moment; 0 if nothing is to happen.
    then: what happens at this moment. `die` kills the process, as `kill -9` does. Any other text is Python code, which
        is run; at a moment before a commit, the variable `connection` is SQLAlchemy's connection. Exception: `count`,
        with `at=-1`, prints the number of all moments at the end of the crawl.
    """
    return _run(["scrapy", *arguments], environment, at, then)


def clausewatch(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs `clausewatch ARGUMENTS` in the checkout. The environment has only the given variables."""
    return _run(["clausewatch", *arguments], environment)


def clausewatch_at(
    clock: datetime,
    arguments: list[str],
    environment: dict[str, str],
    *,
    settings: Mapping[str, float],
    at: int = 0,
    then: str = "",
    begun: Callable[[int], object] = lambda process: None,
) -> subprocess.CompletedProcess[str]:
    """Runs `clausewatch ARGUMENTS` in the checkout, with a clock that shows another time.

    The command is quick: the process of a crawl is a fork, captures are read and changes are compared without further
    processes, and the wait between the two looks at a page moves the clock on. The function returns when the command
    and the process of its crawl have ended. If the command was killed, its status is the negative number of the signal.

    clock: the time at which the command begins, timezone-aware.
    settings: Scrapy's settings of the crawl.
    at, then: see `scrapy`. Moments are counted in the command's own process, and in the process of its crawl.
    begun: called with the command's process id.
    """
    return _run(["clausewatch", *arguments], environment, at, then, begun, clock=clock.isoformat(), settings=settings)


def _run(
    command: list[str],
    environment: dict[str, str],
    at: int = 0,
    then: str = "",
    begun: Callable[[int], object] = lambda process: None,
    **options: object,
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as connection:
        out, err = Path(folder, "out"), Path(folder, "err")
        job = {
            "command": command,
            "environment": environment,
            "out": str(out),
            "err": str(err),
            "at": at,
            "then": then,
            **options,
        }
        connection.connect(_address())
        with connection.makefile("rw", encoding="utf-8") as stream:
            stream.write(json.dumps(job) + "\n")
            stream.flush()
            begun(int(stream.readline()))
            status = int(stream.readline())
        return subprocess.CompletedProcess(command, status, out.read_text(), err.read_text())


@cache
def _forking_process() -> str:
    """Starts the forking process, and returns the address of its socket. It ends with this process."""
    address = str(Path(tempfile.mkdtemp(), "jobs"))
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, address], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    atexit.register(shutil.rmtree, Path(address).parent)
    atexit.register(process.communicate)
    assert process.stdout is not None
    process.stdout.readline()
    return address


def _address() -> str:
    with _lock:
        return _forking_process()


def _serve(address: str) -> None:
    """Accepts jobs until standard input is closed. Several jobs may run at the same time."""
    _import_all()
    gc.freeze()  # so that no fork looks through everything that is imported here, which would copy the memory
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        running: set[int] = set()
        while sys.stdin not in select.select([sys.stdin, listener], [], [])[0]:
            connection, _ = listener.accept()
            child = os.fork()
            if not child:
                listener.close()
                _answer(connection)
            connection.close()
            running = {process for process in (*running, child) if os.waitpid(process, os.WNOHANG) == (0, 0)}


def _answer(connection: socket.socket) -> NoReturn:
    """Runs the job that is read from a connection in a fork, and ends this process.

    Writes the fork's process id, and its exit status after the fork and all forks of it have ended.
    """
    try:
        with connection.makefile("rw", encoding="utf-8") as stream:
            job = json.loads(stream.readline())
            ended, running = os.pipe()
            child = os.fork()
            if not child:
                connection.close()
                os.close(ended)
                _execute(job)
            os.close(running)
            stream.write(f"{child}\n")
            stream.flush()
            _, status = os.waitpid(child, 0)
            os.read(ended, 1)  # returns when the last process that has the other end has ended
            stream.write(f"{os.waitstatus_to_exitcode(status)}\n")
    finally:
        os._exit(0)


def _import_all() -> None:
    """Imports everything that a crawl or a command imports, so that no fork has to import it.

    The reactor is the exception: each fork has its own.
    """
    import py3langid
    import scrapy.commands
    from scrapy.settings import default_settings
    from scrapy.utils.misc import load_object

    import crawler
    import scripts.commands

    for package in (scrapy.commands, crawler, scripts.commands):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in dir(default_settings):
        value = getattr(default_settings, name)
        for component in (*value, *value.values()) if isinstance(value, dict) else (value,):
            if isinstance(component, str) and component.startswith("scrapy."):
                load_object(component)
    py3langid.classify("loads the model")
    assert "twisted.internet.reactor" not in sys.modules


def _execute(job: dict[str, object]) -> NoReturn:
    """Runs a job in the forked process, and ends the process."""
    status = 1
    signal.alarm(_MOST_SECONDS)  # so that a command that hangs fails its test
    try:
        os.environ.clear()
        os.environ.update(job["environment"])  # type: ignore[call-overload]  # JSON has no types
        for number, name in ((1, "out"), (2, "err")):
            descriptor = os.open(str(job[name]), os.O_WRONLY | os.O_CREAT)
            os.dup2(descriptor, number)
        sys.argv = job["command"]  # type: ignore[assignment]  # JSON has no types
        if "clock" in job:
            _make_quick(str(job["clock"]), job["settings"])  # type: ignore[arg-type]  # JSON has no types
        _prepare(int(job["at"]), str(job["then"]))  # type: ignore[call-overload]  # JSON has no types
        if sys.argv[0] == "clausewatch":
            from scripts.main import main as execute
        else:
            from scrapy.cmdline import execute
        execute()
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # Python, too, prints the traceback at the end of a program
        traceback.print_exc()
    finally:
        if job["then"] == "count":
            sys.stdout.write(f"{_moments}\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _make_quick(time: str, settings: Mapping[str, float]) -> None:
    """Sets the clock of this process and its forks, and avoids waits and further programs.

    time: in ISO 8601. settings: Scrapy's settings.
    """
    import time_machine

    import crawler.own_process
    import crawler.settings
    import intake.derived
    import intake.service
    import scripts.digest_delivery
    from core.limits import call_here
    from crawler.spiders.live import LiveSpider
    from tests.keeping import InThisProcess

    clock = time_machine.travel(datetime.fromisoformat(time)).start()

    async def send_at_once(spider: Any, request: Any) -> None:
        clock.shift(spider._confirm_after)
        spider.crawler.engine.crawl(request)

    replaced: Any = LiveSpider
    replaced._send_later = send_at_once
    for name, value in settings.items():
        setattr(crawler.settings, name, value)
    replaced = intake.service
    replaced.reading_workers = lambda limits: InThisProcess()
    replaced = intake.derived
    replaced.comparing_calls = lambda limits: nullcontext(call_here)
    replaced = scripts.digest_delivery
    replaced.limited_calls = lambda limits: nullcontext(call_here)
    # The clock of the crawl's process moves on by itself, and a digest leaves out captures that are still to come.
    context = _PreparedProcess(at_end=lambda: clock.shift(timedelta(minutes=1)))
    replaced = crawler.own_process
    replaced.multiprocessing = SimpleNamespace(
        get_context=lambda method: context, parent_process=multiprocessing.parent_process
    )


class _PreparedProcess:
    """Replaces the `multiprocessing` context of `crawler.own_process`. It has one process, which was forked in advance.

    The process must be forked before the command opens the database: connections of SQLite must not be carried across
    a fork.
    """

    def __init__(self, at_end: Callable[[], object]) -> None:
        self._at_end = at_end
        context = multiprocessing.get_context("fork")
        self._tasks, self._start = context.Pipe(duplex=False)
        self._results = context.Pipe(duplex=False)
        self._process = context.Process(target=self._wait)
        self._process.start()

    def Pipe(self, duplex: bool) -> tuple[Connection, Connection]:
        return self._results

    def Process(self, target: Callable[..., object], args: tuple[object, ...]) -> "_PreparedProcess":
        self._target, self._arguments = target, args[1:]
        return self

    def start(self) -> None:
        self._start.send((self._target, self._arguments))

    def join(self) -> None:
        self._process.join()
        self._at_end()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._process, name)

    def _wait(self) -> None:
        self._start.close()
        receiver, sender = self._results
        receiver.close()
        with suppress(EOFError):  # the command has no crawl
            target, arguments = self._tasks.recv()
            target(sender, *arguments)


_moments = 0


def _prepare(at: int, then: str) -> None:
    """Counts the moments from now on, and runs `then` at the moment with the number `at`."""
    from sqlalchemy import Engine, event
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import Pool

    from crawler.download import EvidenceDownloadHandler

    # Commits don't wait for the disk, which is much quicker. The wait protects only against a power failure.
    event.listen(Pool, "checkout", do_not_wait_for_the_disk)
    if not at:
        return

    def moment(connection: Any = None) -> None:
        global _moments
        _moments += 1
        if _moments != at:
            return
        if then == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        exec(then, {"connection": connection})  # noqa: S102  (the code comes from the test)

    download: Callable[..., Any] = EvidenceDownloadHandler.download_request

    async def counted(self: EvidenceDownloadHandler, request: Any) -> Any:
        moment()
        response = await download(self, request)
        moment()
        return response

    EvidenceDownloadHandler.download_request = counted  # type: ignore[method-assign]
    event.listen(Engine, "commit", moment)
    event.listen(Session, "after_commit", lambda session: moment())


if __name__ == "__main__":
    _serve(sys.argv[1])
