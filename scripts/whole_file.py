"""Replaces files atomically: other programs see either the old contents or the complete new contents."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.exceptions import UsageError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Yields a stream for the file's new contents.

    If the block ends normally, the bytes written to the stream replace the file. If the block raises an exception, the
    file keeps its old contents. If the path is a device or a pipe, such as /dev/stdout, the bytes are written
    directly to the device or pipe.

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
    """Yields the path of a draft: a file into which the block writes the new contents.

    If the block ends normally, the draft replaces the file. If the block raises an exception, the draft is deleted and
    the file keeps its old contents. The draft is a hidden file in the same folder. The draft's name ends in `.tmp`.
    So programs that read every file of a certain extension in that folder ignore the draft.

    UsageError if the file can't be written.
    """
    with _usage_errors(path):
        path = path.resolve()  # if the path is a symbolic link, the link's target is replaced
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
