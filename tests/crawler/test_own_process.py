"""Functions that run in a process of their own."""

import os
import signal
import subprocess
import sys
import time

import pytest

from core.dates import parse_span
from core.exceptions import ClausewatchError, UsageError
from core.settings import CHECKOUT
from crawler.own_process import in_own_process


def test_the_function_runs_in_another_process() -> None:
    assert in_own_process(os.getpid) != os.getpid()


def test_an_error_for_the_user_is_raised_again() -> None:
    with pytest.raises(UsageError, match="'soon' is not a date"):
        in_own_process(parse_span, "soon")


def test_the_death_of_the_process_is_one_message() -> None:
    with pytest.raises(ClausewatchError, match="ended early, with status 7; what it had stored is kept"):
        in_own_process(os._exit, 7)


def test_an_interrupt_before_the_crawl_begins_prints_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ClausewatchError, match="ended early"):
        in_own_process(signal.raise_signal, signal.SIGINT)
    assert capfd.readouterr().err == ""


def test_the_process_ends_when_the_waiting_one_is_killed() -> None:
    code = (
        "from crawler.own_process import in_own_process\n"
        "if __name__ == '__main__': in_own_process(exec, 'import time; print(1, flush=True); time.sleep(60)')"
    )
    waiting = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE)
    assert waiting.stdout is not None
    assert waiting.stdout.readline() == b"1\n"
    waiting.kill()
    begun = time.monotonic()
    assert waiting.stdout.read() == b""  # the pipe ends when both processes have ended
    waiting.communicate()
    assert time.monotonic() - begun < 30
