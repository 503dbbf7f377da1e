"""Writes files that are either complete or not there at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.exceptions import UsageError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Yields a stream. When the block ends, what was written to it replaces the file; if it raises, the file stays.

    If something other than a regular file is at the path, such as /dev/stdout, it is written to directly.

    UsageError if the file can't be written.
    """
    if path.exists() and not path.is_file():
        with _usage_errors(path), path.open("wb") as stream:
            yield stream
        return
    with whole_draft(path) as draft, draft.open("wb") as stream:
        yield stream


@contextmanager
def whole_draft(path: Path) -> Iterator[Path]:
    """Yields the path of a draft. When the block ends, the draft replaces the file; if it raises, the file stays.

    The draft is a hidden file in the same folder. Its name has no extension that another program would pick up.

    UsageError if the file can't be written.
    """
    with _usage_errors(path):
        path = path.resolve()  # a symbolic link keeps pointing to the new file
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            yield draft
            with draft.open("rb") as stream:
                os.fsync(stream.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _usage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
