"""The watch on Chromium's processes, with other programs in their place."""

import os
import subprocess
import sys
import time
from pathlib import Path

from core.process_memory import parent
from crawler.chromium_watch import ChromiumWatch

# A program whose child fills 300 MB and stays. The program itself stays small.
PARENT = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import time; kept = b'x' * 300_000_000; time.sleep(60)"])
"""
FULL = "kept = b'x' * 300_000_000; input()"
# A program that starts a process and a watch of it, prints the process's id, and is killed.
CRAWL = """
import os, subprocess, sys
from crawler.chromium_watch import ChromiumWatch
chromium = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
watch = ChromiumWatch(chromium.pid, 1 << 40)
print(chromium.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def started(program: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)


def test_processes_beyond_the_limit_are_ended_with_their_parent() -> None:
    chromium = started(PARENT)
    watch = ChromiumWatch(chromium.pid, 200 << 20)
    try:
        assert chromium.wait(30) == -9
        assert watch.is_over_limit
    finally:
        watch.stop()
        chromium.kill()


def test_the_memory_of_the_driver_counts_but_the_driver_is_left_alone() -> None:
    chromium, driver = started("input()"), started(FULL)
    watch = ChromiumWatch(chromium.pid, 200 << 20, driver.pid)
    try:
        assert chromium.wait(30) == -9
        assert watch.is_over_limit
        assert driver.poll() is None
    finally:
        watch.stop()
        chromium.kill()
        driver.kill()
        driver.wait()


def test_processes_below_the_limit_are_left_alone() -> None:
    chromium = started("input()")
    watch = ChromiumWatch(chromium.pid, 200 << 20)
    try:
        time.sleep(0.4)
        assert chromium.poll() is None
        assert not watch.is_over_limit
        watch.stop()
        assert chromium.poll() is None
    finally:
        watch.stop()
        chromium.kill()
        chromium.wait()


def test_chromium_ends_if_the_crawl_is_killed() -> None:
    crawl = subprocess.run([sys.executable, "-c", CRAWL], capture_output=True, timeout=60, check=False)
    process_id = int(crawl.stdout)
    deadline = time.monotonic() + 30
    while _runs(process_id) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(process_id)


def _runs(process_id: int) -> bool:
    """Returns whether a process runs. A process that has ended may wait for its new parent to take notice."""
    try:
        return Path(f"/proc/{process_id}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def test_the_parent_of_a_process_is_known() -> None:
    assert parent(os.getpid()) == os.getppid()
    assert parent(2**22 + 1) is None
