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

    Until then they are in a hidden file beside it, under no ending that another program would take for its own. What
    is there and is no file, such as /dev/stdout, is written to as it is.

    UsageError when the file cannot be written.
    """
    try:
        path = path.resolve()  # a link stays one
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                yield stream
            return
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with draft.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
