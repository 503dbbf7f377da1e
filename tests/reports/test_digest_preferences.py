"""Digests as each subscriber wants them: how often, and of which changes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.preferences import EVERY_CHANGE, Preferences
from reports import compose
from storage import Store
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    INSURERS,
    READER,
    SENDER,
    VENDORS,
    composed,
    keep_confirmed,
    unwrapped,
)
from tests.stored_captures import BEGIN, page
from tests.stored_digests import waiting_messages

WEEKLY = Preferences("all", every="week", weekday=BEGIN.weekday(), at=BEGIN.time().replace(second=0, microsecond=0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def subscribe(store: Store, preferences: Preferences, *vendors: str, address: str = READER) -> None:
    """Subscribes an address before the first capture, and composes its first digest, which is empty."""
    store.subscriptions.subscribe(address, vendors, BEGIN - timedelta(days=1), preferences)
    keep_confirmed(store, COURTS, 0)
    assert composed(store, 0.5) == []


def test_a_clause_that_changed_twice_in_a_week_is_told_once(store: Store) -> None:
    subscribe(store, WEEKLY)
    keep_confirmed(store, ADVERTISERS, 2)
    assert composed(store, 2.5) == []
    keep_confirmed(store, INSURERS, 4)
    (message,) = composed(store, 7)
    text = unwrapped(message)
    assert [word in text for word in ("courts", "insurance", "advertisers")] == [True, True, False]
    assert text.count("Old text, last seen") == 1
    assert composed(store, 14) == []


def test_a_change_that_was_taken_back_is_told_in_a_sentence(store: Store) -> None:
    subscribe(store, WEEKLY)
    keep_confirmed(store, ADVERTISERS, 2)
    assert composed(store, 2.5) == []
    keep_confirmed(store, COURTS, 4)
    (message,) = composed(store, 7)
    text = unwrapped(message)
    assert "this policy had another text; since" in text
    assert "advertisers" not in text
    assert composed(store, 14) == []


def test_with_each_run_too_a_change_that_was_taken_back_is_told_in_a_sentence(store: Store) -> None:
    subscribe(store, EVERY_CHANGE)
    for days, payload in ((2, ADVERTISERS), (4, COURTS), (6, INSURERS)):
        keep_confirmed(store, payload, days)
    (message,) = composed(store, 7)
    text = unwrapped(message)
    assert "this policy had another text; since" in text
    assert [word in text for word in ("courts", "insurance", "advertisers")] == [True, True, False]
    assert text.count("Old text, last seen") == 1
    assert composed(store, 8) == []


def test_who_is_told_with_each_run_gets_every_step(store: Store) -> None:
    subscribe(store, EVERY_CHANGE)
    keep_confirmed(store, ADVERTISERS, 2)
    keep_confirmed(store, INSURERS, 4)
    (message,) = composed(store, 7)
    assert unwrapped(message).count("Old text, last seen") == 2


def test_a_weekly_digest_does_not_make_others_wait(store: Store) -> None:
    subscribe(store, WEEKLY)
    store.subscriptions.subscribe("each@client.example", (), BEGIN)
    keep_confirmed(store, ADVERTISERS, 2)
    assert [message["To"] for message in composed(store, 2.5)] == ["each@client.example"]
    assert [message["To"] for message in composed(store, 7)] == [READER]


@pytest.mark.parametrize(
    ("words", "is_told"), [((), True), (("Advertisers",), True), (("courts",), True), (("biometric",), False)]
)
def test_only_changes_that_mention_a_watched_word_are_told(store: Store, words: tuple[str, ...], is_told: bool) -> None:
    subscribe(store, replace(EVERY_CHANGE, words=words))
    keep_confirmed(store, ADVERTISERS, 2)
    assert bool(composed(store, 3)) == is_told
    # What was not wanted is not told later either.
    store.subscriptions.subscribe(READER, (), BEGIN, EVERY_CHANGE)
    assert composed(store, 4) == []


@pytest.mark.parametrize(("significance", "is_told"), [("substantive", False), ("factual", True), ("all", True)])
def test_changes_below_the_chosen_significance_are_not_told(store: Store, significance: str, is_told: bool) -> None:
    one, other = (page(f"Call us at +49 30 {number} if you have a question.") for number in ("12345678", "87654321"))
    store.subscriptions.subscribe(READER, (), BEGIN, Preferences(significance))  # type: ignore[arg-type]
    keep_confirmed(store, one, 0)
    keep_confirmed(store, other, 2)
    assert bool(composed(store, 3)) == is_told


def test_a_subscription_to_a_policy_leaves_out_the_vendors_other_policies(store: Store) -> None:
    subscribe(store, EVERY_CHANGE, "marmot/privacy")
    for days, text in ((0, COURTS), (2, ADVERTISERS)):
        keep_confirmed(store, text, days, policy="applicants")
    assert composed(store, 3) == []
    keep_confirmed(store, INSURERS, 4)
    (message,) = composed(store, 5)
    assert "is subscribed to changes at Marmot Mail privacy." in unwrapped(message)


def test_what_a_refused_address_misses_is_told_after_it_is_subscribed_again(store: Store) -> None:
    subscribe(store, EVERY_CHANGE)
    keep_confirmed(store, ADVERTISERS, 2)
    assert compose(store, VENDORS, BEGIN + timedelta(days=3), SENDER) == 1
    message = store.outbox.claim(READER)
    assert message is not None
    store.outbox.refuse(message, BEGIN, "550 no such user")
    keep_confirmed(store, INSURERS, 4)
    assert compose(store, VENDORS, BEGIN + timedelta(days=5), SENDER) == 0
    assert waiting_messages(store) == (message,)
    store.subscriptions.subscribe(READER, (), BEGIN, EVERY_CHANGE)
    assert compose(store, VENDORS, BEGIN + timedelta(days=6), SENDER) == 1
    assert b"insurance" in waiting_messages(store)[1].message
