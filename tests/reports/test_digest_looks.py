"""A digest looks only at policies in which something happened, and says what it would say if it looked at all."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from core.captures import Reading, Verdict
from core.clauses import Clause, Document
from core.declarations import Vendor
from core.history import History
from core.policies import PolicyKey
from diffing.timeline import settled, tellings
from reports import compose
from reports.digest import _change_set, as_message
from reports.report import report_between
from storage import Review, Store, Subscriber, reading, service
from tests.keeping import reextract
from tests.reports.digest_examples import ADVERTISERS, COURTS, INSURERS, MARMOT, OTTER, SENDER, VENDORS, keep, subscribe
from tests.stored_captures import BEGIN, POLICY, capture_of
from tests.stored_digests import told_to

POLICIES = [("marmot", "privacy"), ("marmot", "cookies"), ("otter", "privacy")]
LANGUAGES = {"D": "de"}


def said_by_looking_at_all(
    store: Store, vendors: Mapping[str, Vendor], subscriber: Subscriber, now: datetime
) -> tuple[str | None, dict[PolicyKey, datetime]]:
    """The Message-ID, which names all changes told, and what is told then, as a look at every policy has them."""
    told = dict(told_to(store, subscriber.id))
    untold = []
    for slug in subscriber.vendors or vendors:
        for policy in vendors[slug].policies if slug in vendors else ():
            known = settled(store.library.history(PolicyKey(slug, policy)))
            watermark = max(subscriber.since, told.get((slug, policy), subscriber.since))
            for telling in tellings(known.history, watermark):
                report = report_between(store, vendors[slug], policy, known.history, telling.old, telling.new)
                untold.append(_change_set(report, telling))
            if known.until and known.until > watermark:
                told[slug, policy] = known.until
    if not untold:
        return None, told
    return message_from_bytes(as_message(untold, subscriber, vendors, now, SENDER))["Message-ID"], told


def readable(capture: object, payload: bytes, **_: object) -> Reading:
    """A page is a letter, which is its text; `x` is none of the policy's, `D` is in German."""
    text = payload.decode()
    said = (Clause(0, "paragraph", None, (), f"{text} {reader[0]}"),)
    verdict = Verdict("quarantined", "blocked", "says so") if text == "x" else Verdict("accepted")
    return Reading(verdict, Document(None, LANGUAGES.get(text, "en"), None, said))


reader = ["1"]
of = st.sampled_from([*POLICIES, POLICIES[0], POLICIES[0]])
keeps = st.tuples(
    st.just("keep"),
    of,
    st.sampled_from("AABBCDxx"),
    st.sampled_from([0, 0, 0, 3, 20, -24 * 40]),  # so many hours late
    st.sampled_from(["live", "wayback", "wayback"]),  # of a live one it is often not known whether it lasts
)
others = st.one_of(
    st.tuples(st.just("review"), of, st.integers(1, 3), st.sampled_from(["accepted", "accepted", "rejected"])),
    st.tuples(st.just("read again"), of),
    st.tuples(
        st.just("subscribe"),
        st.sampled_from(["ann", "bob"]),
        st.sampled_from([(), ("marmot",), ("marmot", "otter"), ("otter", "vole")]),
        st.integers(-5, 20),
    ),
    st.just(("unsubscribe", "bob")),
    st.tuples(st.just("declare"), st.sampled_from(["all", "without otter", "without cookies"])),
)
# What happens from one digest to the next.
days = st.tuples(st.lists(keeps, max_size=4), st.lists(others, max_size=2)).map(
    lambda drawn: [*drawn[0], *drawn[1], ("compose",)]
)
BEFORE = [("subscribe", "ann", (), -5), *(("keep", key, "A", 0, "wayback") for key in POLICIES)]
DECLARED = {
    "all": VENDORS,
    "without otter": {"marmot": MARMOT},
    "without cookies": {
        "marmot": MARMOT.model_copy(update={"policies": {"privacy": MARMOT.policies["privacy"]}}),
        "otter": OTTER,
    },
}


