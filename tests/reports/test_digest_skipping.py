"""Policies without new captures, readings or reviews are skipped. Skipping does not change the digests."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from core.captures import Verdict
from core.clauses import Clause, Document
from core.declarations import Vendor
from core.history import History
from core.limits import call_here
from core.policies import PolicyKey
from core.preferences import EVERY_CHANGE, Preferences, is_due
from diffing.sameness import version_id
from diffing.timeline import announcements
from formats.document_json import encode
from intake.derived import refresh_derived
from intake.reading_task import CaptureText, ReadingTask
from reports import compose
from reports.digest_email import as_email, digest_entry, reverted_entry
from reports.digest_selection import told_as_one
from reports.report import report_source
from storage import Review, Store, Subscription, policies
from storage.tables.models import PolicyRow
from storage.tables.search_models import INDEXED_POLICIES
from tests.keeping import keep, reextract
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    INSURERS,
    MARMOT,
    OTTER,
    SENDER,
    VENDORS,
    intake_with,
    keep_confirmed,
    keep_once,
    read_by,
    subscribe,
)
from tests.stored_captures import BEGIN, POLICY, capture_of
from tests.stored_digests import told_to, waiting_messages, watermark_of

MARMOT_PRIVACY = PolicyKey("marmot", "privacy")
MARMOT_APPLICANTS = PolicyKey("marmot", "applicants")
OTTER_PRIVACY = PolicyKey("otter", "privacy")
POLICIES = [MARMOT_PRIVACY, MARMOT_APPLICANTS, OTTER_PRIVACY]
LANGUAGES = {"D": "de"}
NOW = BEGIN + timedelta(days=400)  # later than every capture

# Bob's digests are due with every second composing: then they have to tell what Ann was told in between.
PREFERENCES = {"ann": EVERY_CHANGE, "bob": Preferences("all", every="day", at=time(0))}

# A step of a test: the name of an action, then the arguments of the action. `play` carries out the steps.
Step = tuple[Any, ...]


Watermarks = dict[PolicyKey, datetime]


def expected_digest(
    store: Store, vendors: Mapping[str, Vendor], subscription: Subscription, watermarks: Watermarks, now: datetime
) -> str | None:
    """Returns the Message-ID that is expected if no policy is skipped, and advances the subscriber's watermarks.

    Each subscriber has a watermark of their own for each policy here. The Message-ID depends on all changes in the
    digest. It is None if there is no change to send.
    """
    subscriber = subscription.subscriber
    entries = []
    for slug in subscriber.vendors or vendors:
        for policy in vendors[slug].policies if slug in vendors else ():
            key = PolicyKey(slug, policy)
            settled_history = store.library.settled(key)
            history, until = settled_history.history, settled_history.until
            begin = subscription.begin(key)
            assert begin is not None
            watermark = max(begin.since, watermarks.get(key, begin.since))
            told = store.subscriptions.tellings(subscriber, [key]).get(key, ())
            pending = [
                announcement
                for announcement in announcements(history, watermark)
                if not any(telling.tells(announcement) for telling in told)
            ]
            for steps in told_as_one(pending, subscriber.preferences):
                first, last = steps[0], steps[-1]
                is_reverted = first.old.version_id == last.new.version_id
                newer = first.new if is_reverted else last.new
                source = report_source(store, vendors[slug], key, history, settled_history, first.old, newer)
                as_entry = reverted_entry if is_reverted else digest_entry
                entries.append(as_entry(source.report(), replace(last, old=first.old)))
            if until and until > watermark:
                watermarks[key] = until
    if not entries:
        return None
    return message_from_bytes(as_email(entries, subscriber, vendors, now, SENDER))["Message-ID"]


def read_letter(task: ReadingTask) -> CaptureText:
    """Reads a page that consists of one letter. The text is this letter, followed by the reading options.

    So a page has a different text for each policy reader. A page `x` does not show the policy. A page `D` is in German.
    """
    letter = task.payload.decode()
    clauses = (Clause(0, "paragraph", None, (), f"{letter} {task.remove}"),)
    document = Document(None, LANGUAGES.get(letter, "en"), None, clauses)
    verdict = Verdict("quarantined", "blocked", "says so") if letter == "x" else Verdict("accepted")
    return CaptureText(verdict, encode(document), document.language, version_id(document))


policy_keys = st.sampled_from([*POLICIES, MARMOT_PRIVACY, MARMOT_PRIVACY])
letters = st.sampled_from("AABBCDxx")
hours_late = st.sampled_from([0, 0, 0, 3, 20, -24 * 40])  # how many hours late the capture arrives
# Few captures are live: live captures often leave a text unconfirmed. They don't arrive late, unless a clock is wrong,
# which is another matter (test_digest_once.py).
keeps: st.SearchStrategy[Step] = st.one_of(
    *[st.tuples(st.just("keep"), policy_keys, letters, hours_late, st.just("wayback"))] * 2,
    st.tuples(st.just("keep"), policy_keys, letters, st.just(0), st.just("live")),
)
other_steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("review"), policy_keys, st.integers(1, 3), st.sampled_from(["accepted", "accepted", "rejected"])),
    st.tuples(st.just("read again"), policy_keys),
    st.tuples(
        st.just("subscribe"),
        st.sampled_from(["ann", "bob"]),
        st.sampled_from([(), ("marmot",), ("marmot", "otter"), ("otter", "vole")]),
        st.integers(0, 5),
    ),
    st.just(("unsubscribe", "bob")),
    st.tuples(st.just("declare"), st.sampled_from(["all", "without otter", "without cookies"])),
)
# The steps between two digests, and the step that composes the second digest.
days: st.SearchStrategy[list[Step]] = st.tuples(st.lists(keeps, max_size=4), st.lists(other_steps, max_size=2)).map(
    lambda drawn: [*drawn[0], *drawn[1], ("compose",)]
)
BEFORE: list[Step] = [("subscribe", "ann", (), 5), *(("keep", key, "A", 0, "wayback") for key in POLICIES)]
DECLARED = {
    "all": VENDORS,
    "without otter": {"marmot": MARMOT},
    "without cookies": {
        "marmot": MARMOT.model_copy(update={"policies": {"privacy": MARMOT.policies["privacy"]}}),
        "otter": OTTER,
    },
}


@pytest.mark.slow
@given(st.lists(days, min_size=3, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_skipping_policies_does_not_change_the_digests(
    empty_sqlite: Path, tmp_path: Path, drawn: list[list[Step]]
) -> None:
    path = tmp_path / "store.db"
    for old in tmp_path.glob("store.db*"):
        old.unlink()
    shutil.copy(empty_sqlite, path)
    now = NOW
    told: dict[int, Watermarks] = defaultdict(dict)
    with Store.open(f"sqlite:///{path}") as store:
        for vendors in play(store, [*BEFORE, *(step for day in drawn for step in day)]):
            now += timedelta(hours=12)
            due = [
                each
                for each in store.subscriptions.in_turn()
                if is_due(each.subscriber.preferences, each.subscriber.last_digest_at, now)
            ]
            expected = {
                each.subscriber.address: expected_digest(store, vendors, each, told[each.subscriber.id], now)
                for each in due
            }
            before = {message.id for message in waiting_messages(store)}
            compose(store, vendors, now, SENDER)
            message_ids = {
                message.address: message_from_bytes(message.message)["Message-ID"]
                for message in waiting_messages(store)
                if message.id not in before
            }
            assert message_ids == {address: wanted for address, wanted in expected.items() if wanted}
            for each in store.subscriptions.in_turn():
                watermarks = told[each.subscriber.id]
                for key in filter(each.begin, POLICIES):
                    stored = watermark_of(store, each.subscriber.id, key, now).until
                    begin = each.begin(key)
                    assert begin is not None
                    assert stored == max(begin.since, watermarks.get(key, begin.since))


def play(store: Store, steps: Sequence[Step]) -> Iterator[Mapping[str, Vendor]]:
    """Carries out the steps. At each step `compose`, yields the declared vendors; the caller composes the digest."""
    declared: Mapping[str, Vendor] = DECLARED["all"]
    reader = 1
    with intake_with(store, read_letter) as intake:
        for hours, (action, *arguments) in enumerate(steps):
            if action == "keep":
                (vendor, policy), letter, late, source = arguments
                payload = letter.encode()
                capture = capture_of(payload, (2 * hours - late) / 24, vendor=vendor, policy=policy, source=source)
                intake.keep((capture, payload, read_by(reader)))
            elif action == "review":
                key, how_many, decision = arguments
                newest = [stored.id for stored in store.library.captures(key)][-how_many:]
                store.library.review(newest[:1], Review(decision, "ann", "", datetime(2026, 1, 1, tzinfo=UTC)))
            elif action == "read again":
                reader += 1
                (key,) = arguments
                intake.reextract(key, read_by(reader))
            elif action == "subscribe":
                who, vendors, hours_ago = arguments
                since = BEGIN + timedelta(hours=2 * hours - hours_ago)
                store.subscriptions.subscribe(f"{who}@client.example", vendors, since, PREFERENCES[who])
            elif action == "unsubscribe":
                store.subscriptions.unsubscribe(f"{arguments[0]}@client.example")
            elif action == "declare":
                declared = DECLARED[arguments[0]]
            else:
                if hours % 3:  # the policies are skipped by what the index knows, whether it is up to date or not
                    store.clause_index.refresh(store.clause_index.outdated())
                yield declared


def policies_and_messages(store: Store, vendors: Mapping[str, Vendor]) -> tuple[list[PolicyKey], int]:
    """Composes digests. Returns the policies that were looked at, and the number of messages."""
    keys: list[PolicyKey] = []
    history_of = store.library.history

    def history(key: PolicyKey) -> History:
        keys.append(key)
        return history_of(key)

    with patch.object(store.library, "history", history):
        messages = compose(store, vendors, NOW, SENDER)
    return keys, messages


def test_policies_without_new_captures_or_reviews_are_skipped(store: Store) -> None:
    for vendor, policy in POLICIES:
        keep_confirmed(store, COURTS, 0, vendor, policy)
    subscribe(store, -1)
    subscribe(store, 1, "marmot", address="late@client.example")
    assert policies_and_messages(store, VENDORS) == (POLICIES, 0)
    assert policies_and_messages(store, VENDORS) == ([], 0)
    keep_confirmed(store, ADVERTISERS, 2, "marmot", "applicants")
    assert policies_and_messages(store, VENDORS) == ([MARMOT_APPLICANTS], 2)
    assert policies_and_messages(store, VENDORS) == ([], 0)
    # A backfilled capture is older than the watermarks.
    keep_confirmed(store, INSURERS, 1, "marmot", "applicants")
    assert policies_and_messages(store, VENDORS) == ([], 0)


def test_policies_captured_anew_without_a_change_are_skipped(store: Store) -> None:
    for vendor, policy in POLICIES:
        keep_confirmed(store, COURTS, 0, vendor, policy)
    subscribe(store, 1)
    compose(store, VENDORS, NOW, SENDER)
    for vendor, policy in POLICIES:
        keep_once(store, COURTS, 2, vendor, policy)
    refresh_derived(store, POLICIES, call_here)
    assert policies_and_messages(store, VENDORS) == ([], 0)
    (subscriber,) = store.subscriptions.subscribers()
    assert set(told_to(store, subscriber.id).values()) == {BEGIN + timedelta(days=2)}
    # A capture of an archive from before that time tells nothing, although its policy was never loaded since.
    keep(store, capture_of(ADVERTISERS, 1.5, source="wayback"), ADVERTISERS, POLICY)
    assert policies_and_messages(store, VENDORS) == ([], 0)


Happening = Callable[[Store], object]


HAPPENINGS: dict[str, Happening] = {
    "a pending text": lambda store: keep_once(store, ADVERTISERS, 3),
    "a new text": lambda store: keep_confirmed(store, ADVERTISERS, 3),
    "a capture from the future": lambda store: keep_once(store, COURTS, 500),
    "a quarantined capture": lambda store: keep_quarantined(store, 3),
    "an acceptance": lambda store: review_newest(store, "accepted"),
    "a rejection": lambda store: review_newest(store, "rejected"),
    "an earlier fault": lambda store: mark_faulty(store),
    "another reader": lambda store: reextract(store, MARMOT_PRIVACY, read_by(2)),
    "an altered index": lambda store: mark_indexed_later(store),
}


@pytest.mark.parametrize(
    ("happening", "is_indexed"),
    # The index of the last two is made anew. It then shows that there is no news.
    [(name, False) for name in HAPPENINGS] + [(name, True) for name in list(HAPPENINGS)[:-2]],
)
def test_a_policy_that_may_have_news_is_not_skipped(store: Store, happening: str, is_indexed: bool) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    compose(store, VENDORS, NOW, SENDER)
    keep_once(store, COURTS, 2)
    refresh_derived(store, [MARMOT_PRIVACY], call_here)
    HAPPENINGS[happening](store)
    if is_indexed:
        refresh_derived(store, [MARMOT_PRIVACY], call_here)
    keys, _ = policies_and_messages(store, VENDORS)
    assert keys == [MARMOT_PRIVACY]


def keep_quarantined(store: Store, days: float) -> None:
    blocked = CaptureText(Verdict("quarantined", "blocked", "says: checking"))
    with intake_with(store, lambda _: blocked) as intake:
        intake.keep((capture_of(b"checking", days), b"checking", POLICY))


def review_newest(store: Store, decision: Literal["accepted", "rejected"]) -> None:
    newest = store.library.captures(MARMOT_PRIVACY)[-1].id
    store.library.review([newest], Review(decision, "ann", "", datetime(2026, 1, 1, tzinfo=UTC)))


def mark_faulty(store: Store) -> None:
    with store.database.write_session() as session:
        session.execute(update(PolicyRow).values(fault="its changes could not be compared"))


def mark_indexed_later(store: Store) -> None:
    """Writes a revision that the policy doesn't have yet, as if the database had been mixed from two backups."""
    with store.database.write_session() as session:
        session.execute(update(INDEXED_POLICIES).values(revision=INDEXED_POLICIES.c.revision + 5))


