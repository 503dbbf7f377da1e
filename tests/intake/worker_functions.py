"""Functions that the tests run in worker processes. Workers import the functions from this module by name."""

import os
import subprocess
import sys
import time
from pathlib import Path

from intake.reading_task import CaptureText, ReadingTask, read_capture, warm_up


def dies_of_a_bomb(task: ReadingTask) -> CaptureText:
    """Reads a capture with the extractor. Ends the process instead if the payload contains the words "a bomb"."""
    if b"a bomb" in task.payload:
        os._exit(139)
    return read_capture(task)


def dies_once(task: ReadingTask) -> CaptureText:
    """Ends the process at the first call. Each later call reads the capture with the extractor.

    The first call creates a file, by which the later calls know that they are not the first. `task.select[0]` is the
    path of the file. If `task.select` is empty, the process is not ended.
    """
    if task.select:
        mark = Path(task.select[0])
        if not mark.exists():
            mark.touch()
            os._exit(137)
    return read_capture(task)


def loaded_modules(task: ReadingTask) -> set[str]:
    """Reads a capture with the extractor, and returns the names of all modules that the process has loaded."""
    read_capture(task)
    return set(sys.modules)


_kept: list[bytearray] = []


def misbehaves(task: ReadingTask) -> CaptureText:
    """Reads a capture with the extractor. If `task.select` is not empty, its first word says what happens before.

    `sleep`, `fill in a child`: the process sleeps, or a child fills its memory; the second word is the path of a file
    for the process id. `fill`: the process fills its memory. `keep`: the process keeps 200 MB more than before.
    `raise`: an error is raised.
    """
    match task.select:
        case ("sleep", path):
            Path(path).write_text(str(os.getpid()))
            time.sleep(60)
        case ("fill in a child", path):
            program = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid())); a = b'x' * 10**9; input()"
            subprocess.run([sys.executable, "-c", program, path], stdin=subprocess.PIPE, check=False)
            time.sleep(60)
        case ("fill",):
            held = [bytes(range(256)) * 2**16 for _ in range(1000)]
            time.sleep(len(held))
        case ("keep",):
            _kept.append(bytearray(b"x" * 200_000_000))
        case ("raise",):
            raise MemoryError
    return read_capture(ReadingTask(task.capture, task.payload))


def warm_up_unless(obstacle: str) -> None:
    """Prepares a process as usual, but ends the process if the file `obstacle` exists."""
    if Path(obstacle).exists():
        os._exit(1)
    warm_up()


def sleeps(task: ReadingTask) -> CaptureText:
    """Reads a capture with the extractor. If `task.select` is not empty, first sleeps for a minute.

    Before sleeping, writes the process id to the file with the path `task.select[0]`.
    """
    if task.select:
        Path(task.select[0]).write_text(str(os.getpid()))
        time.sleep(60)
    return read_capture(task)
