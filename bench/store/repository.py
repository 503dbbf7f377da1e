"""Stores the captures of `bench.store.histories` in a git repository, for comparison.

The repository has a file for each policy and a commit for each capture, and is packed with `git gc --aggressive`.
"""

import subprocess
from pathlib import Path

from bench.store.histories import repeated

_COMMIT = b"commit refs/heads/main\ncommitter c <c@c> %d +0000\ndata 0\nM 100644 inline %s\ndata %d\n%s\n"


def build(folder: Path, count: int) -> None:
    """Creates a bare repository of `count` captures with `git fast-import`. SystemExit if git fails."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    command = ["git", "-C", str(folder), "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101  # never None, because a pipe was requested
        for capture, payload in repeated(count):
            when = int(capture.captured_at.timestamp())
            process.stdin.write(_COMMIT % (when, capture.vendor.encode(), len(payload), payload))
        process.stdin.close()
    if process.returncode:
        raise SystemExit("git fast-import failed")


def pack(folder: Path) -> None:
    """Packs the repository with `git gc --aggressive`."""
    subprocess.run(["git", "-C", str(folder), "gc", "--aggressive", "--prune=now", "--quiet"], check=True)


def size(folder: Path) -> int:
    """Returns the size in bytes of the repository's files: packs, indexes of the packs, and references."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and "hooks" not in path.parts)
