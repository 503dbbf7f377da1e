from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history import Observation
from diffing.timeline import timeline
from reports.digest import untold_transitions
from storage import Store
from tests.digest_examples import ADVERTISERS, COURTS, INSURERS, composed, html, keep, subscribe, unwrapped
from tests.stored_captures import BEGIN


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def test_a_change_is_told_once(store: Store) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1)
    keep(store, ADVERTISERS, 2)
    (message,) = composed(store, 3)
    assert "advertiser" in unwrapped(message)
    assert composed(store, 4) == []
    keep(store, ADVERTISERS, 5)
    assert composed(store, 6) == []


def test_what_was_captured_before_the_subscription_is_not_told(store: Store) -> None:
    keep(store, COURTS, 0)
    keep(store, ADVERTISERS, 2)
    subscribe(store, 3)
    assert composed(store, 4) == []


def test_the_first_version_of_a_policy_is_no_change(store: Store) -> None:
    subscribe(store, 0)
    keep(store, COURTS, 1)
    assert composed(store, 2) == []


def test_a_run_that_was_missed_loses_nothing(store: Store) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1)
    keep(store, ADVERTISERS, 2)
    keep(store, INSURERS, 3)
    (message,) = composed(store, 50)
    text = unwrapped(message)
    assert text.index("advertiser") < text.index("insurance")
    assert "version 1 → version 2" in text
    assert "version 2 → version 3" in text


def test_backfilled_history_tells_nobody(store: Store) -> None:
    keep(store, ADVERTISERS, 10)
    subscribe(store, 0)
    assert composed(store, 11) == []
    for days, payload in ((1, COURTS), (5, INSURERS), (9, COURTS)):
        keep(store, payload, days)
    assert composed(store, 12) == []
    keep(store, INSURERS, 20)
    (message,) = composed(store, 21)
    assert "insurance" in unwrapped(message)
    assert "court" not in unwrapped(message)


def test_nothing_to_tell_advances_the_watermark_without_a_message(store: Store) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1)
    keep(store, COURTS, 5)
    assert composed(store, 6) == []
    ((subscriber),) = store.subscribers()
    assert store.told(subscriber.id) == {("marmot", "privacy"): BEGIN + timedelta(days=5)}
    assert store.outbox() == ()


def test_one_message_tells_of_every_policy_of_every_vendor_followed(store: Store) -> None:
    for vendor, policy in (("marmot", "privacy"), ("marmot", "cookies"), ("otter", "privacy")):
        keep(store, COURTS, 0, vendor, policy)
        keep(store, ADVERTISERS, 2, vendor, policy)
    subscribe(store, 1)
    (message,) = composed(store, 3)
    for name in ("Marmot Mail privacy", "Marmot Mail cookies", "Otter Post privacy"):
        assert f"{name}: version 1 → version 2" in unwrapped(message)
        assert f"{name}: version 1 → version 2" in html(message)


def test_a_subscriber_hears_only_of_the_vendors_they_named(store: Store) -> None:
    for vendor in ("marmot", "otter"):
        keep(store, COURTS, 0, vendor)
        keep(store, ADVERTISERS, 2, vendor)
    subscribe(store, 1, "otter", "no_longer_declared", address="some@client.example")
    subscribe(store, 1, address="all@client.example")
    some, everything = composed(store, 3)
    assert (some["To"], everything["To"]) == ("some@client.example", "all@client.example")
    assert "Marmot" not in unwrapped(some)
    assert "Marmot" in unwrapped(everything)


def test_each_subscriber_is_told_from_where_they_were(store: Store) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1, address="early@client.example")
    keep(store, ADVERTISERS, 2)
    assert len(composed(store, 3)) == 1
    subscribe(store, 4, address="late@client.example")
    keep(store, INSURERS, 5)
    early, late = composed(store, 6)
    for message in (early, late):
        assert "insurance" in unwrapped(message)
        assert "court" not in unwrapped(message)


def _history(shown: list[int]) -> list[Observation]:
    return [
        Observation(i, BEGIN + timedelta(days=i), "http://p.example/", "live", str(text), str(text))
        for i, text in enumerate(shown)
    ]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.lists(st.integers(0, 20), max_size=6))
def test_whenever_runs_happen_each_change_is_told_once(shown: list[int], runs: list[int]) -> None:
    captures = _history(shown)
    told: list[datetime] = []
    watermark = captures[0].captured_at
    for run in [*sorted(runs), len(shown)]:
        so_far = timeline(captures[:run])
        told += [new.first.captured_at for _, new in untold_transitions(so_far, watermark)]
        if so_far.periods:
            watermark = max(watermark, so_far.periods[-1].last.captured_at)
    assert told == [period.first.captured_at for period in timeline(captures).periods[1:]]
