"""Functions that the tests run in worker processes. They are in a module because workers import them by name."""

import os
import sys
import time
from pathlib import Path

from intake.reading_task import CaptureText, ReadingTask, read_capture, warm_up


def dies_of_a_bomb(task: ReadingTask) -> CaptureText:
    """Reads as the extractor does, but ends its process if the payload contains the words "a bomb"."""
    if b"a bomb" in task.payload:
        os._exit(139)
    return read_capture(task)


def dies_once(task: ReadingTask) -> CaptureText:
    """Reads as the extractor does, but ends its process at the first call.

    The path in `task.select[0]` marks whether there was a call before: the first call creates the file.
    """
    if task.select:
        mark = Path(task.select[0])
        if not mark.exists():
            mark.touch()
            os._exit(137)
    return read_capture(task)


def loaded_modules(task: ReadingTask) -> set[str]:
    """Reads as the extractor does, and returns the names of all modules that its process has loaded."""
    read_capture(task)
    return set(sys.modules)


def raises(task: ReadingTask) -> CaptureText:
    raise RecursionError("a page of 100,000 nested tags")


def warm_up_unless(obstacle: str) -> None:
    """Prepares a process as usual, but ends the process if the file `obstacle` exists."""
    if Path(obstacle).exists():
        os._exit(1)
    warm_up()


def sleeps(task: ReadingTask) -> CaptureText:
    """Reads as the extractor does. If `task.select` is given, it first writes its process id and sleeps a minute.

    The process id is written to the file with the path `task.select[0]`.
    """
    if task.select:
        Path(task.select[0]).write_text(str(os.getpid()))
        time.sleep(60)
    return read_capture(task)
