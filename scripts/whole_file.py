"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.exceptions import UsageError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose bytes are at that path, in place of what was there, when the block ends; never when it raises.

    What is there and is no file, such as /dev/stdout, is written to as it is.

    UsageError when the file cannot be written.
    """
    if path.exists() and not path.is_file():
        with _told(path), path.open("wb") as stream:
            yield stream
        return
    with whole_draft(path) as draft, draft.open("wb") as stream:
        yield stream


@contextmanager
def whole_draft(path: Path) -> Iterator[Path]:
    """A path to write a file to, which is at that path, in place of what was there, when the block ends.

    Until then it is hidden beside it, under no ending that another program would take for its own; when the block
    raises, it is gone.

    UsageError when the file cannot be written.
    """
    with _told(path):
        path = path.resolve()  # a link stays one
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            yield draft
            with draft.open("rb") as stream:
                os.fsync(stream.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
