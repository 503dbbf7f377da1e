"""Runs `scrapy crawl` often and quickly: one process imports everything once, and forks for each crawl.

Twisted's reactor runs only once in a process, so each crawl needs a process of its own, and a new process spends most
of its time on imports. Run as a program, this module is the process that forks. Imported, it starts that process and
sends it jobs.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.settings import CHECKOUT

_thread_local = threading.local()


def scrapy(
    arguments: list[str], environment: dict[str, str], at: int = 0, then: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs `scrapy ARGUMENTS` in the checkout. Its environment has only the given variables.

    A test can have something happen at one moment of the crawl. Moments are counted from 1; there is one before each
    commit, after each commit, before each request and after each answer.

    at: the number of the moment; 0 for none.
    then: what happens: `die`, as by `kill -9`; `count`, which prints at the end how many moments there were; or Python
    code to run. The code sees `connection`, SQLAlchemy's connection if the moment is before a commit.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        job = {
            "arguments": arguments,
            "environment": environment,
            "out": str(out),
            "err": str(err),
            "at": at,
            "then": then,
        }
        process = _process()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        status = int(process.stdout.readline())
        return subprocess.CompletedProcess(["scrapy", *arguments], status, out.read_text(), err.read_text())


def _process() -> "subprocess.Popen[str]":
    """Returns this thread's process, which runs one crawl at a time."""
    if hasattr(_thread_local, "process"):
        return _thread_local.process  # type: ignore[no-any-return]  # an attribute of our own
    process = _thread_local.process = subprocess.Popen(
        [sys.executable, "-m", __name__], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.communicate)
    return process


def _serve() -> None:
    import py3langid
    from scrapy.settings import default_settings
    from scrapy.utils.misc import load_object

    import crawler.backoff
    import crawler.commands.crawl
    import crawler.download
    import crawler.pipeline
    import crawler.robots
    import crawler.spiders.archive
    import crawler.spiders.live  # noqa: F401  (imported here, so that no fork has to)

    for component in default_settings.EXTENSIONS_BASE:
        load_object(component)
    py3langid.classify("loads the model")
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            _crawl(job)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _crawl(job: dict[str, object]) -> None:
    """Runs a job in a fork. Ends the process."""
    status = 1
    try:
        os.environ.clear()
        os.environ.update(job["environment"])  # type: ignore[call-overload]  # JSON has no types
        for number, name in ((1, "out"), (2, "err")):
            descriptor = os.open(str(job[name]), os.O_WRONLY | os.O_CREAT)
            os.dup2(descriptor, number)
        from scrapy.cmdline import execute

        _prepare(int(job["at"]), str(job["then"]))  # type: ignore[call-overload]  # JSON has no types
        execute(["scrapy", *job["arguments"]])  # type: ignore[misc]  # JSON has no types
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # as Python does at the end of a program
        traceback.print_exc()
    finally:
        if job["then"] == "count":
            sys.stdout.write(f"{_moments}\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


_moments = 0


def _prepare(at: int, then: str) -> None:
    """Has moments counted, and runs `then` at moment `at`."""
    from sqlalchemy import Engine, event
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import Pool

    from crawler.download import EvidenceDownloadHandler

    # No machine loses its power in the tests, so a commit need not wait for the disk. That is much quicker.
    event.listen(Pool, "checkout", _do_not_wait_for_the_disk)
    if not at:
        return

    def moment(connection: Any = None) -> None:
        global _moments
        _moments += 1
        if _moments != at:
            return
        if then == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        exec(then, {"connection": connection})  # noqa: S102  (code of the test)

    download: Callable[..., Any] = EvidenceDownloadHandler.download_request

    async def counted(self: EvidenceDownloadHandler, request: Any) -> Any:
        moment()
        response = await download(self, request)
        moment()
        return response

    EvidenceDownloadHandler.download_request = counted  # type: ignore[method-assign]
    event.listen(Engine, "commit", moment)
    event.listen(Session, "after_commit", lambda session: moment())


def _do_not_wait_for_the_disk(connection: Any, *_: Any) -> None:
    if hasattr(connection, "total_changes"):  # sqlite3's
        connection.execute("PRAGMA synchronous = OFF")


if __name__ == "__main__":
    _serve()
