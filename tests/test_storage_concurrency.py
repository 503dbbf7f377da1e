import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.synchronize import Barrier

from storage import Store
from tests.stored_captures import POLICY, capture_of, page

PAGES = [page(f"We keep your messages for {days} days.") for days in range(4)]
WORKERS = 3
_spawn = multiprocessing.get_context("spawn")
_together: Barrier


def _join(barrier: Barrier) -> None:
    global _together
    _together = barrier


def _open_and_keep(url: str) -> list[tuple[int, bool]]:
    _together.wait(60)
    with Store.open(url) as store:
        results = [store.keep(capture_of(payload, days), payload, POLICY) for days, payload in enumerate(PAGES * 3)]
    return [(kept.capture_id, kept.is_new) for kept in results]


def test_processes_that_open_and_keep_the_same_at_once(database_url: str) -> None:
    with ProcessPoolExecutor(WORKERS, _spawn, _join, (_spawn.Barrier(WORKERS),)) as pool:
        results = list(pool.map(_open_and_keep, [database_url] * WORKERS))
    keys = {tuple(key for key, _ in result) for result in results}
    assert len(keys) == 1
    assert sum(is_new for result in results for _, is_new in result) == len(PAGES) * 3
    with Store.open(database_url) as store:
        assert len(store.captures("marmot", "privacy")) == len(PAGES) * 3
        assert len(store.history("marmot", "privacy").versions) == len(PAGES)


def test_threads_that_keep_the_same_at_once(store: Store) -> None:
    captures = [(capture_of(payload, days), payload) for days, payload in enumerate(PAGES * 5)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda pair: store.keep(*pair, POLICY), captures * 2))
    assert sum(kept.is_new for kept in results) == len(captures)
    assert len(store.captures("marmot", "privacy")) == len(captures)


def test_a_crawl_and_a_digest_at_once(store: Store) -> None:
    now = capture_of(PAGES[0]).captured_at
    store.subscribe("reader@marmot.example", [], now)
    (reader,) = store.subscribers()

    def step(number: int) -> None:
        if number % 2:
            payload = PAGES[number % len(PAGES)]
            store.keep(capture_of(payload, number), payload, POLICY)
        else:
            told = {("marmot", "privacy"): now, (f"vendor-{number % 3}", "privacy"): now}
            store.enqueue(reader.id, b"digest", told, now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(step, range(40)))
    assert len(store.captures("marmot", "privacy")) == 20
    assert len(store.outbox()) == 20


def test_readers_do_not_wait_for_a_writer(database_url: str) -> None:
    with Store.open(database_url) as writer, Store.open(database_url) as reader:
        writer.keep(capture_of(PAGES[0]), PAGES[0], POLICY)
        with writer._database.writing() as session:
            session.connection().exec_driver_sql("DELETE FROM readings")
            assert len(reader.history("marmot", "privacy").periods) == 1