def test_changes_of_an_undeclared_vendor_wait_for_the_declaration(store: Store) -> None:
    keep_confirmed(store, COURTS, 0, "otter")
    subscribe(store, 1)
    assert compose(store, VENDORS, NOW, SENDER) == 0
    keep_confirmed(store, ADVERTISERS, 2, "otter")
    assert policies_and_messages(store, {"marmot": MARMOT}) == ([], 0)
    assert policies_and_messages(store, VENDORS) == ([OTTER_PRIVACY], 1)
    # A second subscriber gets the change, too, since the change is later than the beginning of the subscription.
    subscribe(store, 1, address="late@client.example")
    assert policies_and_messages(store, {"marmot": MARMOT}) == ([], 0)
    assert policies_and_messages(store, VENDORS) == ([OTTER_PRIVACY], 1)


def test_a_newly_accepted_text_is_sent_after_all_captures_are_read(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    capture = capture_of(ADVERTISERS, 2, source="file")
    blocked = CaptureText(Verdict("quarantined", "blocked", "says: checking"))
    with intake_with(store, lambda _: blocked) as intake:
        intake.keep((capture, ADVERTISERS, POLICY))
    with (
        patch.object(policies, "put_in_force", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        reextract(store, MARMOT_PRIVACY, read_by(2))
    assert policies_and_messages(store, VENDORS) == ([MARMOT_PRIVACY], 0)
    reextract(store, MARMOT_PRIVACY, read_by(2))
    assert policies_and_messages(store, VENDORS) == ([MARMOT_PRIVACY], 1)


def test_the_watermark_of_a_vendor_begins_when_the_vendor_is_chosen(store: Store) -> None:
    for vendor in VENDORS:
        keep_confirmed(store, COURTS, 0, vendor)
    subscribe(store, 1, "marmot")
    keep_confirmed(store, ADVERTISERS, 2, "otter")
    assert policies_and_messages(store, VENDORS) == ([MARMOT_PRIVACY], 0)
    subscribe(store, 3, "marmot", "otter")
    assert compose(store, VENDORS, NOW, SENDER) == 0
    keep_confirmed(store, INSURERS, 4, "otter")
    assert policies_and_messages(store, VENDORS) == ([OTTER_PRIVACY], 1)
    assert "insurance" in str(waiting_messages(store)[0].message)
    assert "from courts" not in str(waiting_messages(store)[0].message)


def test_a_capture_that_arrives_during_a_digest_is_in_the_next_digest(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, COURTS, 2)
    history_of = store.library.history

    def history(key: PolicyKey) -> History:
        before = history_of(key)
        keep_confirmed(store, ADVERTISERS, 3)
        return before

    with patch.object(store.library, "history", history):
        assert compose(store, VENDORS, NOW, SENDER) == 0
    assert policies_and_messages(store, VENDORS) == ([MARMOT_PRIVACY], 1)


def test_the_run_after_an_interrupted_run_composes_the_other_digests(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    subscribe(store, 1, address="other@client.example")
    keep_confirmed(store, ADVERTISERS, 2)
    enqueue = store.subscriptions.enqueue

    def enqueue_once(*arguments: Any) -> None:
        if waiting_messages(store):
            raise KeyboardInterrupt
        enqueue(*arguments)

    with patch.object(store.subscriptions, "enqueue", enqueue_once), pytest.raises(KeyboardInterrupt):
        compose(store, VENDORS, NOW, SENDER)
    assert compose(store, VENDORS, NOW, SENDER) == 1
    assert [message.address for message in waiting_messages(store)] == [
        "reader@client.example",
        "other@client.example",
    ]
