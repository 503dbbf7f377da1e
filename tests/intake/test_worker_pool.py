"""Worker processes load few modules. The pool handles dying workers, errors in workers, and closing."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from core.exceptions import ClausewatchError
from intake.reading_task import CaptureText, ReadingTask, read_capture, warm_up
from intake.service import Intake, given_up
from intake.worker_pool import WorkerPool
from storage import Store
from tests.intake import worker_functions
from tests.intake.sources import BOMB, MANY, PRIVACY, incoming
from tests.keeping import reextract
from tests.stored_captures import POLICY, capture_of

TASKS = [ReadingTask(capture_of(payload), payload) for payload in MANY]
Pool = WorkerPool[ReadingTask, CaptureText]


def pool_of(function: object, prepare: object = warm_up) -> Pool:
    return WorkerPool(
        function,  # type: ignore[arg-type]  # of tests.intake.worker_functions
        give_up=given_up,
        size=ReadingTask.size,
        prepare=prepare,  # type: ignore[arg-type]
    )


def results_of(pool: Pool, tasks: list[ReadingTask]) -> Iterator[tuple[int, CaptureText | None]]:
    for batch in pool.map(enumerate(tasks)):
        yield from batch


@pytest.mark.slow
def test_a_worker_loads_only_what_reading_needs() -> None:
    """The database driver would double the time that a worker takes to start. Scrapy would add as much again."""
    pool: WorkerPool[ReadingTask, set[str]] = WorkerPool(
        worker_functions.loaded_modules, give_up=lambda task: set(), size=ReadingTask.size, prepare=warm_up
    )
    with closing(pool):
        loaded = next(modules for batch in pool.map(enumerate(TASKS)) for _, modules in batch)
    assert loaded is not None
    packages = {name.partition(".")[0] for name in loaded}
    assert "extraction" in packages
    assert not packages & {
        *("alembic", "click", "diff_match_patch", "docx", "psycopg", "pydantic", "rapidfuzz", "rich", "scrapy"),
        *("sqlalchemy", "twisted", "crawler", "reports", "scripts", "storage", "views"),
    }
    assert "intake.service" not in loaded


@pytest.mark.slow
def test_a_task_is_repeated_if_its_worker_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    tasks = [ReadingTask(task.capture, task.payload, (str(mark),)) for task in TASKS]
    with closing(pool_of(worker_functions.dies_once)) as pool:
        results = list(results_of(pool, tasks))
    assert mark.exists()
    assert results == [(number, read_capture(task)) for number, task in enumerate(tasks)]


@pytest.mark.slow
def test_only_the_page_that_kills_its_workers_is_quarantined(database_url: str) -> None:
    captures = incoming([*MANY[:20], BOMB, *MANY[20:]])
    with Store.open(database_url) as store, Intake(store, pool_of(worker_functions.dies_of_a_bomb)) as intake:
        results = list(intake.keep_all(captures))
    assert [result.verdict.name for result in results].count("accepted") == len(MANY)
    assert (results[20].verdict.reason, results[20].is_new) == ("unreadable", True)
    assert "ended before it was done" in results[20].verdict.evidence
    with Store.open(database_url) as store:
        assert reextract(store, PRIVACY, POLICY) == 1  # the real extractor survives the page
        assert store.library.captures(PRIVACY)[20].verdict.name == "accepted"


@pytest.mark.slow
def test_an_error_in_a_worker_is_raised_with_its_traceback() -> None:
    with (
        closing(pool_of(worker_functions.raises)) as pool,
        pytest.raises(RecursionError, match="nested tags") as raised,
    ):
        list(results_of(pool, TASKS))
    assert "in raises" in "".join(raised.value.__notes__)


@pytest.mark.slow
def test_captures_stay_stored_if_no_worker_can_start(store: Store, tmp_path: Path) -> None:
    obstacle = tmp_path / "obstacle"
    obstacle.touch()
    workers = pool_of(read_capture, partial(worker_functions.warm_up_unless, str(obstacle)))
    with Intake(store, workers) as intake:
        with pytest.raises(ClausewatchError, match="no process can be started"):
            list(intake.keep_all(incoming(MANY)))
        assert store.library.captures(PRIVACY)
        obstacle.unlink()
        results = list(intake.keep_all(incoming(MANY)))
    assert {result.verdict.name for result in results} == {"accepted"}


@pytest.mark.slow
def test_close_ends_busy_workers_and_map_starts_new_workers(tmp_path: Path) -> None:
    process_id = tmp_path / "process_id"
    busy = [ReadingTask(task.capture, task.payload, (str(process_id),)) for task in TASKS]
    pool = pool_of(worker_functions.sleeps)
    next(results_of(pool, TASKS[:20] + busy))
    while not process_id.exists() or not process_id.read_text():
        time.sleep(0.01)
    begin = time.monotonic()
    pool.close()
    assert time.monotonic() - begin < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int(process_id.read_text()), 0)
    with closing(pool):
        assert len(list(results_of(pool, TASKS))) == len(TASKS)
