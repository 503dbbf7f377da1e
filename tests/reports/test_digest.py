"""The changes that a digest sends to each subscriber."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.policies import PolicyKey
from storage import Store
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    INSURERS,
    MINUTES,
    composed,
    html,
    keep_confirmed,
    keep_once,
    subscribe,
    unwrapped,
)
from tests.stored_captures import BEGIN
from tests.stored_digests import told_to, waiting_messages


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def test_a_change_is_sent_once(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    (message,) = composed(store, 3)
    assert "advertiser" in unwrapped(message)
    assert composed(store, 4) == []
    keep_confirmed(store, ADVERTISERS, 5)
    assert composed(store, 6) == []


def test_changes_before_the_subscription_are_not_sent(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    keep_confirmed(store, ADVERTISERS, 2)
    subscribe(store, 3)
    assert composed(store, 4) == []


def test_the_first_version_of_a_policy_is_not_sent_as_a_change(store: Store) -> None:
    subscribe(store, 0)
    keep_confirmed(store, COURTS, 1)
    assert composed(store, 2) == []


def test_after_a_missed_run_the_next_digest_has_all_changes(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    keep_confirmed(store, INSURERS, 3)
    (message,) = composed(store, 50)
    text = unwrapped(message)
    assert text.index("advertiser") < text.index("insurance")
    assert "version 1 → version 2" in text
    assert "version 2 → version 3" in text


def test_a_backfill_of_old_captures_sends_nothing(store: Store) -> None:
    keep_confirmed(store, ADVERTISERS, 10)
    subscribe(store, 0)
    assert composed(store, 11) == []
    for days, payload in ((1, COURTS), (5, INSURERS), (9, COURTS)):
        keep_confirmed(store, payload, days)
    assert composed(store, 12) == []
    keep_confirmed(store, INSURERS, 20)
    (message,) = composed(store, 21)
    assert "insurance" in unwrapped(message)
    assert "court" not in unwrapped(message)


def test_without_changes_the_watermark_advances_and_nothing_is_sent(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, COURTS, 5)
    assert composed(store, 6) == []
    ((subscriber),) = store.subscriptions.subscribers()
    assert told_to(store, subscriber.id) == {PolicyKey("marmot", "privacy"): BEGIN + timedelta(days=5, minutes=5)}
    assert waiting_messages(store) == ()


def test_one_message_has_the_changes_of_all_chosen_vendors(store: Store) -> None:
    for vendor, policy in (("marmot", "privacy"), ("marmot", "applicants"), ("otter", "privacy")):
        keep_confirmed(store, COURTS, 0, vendor, policy)
        keep_confirmed(store, ADVERTISERS, 2, vendor, policy)
    subscribe(store, 1)
    (message,) = composed(store, 3)
    for name in ("Marmot Mail privacy", "Marmot Mail applicants", "Otter Post privacy"):
        assert f"{name}: version 1 → version 2" in unwrapped(message)
        assert f"{name}: version 1 → version 2" in html(message)


def test_a_subscriber_gets_changes_of_the_chosen_vendors_only(store: Store) -> None:
    for vendor in ("marmot", "otter"):
        keep_confirmed(store, COURTS, 0, vendor)
        keep_confirmed(store, ADVERTISERS, 2, vendor)
    subscribe(store, 1, "otter", "no_longer_declared", address="some@client.example")
    subscribe(store, 1, address="all@client.example")
    some, everything = composed(store, 3)
    assert (some["To"], everything["To"]) == ("some@client.example", "all@client.example")
    assert "Marmot" not in unwrapped(some)
    assert "Marmot" in unwrapped(everything)


def test_each_subscriber_has_a_separate_watermark(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1, address="early@client.example")
    keep_confirmed(store, ADVERTISERS, 2)
    assert len(composed(store, 3)) == 1
    subscribe(store, 4, address="late@client.example")
    keep_confirmed(store, INSURERS, 5)
    early, late = composed(store, 6)
    for message in (early, late):
        assert "insurance" in unwrapped(message)
        assert "court" not in unwrapped(message)


def test_a_text_is_sent_only_after_a_second_capture_shows_the_text(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_once(store, ADVERTISERS, 2)
    assert composed(store, 2.5) == []
    keep_once(store, ADVERTISERS, 3)
    (message,) = composed(store, 4)
    assert "advertiser" in unwrapped(message)
    assert (BEGIN + timedelta(days=2)).strftime("%Y-%m-%dT") in unwrapped(message)


def test_a_text_that_did_not_last_is_not_sent(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_once(store, ADVERTISERS, 2)
    assert composed(store, 2 + MINUTES) == []
    keep_once(store, COURTS, 2 + 5 * MINUTES)
    keep_once(store, COURTS, 3)
    assert composed(store, 4) == []
    assert len(store.library.history(PolicyKey("marmot", "privacy")).versions) == 2
    keep_confirmed(store, INSURERS, 5)
    (message,) = composed(store, 6)
    assert "version 1 → version 3" in unwrapped(message)


def test_a_digest_calls_a_return_to_an_earlier_text_a_return(store: Store) -> None:
    for days, payload in ((0, COURTS), (2, ADVERTISERS), (4, COURTS)):
        keep_confirmed(store, payload, days)
    subscribe(store, 3)
    (message,) = composed(store, 5)
    assert message["Subject"] == "Marmot Mail: returned to version 1"
    for text in (unwrapped(message), html(message)):
        assert "The page returned to the text of version 1, last seen 2019-03-04T05:11:07Z." in text
        assert "version 2 → version 1" in text
        assert "courts" in text


def test_an_alternation_is_sent_once_and_a_later_text_is_sent(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 0.5)
    messages = []
    for day, payload in enumerate([ADVERTISERS, COURTS] * 4, start=1):
        keep_confirmed(store, payload, day)
        messages += composed(store, day + 0.5)
    changed, returned, alternates = messages
    assert "advertiser" in unwrapped(changed)
    assert returned["Subject"] == "Marmot Mail: returned to version 1"
    assert alternates["Subject"] == "Marmot Mail: alternates between versions 1 and 2"
    for text in (unwrapped(alternates), html(alternates)):
        assert "The page has alternated between versions 1 and 2 since 2019-03-05T05:06:07Z (3 times)." in text
        assert "The differences between the two versions that the page showed last" in text
        assert "Modified" not in text
    keep_confirmed(store, INSURERS, 20)
    (message,) = composed(store, 21)
    assert "version 1 → version 3" in unwrapped(message)
    assert "insurance" in unwrapped(message)


def test_a_backfill_can_turn_a_change_into_a_return(store: Store) -> None:
    keep_confirmed(store, COURTS, 10)
    subscribe(store, 11)
    keep_confirmed(store, INSURERS, 5)
    assert composed(store, 12) == []
    keep_confirmed(store, INSURERS, 20)
    (message,) = composed(store, 21)
    assert "returned to the text of version 1" in unwrapped(message)
