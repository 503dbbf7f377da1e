"""Each change is told once: after rejections, with a wrong clock, and if two processes compose at the same time."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from core.captures import Verdict, sha256_hex
from core.policies import PolicyKey
from formats import multipart
from reports import compose
from storage import Review, Store
from tests import keeping
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    INSURERS,
    SENDER,
    VENDORS,
    composed,
    keep_confirmed,
    read_by,
    subscribe,
    unwrapped,
)
from tests.stored_captures import BEGIN, POLICY, capture_of
from tests.stored_digests import enqueue, subscriber_of, told_to, waiting_messages

KEY = PolicyKey("marmot", "privacy")


@pytest.fixture
def database_url(tmp_path: Path, empty_sqlite: Path) -> str:
    """Returns the URL of a SQLite database. `bench/once` tells the same on PostgreSQL."""
    shutil.copy(empty_sqlite, tmp_path / "store.db")
    return f"sqlite:///{tmp_path / 'store.db'}"


def reject_each_capture_of(store: Store, payload: bytes) -> None:
    sha256 = capture_of(payload).sha256
    ids = [stored.id for stored in store.library.captures(KEY) if stored.capture.sha256 == sha256]
    store.library.review(ids, Review("rejected", "ann", "", datetime(2026, 1, 1, tzinfo=UTC), only=True))


def keep_at(store: Store, payload: bytes, moment: datetime) -> None:
    for minutes in (0, 5):
        at = moment + timedelta(minutes=minutes)
        capture = replace(capture_of(payload), captured_at=at, requested_at=at, answered_at=at)
        keeping.keep(store, capture, payload, POLICY)


def test_a_text_that_is_captured_again_after_its_rejection_is_not_told_again(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    assert len(composed(store, 3)) == 1
    reject_each_capture_of(store, ADVERTISERS)
    assert composed(store, 3.5) == []
    keep_confirmed(store, ADVERTISERS, 4)
    assert composed(store, 5) == []
    keep_confirmed(store, INSURERS, 6)
    (message,) = composed(store, 7)
    assert "insurance" in unwrapped(message)


@pytest.mark.parametrize("text", [COURTS, ADVERTISERS], ids=["as-before", "changed"])
def test_a_page_that_could_not_be_rendered_once_loses_no_change(store: Store, text: bytes) -> None:
    """Such a failure may depend on the machine: on its memory and its load."""
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    served = capture_of(text, 2)
    part = text[: len(text) // 2]
    rendered = replace(served, sha256=sha256_hex(part), rendered_by="Chromium 150")
    fault = "its scripts did not come to an end in 20 seconds"
    capture, payload = multipart.compose("alternative", [(served, text), (rendered, part)], fault)
    kept = keeping.keep(store, capture, payload, POLICY)
    assert kept.verdict == Verdict("quarantined", "truncated", fault, rule="unfinished_rendering")
    assert composed(store, 3) == []
    assert store.library.standings()[0].failing_since is not None
    assert keeping.reextract(store, KEY, POLICY) == 0
    assert list(keeping.verify(store, {KEY: POLICY})) == []
    keep_confirmed(store, ADVERTISERS, 4)
    assert len(composed(store, 5)) == 1
    assert store.library.standings()[0].failing_since is None


def test_a_telling_is_known_to_a_reader_that_gives_other_ids(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    assert len(composed(store, 3)) == 1
    reject_each_capture_of(store, ADVERTISERS)
    declared = read_by(2)
    keeping.reextract(store, KEY, declared)
    keep_confirmed(store, ADVERTISERS, 4, declared=declared)
    assert composed(store, 5) == []


def test_the_same_change_is_told_again_if_the_page_went_back_in_between(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    assert len(composed(store, 3)) == 1
    reject_each_capture_of(store, ADVERTISERS)
    keep_confirmed(store, COURTS, 4)
    assert composed(store, 5) == []
    keep_confirmed(store, ADVERTISERS, 6)
    (message,) = composed(store, 7)
    assert "advertiser" in unwrapped(message)


@pytest.mark.parametrize("year", [2020, 2099, 9999])
def test_a_capture_of_the_future_hides_no_later_change(store: Store, year: int) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_at(store, COURTS, datetime(year, 12, 31, 23, 50, tzinfo=UTC))
    assert composed(store, 2) == []
    keep_confirmed(store, ADVERTISERS, 3)
    (message,) = composed(store, 4)
    assert "advertiser" in unwrapped(message)
    assert told_to(store, 1)[KEY] == BEGIN + timedelta(days=3, minutes=5)
    assert composed(store, 5) == []


def test_a_watermark_of_the_future_is_healed(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    future = datetime(2099, 1, 1, tzinfo=UTC)
    keep_at(store, COURTS, future - timedelta(minutes=5))
    enqueue(store, 1, None, {KEY: future}, future)  # as earlier releases did
    keep_confirmed(store, ADVERTISERS, 3)
    (message,) = composed(store, 4)
    assert "advertiser" in unwrapped(message)
    assert told_to(store, 1)[KEY] == BEGIN + timedelta(days=3, minutes=5)


def test_a_clock_put_back_loses_no_change_and_tells_none_twice(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 400)  # the clock is a year ahead
    assert len(composed(store, 401)) == 1
    keep_confirmed(store, ADVERTISERS, 3)  # and is put back
    assert composed(store, 4) == []
    keep_confirmed(store, INSURERS, 5)
    (message,) = composed(store, 6)
    assert "advertisers" in unwrapped(message)
    assert "insurance" in unwrapped(message)
    keep_confirmed(store, ADVERTISERS, 7)
    keep_confirmed(store, INSURERS, 7.5)
    assert len(composed(store, 8)) == 1


def test_a_change_from_before_a_watermark_of_tomorrow_is_told_when_that_time_has_come(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, COURTS, 3)  # on the second day, by a machine whose clock is a day ahead
    assert composed(store, 3.1) == []
    keep_confirmed(store, COURTS, 2.1)
    assert composed(store, 2.2) == []
    keep_confirmed(store, ADVERTISERS, 2.9)
    (message,) = composed(store, 3.2)
    assert "advertisers" in unwrapped(message)
    # The capture of the wrong clock now lies between two captures of the new text. The page never went back.
    keep_confirmed(store, ADVERTISERS, 3.5)
    assert composed(store, 3.6) == []
    keep_confirmed(store, INSURERS, 4)
    (message,) = composed(store, 4.1)
    assert "advertisers" in unwrapped(message)
    assert "insurance" in unwrapped(message)
    assert composed(store, 5) == []


def test_a_change_from_before_a_subscription_of_tomorrow_is_told_when_that_time_has_come(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 2)  # on the first day, by a machine whose clock is a day ahead
    keep_confirmed(store, ADVERTISERS, 1.5)
    keep_confirmed(store, ADVERTISERS, 2.5)
    (message,) = composed(store, 2.6)
    assert "advertisers" in unwrapped(message)
    keep_confirmed(store, ADVERTISERS, 3)
    assert composed(store, 3.5) == []


def test_an_archived_change_from_before_a_subscription_is_not_told(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 2)
    keeping.keep(store, capture_of(ADVERTISERS, 1, source="warc"), ADVERTISERS, POLICY)
    keep_confirmed(store, ADVERTISERS, 3)
    assert composed(store, 3.5) == []


def test_a_subscription_of_a_clock_that_was_put_back_misses_no_change(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    keep_confirmed(store, ADVERTISERS, 1)
    subscribe(store, 400)
    keep_confirmed(store, INSURERS, 3)
    (message,) = composed(store, 4)
    assert "insurance" in unwrapped(message)
    assert "courts" not in unwrapped(message)


def test_two_processes_that_compose_at_the_same_time_tell_once(store: Store, database_url: str) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    now = BEGIN + timedelta(days=3)
    enqueue_one = store.subscriptions.enqueue
    with Store.open(database_url) as other:

        def enqueue_second(*arguments: Any) -> bool:
            assert compose(other, VENDORS, now, SENDER) == 1
            return enqueue_one(*arguments)

        with patch.object(store.subscriptions, "enqueue", enqueue_second):
            assert compose(store, VENDORS, now, SENDER) == 0
    assert len(waiting_messages(store)) == 1
    assert subscriber_of(store, 1).digests == 1


def test_what_only_the_slower_of_two_processes_has_seen_is_told_next_time(store: Store, database_url: str) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    now = BEGIN + timedelta(days=9)
    enqueue_one = store.subscriptions.enqueue
    with Store.open(database_url) as other:

        def enqueue_first(*arguments: Any) -> bool:
            # The other process composes with a newer capture, but this one records its digest first.
            keep_confirmed(other, INSURERS, 4)
            enqueue_other = other.subscriptions.enqueue

            def enqueue_second(*others: Any) -> bool:
                assert enqueue_one(*arguments)
                return enqueue_other(*others)

            with patch.object(other.subscriptions, "enqueue", enqueue_second):
                assert compose(other, VENDORS, now, SENDER) == 0
            return True

        with patch.object(store.subscriptions, "enqueue", enqueue_first):
            assert compose(store, VENDORS, now, SENDER) == 1
    (message,) = composed(store, 10)
    assert "insurance" in unwrapped(message)
    assert composed(store, 11) == []
