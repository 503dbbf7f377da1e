"""One run at a time on a database: two at once would tell subscribers the same change twice."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.exceptions import ClausewatchError
from core.settings import CHECKOUT, Settings


def lock_path(settings: Settings) -> Path:
    """Where the lock of a database lies: beside a SQLite file, in the checkout's data folder for a server."""
    kind, _, place = settings.database_url.partition(":///")
    if kind.startswith("sqlite") and place:
        return Path(f"{place.partition('?')[0]}.run.lock")
    name = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]
    return CHECKOUT / "data" / f"run-{name}.lock"


@contextmanager
def only_run(settings: Settings) -> Iterator[None]:
    """Holds the lock of the database's runs and digests. ClausewatchError when another process of this machine has it.

    The lock is the operating system's, so a process that dies gives it back; its file is empty and stays.
    """
    path = lock_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise ClausewatchError("another run on this database is under way; this one did nothing") from None
    with lock:
        yield
