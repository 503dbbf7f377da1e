"""Measures the memory of a process and of its descendants, from Linux's /proc (proc(5))."""

import os
from pathlib import Path

_PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


def descendants(process_id: int) -> list[int]:
    """Returns the ids of a process and of its descendants, ancestors first. Processes that have ended are left out.

    Only the process's own id is returned on systems without /proc.
    """
    found = [process_id]
    for known in found:  # the list grows during the loop
        try:
            for children in Path(f"/proc/{known}/task").glob("*/children"):
                found += map(int, children.read_bytes().split())
        except OSError:  # the process or the thread has ended
            continue
    return found


def parent(process_id: int) -> int | None:
    """Returns the id of a process's parent. None if the process has ended, and on systems without /proc."""
    try:
        # The second field, the name, stands in parentheses and may contain any character.
        return int(Path(f"/proc/{process_id}/stat").read_bytes().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return None


def resident_memory(process_ids: list[int]) -> int:
    """Returns the resident memory of processes in bytes. Pages that several of them share count several times.

    0 on systems without /proc: no limit on memory can be watched there.
    """
    pages = 0
    for process_id in process_ids:
        try:
            pages += int(Path(f"/proc/{process_id}/statm").read_bytes().split()[1])
        except (OSError, IndexError):  # the process has ended
            continue
    return pages * _PAGE_SIZE
