"""Worker processes load few modules. The pool handles dying workers, errors in workers, and closing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from core.exceptions import ClausewatchError
from core.limits import Limits
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


def pool_of(function: object, prepare: object = warm_up, limits: Limits = Limits()) -> Pool:  # noqa: B008
    return WorkerPool(
        function,  # type: ignore[arg-type]  # of tests.intake.worker_functions
        give_up=given_up,
        size=ReadingTask.size,
        prepare=prepare,  # type: ignore[arg-type]
        limits=limits,
    )


def results_of(pool: Pool, tasks: list[ReadingTask]) -> Iterator[tuple[int, CaptureText | None]]:
    for batch in pool.map(enumerate(tasks)):
        yield from batch


@pytest.mark.slow
def test_a_worker_loads_only_what_reading_needs() -> None:
    """The database driver would double the time that a worker takes to start. Scrapy would add as much again."""
    pool: WorkerPool[ReadingTask, set[str]] = WorkerPool(
        worker_functions.loaded_modules, give_up=lambda task, fault: set(), size=ReadingTask.size, prepare=warm_up
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
    assert "ended its process before it was done, twice" in results[20].verdict.evidence
    with Store.open(database_url) as store:
        assert reextract(store, PRIVACY, POLICY) == 1  # the real extractor survives the page
        assert store.library.captures(PRIVACY)[20].verdict.name == "accepted"


@pytest.mark.slow
def test_a_page_beyond_a_limit_or_a_fault_leaves_the_others_read(tmp_path: Path) -> None:
    """The limits are far above what the other tasks take, even on a busy machine."""
    tasks = [ReadingTask(task.capture, task.payload) for task in TASKS[:8]]
    tasks[1] = ReadingTask(tasks[1].capture, tasks[1].payload, ("sleep", str(tmp_path / "asleep")))
    tasks[3] = ReadingTask(tasks[3].capture, tasks[3].payload, ("fill",))
    tasks[5] = ReadingTask(tasks[5].capture, tasks[5].payload, ("fill in a child", str(tmp_path / "filling")))
    tasks[6] = ReadingTask(tasks[6].capture, tasks[6].payload, ("raise",))
    with closing(pool_of(worker_functions.misbehaves, limits=Limits(seconds=2, memory=300))) as pool:
        results = [text for _, text in results_of(pool, tasks) if text is not None]
    assert [text.verdict.rule for text in results] == [
        *("", "time_limit", "", "memory_limit", "", "memory_limit", "reader_error", "")
    ]
    assert {text.verdict.reason for text in results} == {None, "unreadable"}
    assert "the limit of 2 seconds (CLAUSEWATCH_TIME_LIMIT)" in results[1].verdict.evidence
    assert "the limit of 300 MiB of memory (CLAUSEWATCH_MEMORY_LIMIT)" in results[3].verdict.evidence
    assert "failed: MemoryError (worker_functions.py, line " in results[6].verdict.evidence
    for left in ("asleep", "filling"):  # the processes that the limits ended are gone, children included
        assert _ends(int((tmp_path / left).read_text()))


@pytest.mark.slow
def test_a_worker_that_keeps_much_memory_is_replaced() -> None:
    """Otherwise, the memory that an earlier page has left would count against the next page."""
    tasks = [ReadingTask(TASKS[0].capture, TASKS[0].payload, ("keep",))] * 4
    with closing(pool_of(worker_functions.misbehaves, limits=Limits(seconds=20, memory=700))) as pool:
        assert {text.verdict.name for _, text in results_of(pool, tasks) if text is not None} == {"accepted"}


@pytest.mark.slow
@pytest.mark.parametrize("killed", ["parent", "server"])
def test_no_worker_survives_the_process_that_started_it(tmp_path: Path, killed: str) -> None:
    process_id = tmp_path / "process_id"
    program = (
        "from tests.intake.test_worker_pool import *\n"
        f"tasks = [ReadingTask(TASKS[0].capture, TASKS[0].payload, ('sleep', {str(process_id)!r}))]\n"
        "pool = pool_of(worker_functions.misbehaves)\n"
        "list(results_of(pool, tasks))"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    try:
        while not process_id.exists() or not process_id.read_text():
            assert parent.poll() is None
            time.sleep(0.02)
        worker = int(process_id.read_text())
        server = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(parent.pid if killed == "parent" else server, signal.SIGKILL)
        assert _ends(worker)
    finally:
        parent.kill()
        parent.wait()


def _ends(process_id: int) -> bool:
    """Waits until a process has ended. Returns False if it hasn't after 30 seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


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
