"""Several processes and threads store captures, read captures again, and compose digests at the same time."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from multiprocessing.synchronize import Barrier

import pytest

from core.policies import PolicyKey
from storage import Store
from tests.intake.sources import PRIVACY, WITHOUT_HEADINGS
from tests.keeping import keep, reextract
from tests.stored_captures import POLICY, capture_of, page
from tests.stored_digests import enqueue, waiting_messages

PAGES = [page(f"We keep your messages for {days} days.") for days in range(4)]
PROCESSES = 3
_spawn = multiprocessing.get_context("spawn")
_barrier: Barrier


def _join(barrier: Barrier) -> None:
    """Initialises a process. barrier: the barrier at which all processes wait for each other."""
    global _barrier
    _barrier = barrier


def _open_and_keep(url: str) -> list[tuple[int, bool]]:
    _barrier.wait(60)
    with Store.open(url) as store:
        results = [keep(store, capture_of(payload, days), payload, POLICY) for days, payload in enumerate(PAGES * 3)]
    return [(kept.capture_id, kept.is_new) for kept in results]


@pytest.mark.slow
def test_processes_can_store_the_same_captures_at_the_same_time(database_url: str) -> None:
    with ProcessPoolExecutor(PROCESSES, _spawn, _join, (_spawn.Barrier(PROCESSES),)) as pool:
        results = list(pool.map(_open_and_keep, [database_url] * PROCESSES))
    ids = {tuple(capture_id for capture_id, _ in result) for result in results}
    assert len(ids) == 1
    assert sum(is_new for result in results for _, is_new in result) == len(PAGES) * 3
    with Store.open(database_url) as store:
        assert len(store.library.captures(PRIVACY)) == len(PAGES) * 3
        assert len(store.library.history(PRIVACY).versions) == len(PAGES)


def _open_and_reextract(url: str, keeps: bool) -> list[int]:
    _barrier.wait(60)
    with Store.open(url) as store:
        if not keeps:
            return [reextract(store, PRIVACY, WITHOUT_HEADINGS)]
        return [
            keep(store, capture_of(payload, days), payload, WITHOUT_HEADINGS).capture_id
            for days, payload in enumerate(PAGES * 6)
        ]


@pytest.mark.slow
def test_a_history_never_mixes_readings_while_processes_reextract(database_url: str) -> None:
    with Store.open(database_url) as store:
        for days, payload in enumerate(PAGES * 4):
            keep(store, capture_of(payload, days), payload, POLICY)
        before = {version.id for version in store.library.history(PRIVACY).versions}
        with ProcessPoolExecutor(PROCESSES, _spawn, _join, (_spawn.Barrier(PROCESSES),)) as pool:
            work = [pool.submit(_open_and_reextract, database_url, keeps) for keeps in (False, False, True)]
            observed = [before]
            while wait(work, timeout=0.02).not_done:
                observed.append({version.id for version in store.library.history(PRIVACY).versions})
            results = [future.result() for future in work]
        after = {version.id for version in store.library.history(PRIVACY).versions}
        # Every observed history consists of old versions alone or of new versions alone.
        assert after.isdisjoint(before)
        assert all(versions in (before, after) for versions in observed)
        assert len(set(results[2])) == len(store.library.captures(PRIVACY)) == len(PAGES) * 6
        periods = store.library.history(PRIVACY).periods
        assert sum(len(period.observations) for period in periods) == len(PAGES) * 6
        assert reextract(store, PRIVACY, WITHOUT_HEADINGS) == 0


def test_a_crawl_with_an_older_declaration_loses_no_captures(database_url: str) -> None:
    with Store.open(database_url) as crawl, Store.open(database_url) as other:
        keep(crawl, capture_of(PAGES[0]), PAGES[0], POLICY)
        reextract(other, PRIVACY, WITHOUT_HEADINGS)
        shown = other.library.history(PRIVACY)
        keep(crawl, capture_of(PAGES[1], 1), PAGES[1], POLICY)
        assert other.library.history(PRIVACY) == shown
    with Store.open(database_url) as store:
        keep(store, capture_of(PAGES[2], 2), PAGES[2], WITHOUT_HEADINGS)
        assert len(store.library.history(PRIVACY).periods) == 3


def test_threads_can_store_the_same_captures_at_the_same_time(store: Store) -> None:
    captures = [(capture_of(payload, days), payload) for days, payload in enumerate(PAGES * 5)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda pair: keep(store, pair[0], pair[1], POLICY), captures * 2))
    assert sum(kept.is_new for kept in results) == len(captures)
    assert len(store.library.captures(PRIVACY)) == len(captures)


def test_a_crawl_and_a_digest_can_run_at_the_same_time(store: Store) -> None:
    now = capture_of(PAGES[0]).captured_at
    store.subscriptions.subscribe("reader@marmot.example", [], now)
    (subscriber,) = store.subscriptions.subscribers()

    def step(number: int) -> None:
        if number % 2:
            payload = PAGES[number % len(PAGES)]
            keep(store, capture_of(payload, number), payload, POLICY)
        else:
            watermarks = {PRIVACY: now, PolicyKey(f"vendor-{number % 3}", "privacy"): now}
            enqueue(store, subscriber.id, b"digest", watermarks, now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(step, range(40)))
    assert len(store.library.captures(PRIVACY)) == 20
    assert len(waiting_messages(store)) == 20


def test_read_transactions_do_not_wait_for_a_write_transaction(database_url: str) -> None:
    with Store.open(database_url) as writer, Store.open(database_url) as reader:
        keep(writer, capture_of(PAGES[0]), PAGES[0], POLICY)
        with writer.database.write_session() as session:
            session.connection().exec_driver_sql("DELETE FROM readings")
            assert len(reader.library.history(PRIVACY).periods) == 1
