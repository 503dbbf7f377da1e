"""Runs `scrapy crawl` often and quickly: one process imports everything once, and forks for each crawl.

Twisted's reactor runs once in a process's life, so each crawl needs a process of its own; most of what a new one does
is to import. This module is that process when run by itself, and the way to it when imported.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
import traceback
from functools import cache
from pathlib import Path

from core.settings import CHECKOUT


def scrapy(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`scrapy ARGUMENTS` in the checkout, with nothing but this in its environment."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        job = {"arguments": arguments, "environment": environment, "out": str(out), "err": str(err)}
        process = _process()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        status = int(process.stdout.readline())
        return subprocess.CompletedProcess(["scrapy", *arguments], status, out.read_text(), err.read_text())


@cache
def _process() -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.communicate)
    return process


def _serve() -> None:
    import crawler.backoff
    import crawler.commands.crawl
    import crawler.download
    import crawler.pipeline
    import crawler.robots
    import crawler.spiders.archive
    import crawler.spiders.live  # noqa: F401  (all for the forks)

    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            _crawl(job)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _crawl(job: dict[str, object]) -> None:
    """Never returns."""
    status = 1
    try:
        os.environ.clear()
        os.environ.update(job["environment"])  # type: ignore[call-overload]  # JSON has no types
        for number, name in ((1, "out"), (2, "err")):
            descriptor = os.open(str(job[name]), os.O_WRONLY | os.O_CREAT)
            os.dup2(descriptor, number)
        from scrapy.cmdline import execute

        execute(["scrapy", *job["arguments"]])  # type: ignore[misc]  # JSON has no types
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # this is where Python's own handling of it would be
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
