"""The end of a process after SIGINT or SIGTERM, if the main thread is blocked."""

import subprocess
import sys
import time
from pathlib import Path

from core.settings import CHECKOUT

# The main thread is blocked in a database driver, as by another process's transaction, and a child hangs.
_BLOCKED = """
import os, signal, sqlite3, subprocess, sys
from crawler.interruption import SignalWatch
file = sys.argv[1]
other = sqlite3.connect(file, isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
child = subprocess.Popen([sys.executable, "-c", "import signal, time; print(1, flush=True); time.sleep(60)"])
timer = subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -TERM {os.getpid()}; kill -INT {os.getpid()}"])
def cut_off():
    print("cut off", flush=True)
    raise BrokenPipeError  # as if nobody read standard error any more
with SignalWatch(lambda: print("begun", flush=True), cut_off, 0.5):
    sqlite3.connect(file, timeout=60, isolation_level=None).execute("BEGIN EXCLUSIVE")
"""


def test_a_blocked_process_is_cut_off_with_its_children(tmp_path: Path) -> None:
    begun = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-c", _BLOCKED, str(tmp_path / "file.db")],
        cwd=CHECKOUT,
        capture_output=True,  # `run` returns when the child, too, has closed its output
        text=True,
        timeout=50,
        check=False,
    )
    assert (result.returncode, result.stdout.split("\n")[-2]) == (1, "cut off"), result
    assert "begun" not in result.stdout  # the main thread never returned from the database
    assert time.monotonic() - begun < 40