@pytest.fixture
def hasty() -> Iterator[None]:
    """No power cut is waited for: there are many captures to keep."""

    def unsafe(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", unsafe)
    yield
    event.remove(Engine, "connect", unsafe)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stores") / "empty.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.mark.usefixtures("hasty")
@given(st.lists(days, min_size=3, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_digest_says_what_a_look_at_every_policy_would(empty: Path, drawn: list) -> None:
    path = empty.with_name("store.db")
    for old in empty.parent.glob("store.db*"):
        old.unlink()
    shutil.copy(empty, path)
    reader[0] = "1"
    with (
        patch.object(reading, "read", readable),
        patch.object(reading, "sure_language", lambda document: document.language),
        Store.open(f"sqlite:///{path}") as store,
    ):
        for vendors in done(store, [*BEFORE, *(step for day in drawn for step in day)]):
            expected = {
                subscriber: said_by_looking_at_all(store, vendors, subscriber, BEGIN)
                for subscriber in store.subscriptions.subscribers()
            }
            before = {message.id for message in store.subscriptions.outbox()}
            compose(store, vendors, BEGIN, SENDER)
            said = {
                message.address: message_from_bytes(message.message)["Message-ID"]
                for message in store.subscriptions.outbox()
                if message.id not in before
            }
            for subscriber, (message_id, told) in expected.items():
                assert said.get(subscriber.address) == message_id
                assert told_to(store, subscriber.id) == told


def done(store: Store, drawn: list) -> Iterator[Mapping[str, Vendor]]:
    """Does these steps; what is declared, where a digest is to be composed."""
    declared = DECLARED["all"]
    for hours, (what, *given_) in enumerate(drawn):
        if what == "keep":
            (vendor, policy), text, late, source = given_
            capture = capture_of(text.encode(), (2 * hours - late) / 24, vendor=vendor, policy=policy, source=source)
            with patch.object(service, "_READER", reader[0]):
                keep(store, capture, text.encode(), VENDORS[vendor].policies[policy])
        elif what == "review":
            key, place, decision = given_
            newest = [one.id for one in store.library.captures(key)][-place:]
            store.library.review(newest[:1], Review(decision, "ann", "", datetime(2026, 1, 1, tzinfo=UTC)))
        elif what == "read again":
            reader[0] = str(int(reader[0]) + 1)
            ((vendor, policy),) = given_
            with patch.object(service, "_READER", reader[0]):
                reextract(store, PolicyKey(vendor, policy), VENDORS[vendor].policies[policy])
        elif what == "subscribe":
            who, vendors, hours = given_
            store.subscriptions.subscribe(f"{who}@client.example", vendors, BEGIN + timedelta(hours=hours))
        elif what == "unsubscribe":
            store.subscriptions.unsubscribe(f"{given_[0]}@client.example")
        elif what == "declare":
            declared = DECLARED[given_[0]]
        else:
            yield declared


def looked_at(store: Store, vendors: Mapping[str, Vendor]) -> tuple[list[PolicyKey], int]:
    """The policies that a digest looks at, and how many messages it composes."""
    keys: list[PolicyKey] = []
    with patch.object(store, "history", lambda *key: keys.append(key) or Store.history(store, *key)):
        return keys, compose(store, vendors, BEGIN, SENDER)


def test_policies_in_which_nothing_happened_are_not_looked_at(store: Store) -> None:
    for vendor, policy in POLICIES:
        keep(store, COURTS, 0, vendor, policy)
    subscribe(store, -1)
    subscribe(store, 1, "marmot", address="late@client.example")
    assert looked_at(store, VENDORS) == ([("marmot", "privacy"), ("marmot", "cookies"), ("otter", "privacy")], 0)
    assert looked_at(store, VENDORS) == ([], 0)
    keep(store, ADVERTISERS, 2, "marmot", "cookies")
    assert looked_at(store, VENDORS) == ([("marmot", "cookies")], 2)
    assert looked_at(store, VENDORS) == ([], 0)
    # A backfill is older than what was told.
    keep(store, INSURERS, 1, "marmot", "cookies")
    assert looked_at(store, VENDORS) == ([], 0)


def test_what_changed_while_a_vendor_was_not_declared_is_told_when_it_is_again(store: Store) -> None:
    keep(store, COURTS, 0, "otter")
    subscribe(store, 1)
    assert looked_at(store, VENDORS) == ([], 0)
    keep(store, ADVERTISERS, 2, "otter")
    assert looked_at(store, {"marmot": MARMOT}) == ([], 0)
    assert looked_at(store, VENDORS) == ([("otter", "privacy")], 1)
    # One who has subscribed since is told of what others were told long ago, when it is declared.
    subscribe(store, 1, address="late@client.example")
    assert looked_at(store, {"marmot": MARMOT}) == ([], 0)
    assert looked_at(store, VENDORS) == ([("otter", "privacy")], 1)


def test_what_another_reader_accepts_is_told_when_it_is_in_force(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1)
    capture = capture_of(ADVERTISERS, 2, source="file")
    with monkeypatch.context() as patched:
        blocked = Reading(Verdict("quarantined", "blocked", "says: checking"), None)
        patched.setattr(reading, "read", lambda *_, **__: blocked)
        keep(store, capture, ADVERTISERS, POLICY)
    monkeypatch.setattr(service, "_READER", "of another day")
    with (
        patch.object(service.policies, "put_in_force", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        reextract(store, PolicyKey("marmot", "privacy"), POLICY)
    assert looked_at(store, VENDORS) == ([("marmot", "privacy")], 0)
    reextract(store, PolicyKey("marmot", "privacy"), POLICY)
    assert looked_at(store, VENDORS) == ([("marmot", "privacy")], 1)


def test_vendors_chosen_later_are_told_of_from_the_subscription_on(store: Store) -> None:
    for vendor in VENDORS:
        keep(store, COURTS, 0, vendor)
    subscribe(store, 1, "marmot")
    keep(store, ADVERTISERS, 2, "otter")
    assert looked_at(store, VENDORS) == ([], 0)
    subscribe(store, 3, "otter")
    assert looked_at(store, VENDORS) == ([("otter", "privacy")], 1)


def test_a_capture_that_comes_while_a_digest_is_composed_is_told_by_the_next(store: Store) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1)
    keep(store, COURTS, 2)

    def history(*key: str) -> History:
        found = Store.history(store, *key)
        keep(store, ADVERTISERS, 3)
        return found

    with patch.object(store, "history", history):
        assert compose(store, VENDORS, BEGIN, SENDER) == 0
    assert looked_at(store, VENDORS) == ([("marmot", "privacy")], 1)


def test_a_digest_that_is_interrupted_leaves_what_is_untold_to_the_next(store: Store) -> None:
    keep(store, COURTS, 0)
    subscribe(store, 1)
    subscribe(store, 1, address="other@client.example")
    keep(store, ADVERTISERS, 2)
    enqueue = store.enqueue

    def once(*arguments: Any) -> None:
        if store.subscriptions.outbox():
            raise KeyboardInterrupt
        enqueue(*arguments)

    with patch.object(store, "enqueue", once), pytest.raises(KeyboardInterrupt):
        compose(store, VENDORS, BEGIN, SENDER)
    assert compose(store, VENDORS, BEGIN, SENDER) == 1
    assert [message.address for message in store.subscriptions.outbox()] == [
        "reader@client.example",
        "other@client.example",
    ]
