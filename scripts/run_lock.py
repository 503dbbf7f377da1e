"""The lock that allows only one run at a time on a database.

Two runs at the same time would report the same change to subscribers twice.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.exceptions import ClausewatchError
from core.settings import CHECKOUT, Settings


def lock_path(settings: Settings) -> Path:
    """Returns the path of the lock file that belongs to the database.

    For SQLite, the lock file is in the folder of the database file. For other databases, the lock file is in the
    checkout's folder `data`.
    """
    kind, _, path = settings.database_url.partition(":///")
    if kind.startswith("sqlite") and path:
        return Path(f"{path.partition('?')[0]}.run.lock")
    name = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]
    return CHECKOUT / "data" / f"run-{name}.lock"


@contextmanager
def only_run(settings: Settings) -> Iterator[None]:
    """Acquires the database's lock, and releases the lock when the block ends.

    If the process is killed, the operating system releases the lock. The lock file is empty, and is not
    deleted when the lock is released.

    ClausewatchError if another process on this machine has acquired the lock.
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
