"""Readers that take their process down, for processes to find by name."""

import os
from pathlib import Path

from intake.reading import AsRead, ToRead, read_one


def dies_of_a_bomb(task: ToRead) -> AsRead:
    """Reads as the extractor does, but for pages with a bomb in them."""
    if b"a bomb" in task.payload:
        os._exit(139)
    return read_one(task)


def dies_once(task: ToRead) -> AsRead:
    """Dies of the first task that is given the file which `title` of its policy's select names."""
    if task.select:
        mark = Path(task.select[0])
        if not mark.exists():
            mark.touch()
            os._exit(137)
    return read_one(task)


def never_starts(*_: object) -> None:
    """A process that ends before it is ready."""
    os._exit(1)
