"""Functions that are run in a new process."""

import os
import signal
import subprocess
import sys
import time

import pytest

from core.dates import parse_span
from core.exceptions import ClausewatchError, UsageError
from core.settings import CHECKOUT
from crawler.own_process import ProcessInterrupt, in_own_process


def test_the_function_runs_in_another_process() -> None:
    assert in_own_process(os.getpid) != os.getpid()


def test_a_clausewatch_error_is_raised_in_the_calling_process() -> None:
    with pytest.raises(UsageError, match="'soon' is not a date"):
        in_own_process(parse_span, "soon")


def test_the_death_of_the_process_raises_a_clausewatch_error() -> None:
    with pytest.raises(
        ClausewatchError, match=(r"ended early, with exit status 7\. The captures stored so far are kept")
    ):
        in_own_process(os._exit, 7)


def test_an_interrupt_before_the_crawl_begins_prints_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ClausewatchError, match="ended early"):
        in_own_process(signal.raise_signal, signal.SIGINT)
    assert capfd.readouterr().err == ""


def test_an_interrupt_of_this_process_waits_for_the_result_of_the_other() -> None:
    """Both processes receive the signal, as from a terminal, and this process passes it on once more."""
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: time.sleep(0.2))\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "time.sleep(1)"
    )
    with pytest.raises(ProcessInterrupt) as interrupt:
        in_own_process(exec_and_return, code, "the result")
    assert interrupt.value.result == "the result"


def exec_and_return(code: str, result: str) -> str:
    """Runs code, and returns a result."""
    exec(code)  # noqa: S102  (our own code)
    return result


def test_the_process_ends_if_its_parent_is_killed() -> None:
    code = (
        "from crawler.own_process import in_own_process\n"
        "if __name__ == '__main__': in_own_process(exec, 'import time; print(1, flush=True); time.sleep(60)')"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"1\n"
    parent.kill()
    begun = time.monotonic()
    assert parent.stdout.read() == b""  # `read` returns when both processes have ended
    parent.communicate()
    assert time.monotonic() - begun < 30
