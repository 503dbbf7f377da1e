"""The digest for operators."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from reports import compose_for_operators
from storage import Store
from tests.reports.digest_examples import SENDER, VENDORS, keep_confirmed, parsed_email, subscribe
from tests.stored_captures import BEGIN, page
from tests.stored_digests import enqueue, waiting_messages
from views.policy_status import policy_statuses

OPERATOR = "Root@operator.example"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        for policy in ("privacy", "applicants"):
            keep_confirmed(opened, page("We keep your letters."), 0, policy=policy)
        keep_confirmed(opened, page("We keep your letters."), 0, "otter")
        yield opened


def told(store: Store, now: datetime) -> str:
    """Returns the text of the digest that operators get now; '' if they get none."""
    statuses = policy_statuses(VENDORS, store.library.standings(), now)
    if not compose_for_operators(store, [OPERATOR], statuses, [], now, SENDER):
        return ""
    *_, message = waiting_messages(store)
    assert message.address == OPERATOR
    parsed = parsed_email(message.message)
    return f"{parsed['Subject']}\n{parsed.get_content()}"


def test_operators_are_told_of_silent_policies_and_refused_addresses(store: Store) -> None:
    subscribe(store, 0, address="gone@client.example")
    enqueue(store, 1, b"digest", {}, BEGIN)
    message = store.outbox.claim("gone@client.example")
    assert message is not None
    store.outbox.refuse(message, BEGIN, "550 5.1.1 no such user")
    text = told(store, BEGIN + timedelta(days=8))
    assert text.startswith("clausewatch, for the operator: 3 failing policies, 1 refused address\n")
    assert "- otter/privacy: no capture since 2019-03-04T05:11:07Z" in text
    assert "- refused: gone@client.example gets no more digests" in text


def test_operators_are_told_once_a_day_at_most_and_only_what_is_new(store: Store) -> None:
    day = timedelta(days=1)
    assert told(store, BEGIN + day) == ""
    assert told(store, BEGIN + 8 * day) != ""
    assert told(store, BEGIN + 9 * day) == ""
    for days in (9.2, 20.2):
        for policy in ("privacy", "applicants"):
            keep_confirmed(store, page("We keep your letters."), days, policy=policy)
        keep_confirmed(store, page("We keep your letters."), days, "otter")
        assert ("in order again" in told(store, BEGIN + (days + 0.1) * day)) == (days == 9.2)
    assert told(store, BEGIN + 40 * day) != ""
    assert len(waiting_messages(store)) == 1  # it has taken the place of the earlier ones
    keep_confirmed(store, page("We keep your letters."), 40.2, "otter")
    assert told(store, BEGIN + 40.5 * day) == ""
    assert told(store, BEGIN + 41 * day) != ""


def test_readers_get_nothing_of_it(store: Store) -> None:
    subscribe(store, 0, address=OPERATOR.lower())
    assert told(store, BEGIN + timedelta(days=8)) != ""
    assert store.subscriptions.unsubscribe(OPERATOR)
    assert len(waiting_messages(store)) == 1
