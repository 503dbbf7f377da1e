"""The record of a run says how it ended, whatever ends it."""

import pytest

from core.exceptions import ClausewatchError, StorageError
from scripts.run_record import recorded_run
from storage import Run, Store


def last_run(store: Store) -> Run:
    run = store.journal.last_run()
    assert run is not None
    return run


def test_the_record_has_the_exit_status_and_the_counts(store: Store) -> None:
    with recorded_run(store.journal) as record:
        assert last_run(store).ended_at is None
        record.exit_status, record.summary = 3, "1 failed"
    run = last_run(store)
    assert (run.exit_status, run.summary) == (3, "1 failed")
    assert run.ended_at is not None
    assert run.begun_at <= run.ended_at


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (ClausewatchError("the mail server refused it"), "the mail server refused it"),
        (KeyboardInterrupt(), "interrupted; 5 new"),
        (ZeroDivisionError(), "5 new"),
    ],
)
def test_an_error_is_recorded_with_its_reason(store: Store, error: BaseException, summary: str) -> None:
    def run() -> None:
        with recorded_run(store.journal) as record:
            record.summary = "5 new"
            raise error

    with pytest.raises(type(error)):
        run()
    assert (last_run(store).exit_status, last_run(store).summary) == (1, summary)


def test_a_full_disk_does_not_hide_the_error_that_ended_the_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StorageError("no space left")

    monkeypatch.setattr(store.journal, "end_run", fail)
    with pytest.raises(ClausewatchError, match="the first error"), recorded_run(store.journal):
        raise ClausewatchError("the first error")
    with pytest.raises(StorageError, match="no space left"), recorded_run(store.journal):
        pass
