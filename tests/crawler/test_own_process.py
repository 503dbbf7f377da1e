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


def test_it_gives_what_the_function_gives() -> None:
    assert in_own_process(os.getpid) != os.getpid()


def test_an_error_for_the_user_is_the_same_as_without_a_process() -> None:
    with pytest.raises(UsageError, match="'soon' is no date"):
        in_own_process(parse_span, "soon")


def test_a_process_that_dies_is_one_message() -> None:
    with pytest.raises(ClausewatchError, match="ended early, with status 7; what it had stored is kept"):
        in_own_process(os._exit, 7)


def test_an_interrupt_before_the_crawl_listens_is_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ClausewatchError, match="ended early"):
        in_own_process(signal.raise_signal, signal.SIGINT)
    assert capfd.readouterr().err == ""


def test_it_ends_when_the_process_that_waits_for_it_is_killed() -> None:
    code = (
        "from crawler.own_process import in_own_process\n"
        "if __name__ == '__main__': in_own_process(exec, 'import time; print(1, flush=True); time.sleep(60)')"
    )
    waiting = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE)
    assert waiting.stdout is not None
    assert waiting.stdout.readline() == b"1\n"
    waiting.kill()
    begun = time.monotonic()
    assert waiting.stdout.read() == b""  # comes to its end when nobody holds the other end any more
    waiting.communicate()
    assert time.monotonic() - begun < 30
