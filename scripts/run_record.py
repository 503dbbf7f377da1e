"""Records in the store when a run began, and how it ended."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from core.exceptions import ClausewatchError, StorageError
from storage.journal import Journal


@dataclass(slots=True)
class RunRecord:
    """How a run ended: the exit status, and the counts of the run in words. `clausewatch status` shows both."""

    exit_status: int = 1
    summary: str = ""


@contextmanager
def recorded_run(journal: Journal) -> Iterator[RunRecord]:
    """Records that a run begins, and at the end of the `with` block how it ended. The caller sets the record's fields.

    If the block raises an exception, the recorded exit status is 1, and the summary says why. If the process is killed,
    the record stays without an end.

    StorageError if the database can't be written.
    """
    number = journal.begin_run(datetime.now(UTC))
    record = RunRecord()
    try:
        yield record
    except BaseException as error:
        summary = str(error) if isinstance(error, ClausewatchError) else record.summary
        if isinstance(error, KeyboardInterrupt):
            summary = "; ".join(filter(None, ("interrupted", summary)))
        with suppress(StorageError):  # the error that ended the run says more
            journal.end_run(number, datetime.now(UTC), 1, summary or "an error in clausewatch itself")
        raise
    journal.end_run(number, datetime.now(UTC), record.exit_status, record.summary)
