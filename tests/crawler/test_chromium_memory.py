"""The watch on the memory of Chromium's processes."""

import subprocess
import sys
import time

from crawler.chromium import MemoryWatch

# A program whose child fills 300 MB and stays. The program itself stays small.
PARENT = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import time; kept = b'x' * 300_000_000; time.sleep(60)"])
"""


def test_processes_beyond_the_limit_are_ended_with_their_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE)
    watch = MemoryWatch(parent.pid, 200 << 20)
    try:
        assert parent.wait(30) == -9
        assert watch.has_ended_processes
    finally:
        watch.stop()
        parent.kill()


def test_processes_below_the_limit_are_left_alone() -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    watch = MemoryWatch(parent.pid, 200 << 20)
    try:
        time.sleep(0.4)
        assert parent.poll() is None
        assert not watch.has_ended_processes
    finally:
        watch.stop()
        parent.kill()
        parent.wait()
