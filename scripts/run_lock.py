"""The lock that allows one run at a time on a database; two at once would tell subscribers the same change twice."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.exceptions import ClausewatchError
from core.settings import CHECKOUT, Settings


def lock_path(settings: Settings) -> Path:
    """Returns the path of a database's lock file: beside a SQLite file, otherwise in the checkout's data folder."""
    kind, _, path = settings.database_url.partition(":///")
    if kind.startswith("sqlite") and path:
        return Path(f"{path.partition('?')[0]}.run.lock")
    name = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]
    return CHECKOUT / "data" / f"run-{name}.lock"


@contextmanager
def only_run(settings: Settings) -> Iterator[None]:
    """Holds the database's lock until the block ends.

    The operating system releases the lock if the process dies. The lock file is empty and stays.

    ClausewatchError if another process on this machine holds the lock.
    """
    path = lock_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise ClausewatchError("another run on this database is in progress; this one did nothing") from None
    with lock:
        yield
