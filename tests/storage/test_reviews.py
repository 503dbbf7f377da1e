"""Reviews: users' decisions on captures, which outweigh the readings."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from core.captures import Capture, Reading, Verdict
from core.declarations import Location, Policy
from core.exceptions import UsageError
from core.policies import PolicyKey
from extraction import read
from storage import Decision, Review, Store
from tests import keeping
from tests.keeping import reextract
from tests.stored_captures import POLICY, URL, capture_of, page

KEY = PolicyKey("marmot", "privacy")
A, B, C = (page(f"We keep your messages for {term}.") for term in ("a year", "a month", "a day"))
WITHOUT_HEADINGS = Policy(locations=(Location(url=URL, remove=("h2",)),))
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


def decide(store: Store, decision: Decision, *capture_ids: int, note: str = "", by: str = "ann") -> Review:
    review = Review(decision, by, note, NOW)
    store.library.review(capture_ids, review)
    return review


@pytest.fixture
def blocking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the extractor quarantine B as a challenge page, and fail to read C."""

    def read_with_faults(capture: Capture, payload: bytes, **selectors: Sequence[str]) -> Reading:
        reading = read(capture, payload, **selectors)
        if payload == B:
            return Reading(Verdict("quarantined", "blocked", "says: month"), reading.document)
        return Reading(Verdict("quarantined", "unreadable", "encrypted"), None) if payload == C else reading

    monkeypatch.setattr("intake.reading_task.read", read_with_faults)


def keep(store: Store, *payloads: bytes) -> list[int]:
    return [
        keeping.keep(store, capture_of(payload, days), payload, POLICY).capture_id
        for days, payload in enumerate(payloads)
    ]


def test_a_capture_accepted_by_a_user_makes_a_version(store: Store, blocking: None) -> None:
    first, second = keep(store, A, B)
    review = decide(store, "accepted", second, note="the word month is no challenge")
    stored = store.library.captures(KEY)[1]
    assert stored.verdict == Verdict("accepted", None, "accepted by ann on 2026-11-25: the word month is no challenge")
    assert stored.reviews == (review,)
    assert stored == store.library.capture(second)
    assert store.library.history(KEY).versions[1].id == stored.version_id
    assert store.library.capture(first).reviews == ()


def test_a_capture_rejected_by_a_user_makes_no_version(store: Store) -> None:
    keep(store, A, B, A)
    decide(store, "rejected", 2)
    (period,) = store.library.history(KEY).periods
    assert len(period.observations) == 2
    assert store.library.capture(2).verdict == Verdict(
        "quarantined", "rejected", "rejected by ann on 2026-11-25", rule="review"
    )
    assert store.library.capture(2).version_id is None


def test_the_last_decision_is_valid_and_all_are_kept(store: Store) -> None:
    keep(store, A)
    reviews = (decide(store, "rejected", 1, by="ann"), decide(store, "accepted", 1, by="bob"))
    assert store.library.capture(1).reviews == reviews
    assert store.library.capture(1).verdict.name == "accepted"


def test_a_decision_outweighs_later_readings(store: Store, blocking: None) -> None:
    keep(store, A, B)
    decide(store, "rejected", 1)
    decide(store, "accepted", 2)
    before = store.library.history(KEY).versions
    reextract(store, KEY, WITHOUT_HEADINGS)
    after = store.library.history(KEY).versions
    assert [version.first.capture_id for version in before] == [version.first.capture_id for version in after] == [2]
    assert before != after
    again = keeping.keep(store, capture_of(A), A, WITHOUT_HEADINGS)
    assert (again.verdict.reason, again.version_id) == ("rejected", None)


def test_a_capture_without_text_cannot_be_accepted(store: Store, blocking: None) -> None:
    keep(store, A, B, C)
    with pytest.raises(UsageError, match=r"capture 3 can't be accepted, .*: encrypted"):
        decide(store, "accepted", 2, 3)
    assert store.library.capture(2).reviews == ()
    with pytest.raises(UsageError, match="no capture 4"):
        decide(store, "rejected", 1, 4)
    assert store.library.capture(1).reviews == ()
    decide(store, "rejected", 3)


def test_an_accepted_capture_that_becomes_unreadable_has_no_version(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, A)
    decide(store, "accepted", 1)
    monkeypatch.setattr(
        "intake.reading_task.read", lambda *_, **__: Reading(Verdict("quarantined", "unreadable", "?"), None)
    )
    reextract(store, KEY, WITHOUT_HEADINGS)
    assert store.library.capture(1).verdict.reason == "unreadable"
    assert store.library.history(KEY).versions == ()


def test_a_note_can_contain_any_character(store: Store) -> None:
    keep(store, A)
    review = Review("accepted", "ann\x00", "\udcff \\u0041 \n", NOW + timedelta(microseconds=1))
    store.library.review([1], review)
    assert store.library.capture(1).reviews == (review,)


def test_a_review_covers_every_capture_with_the_same_text_past_and_future(store: Store, blocking: None) -> None:
    first, second = keep(store, B, B)
    decide(store, "accepted", second)
    with_comment = B.replace(b"</main>", b"<!-- other bytes --></main>")
    kept = [
        keeping.keep(store, capture_of(payload, days), payload, POLICY) for days, payload in ((8, B), (9, with_comment))
    ]
    assert [read.verdict.name for read in kept] == ["accepted", "accepted"]
    assert [stored.verdict.name for stored in store.library.captures(KEY)] == 4 * ["accepted"]
    decide(store, "rejected", first)
    rejected = keeping.keep(store, capture_of(B, 10), B, POLICY)
    assert (rejected.verdict.reason, rejected.version_id) == ("rejected", None)
    assert {stored.verdict.reason for stored in store.library.captures(KEY)} == {"rejected"}


def test_a_review_of_one_capture_only_covers_no_other(store: Store, blocking: None) -> None:
    first, second = keep(store, B, B)
    store.library.review([first], Review("accepted", "ann", "", NOW, only=True))
    third = keeping.keep(store, capture_of(B, 8), B, POLICY)
    names = {stored.id: stored.verdict.name for stored in store.library.captures(KEY)}
    assert names == {first: "accepted", second: "quarantined", third.capture_id: "quarantined"}
    assert third.verdict.name == "quarantined"


def test_a_review_never_covers_another_policy_with_the_same_bytes(store: Store, blocking: None) -> None:
    (first,) = keep(store, B)
    decide(store, "accepted", first)
    other = keeping.keep(store, capture_of(B, 1, vendor="otter"), B, POLICY)
    assert other.verdict.name == "quarantined"
