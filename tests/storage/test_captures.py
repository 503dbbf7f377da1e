"""Captures are stored completely, and the library returns them unchanged."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from core.archives import Provenance
from core.captures import Reading, Verdict, sha256_hex
from core.clauses import Clause, Document
from core.exceptions import StorageError, UsageError
from core.policies import PolicyKey
from storage import Store, StoredCapture
from tests.keeping import keep
from tests.stored_captures import BEGIN, POLICY, URL, capture_of, page

KEY = PolicyKey("marmot", "privacy")
A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")


def test_keeping_a_capture_twice_changes_nothing(store: Store) -> None:
    first = keep(store, capture_of(A), A, POLICY)
    again = keep(store, capture_of(A), A, POLICY)
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.capture_id, again.verdict, again.version_id) == (first.capture_id, first.verdict, first.version_id)
    assert len(store.library.captures(KEY)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"vendor": "vole"},
        {"policy": "cookies"},
        {"source": "wayback"},
        {"asked_url": "http://marmot.example/privacy"},
        {"captured_at": BEGIN + timedelta(microseconds=1)},
    ],
)
def test_captures_that_differ_in_one_field_are_distinct(store: Store, other: dict[str, Any]) -> None:
    assert keep(store, capture_of(A), A, POLICY).is_new
    assert keep(store, capture_of(A, **other), A, POLICY).is_new


def test_identity_ignores_the_time_zone(store: Store) -> None:
    keep(store, capture_of(A), A, POLICY)
    elsewhere = BEGIN.astimezone(timezone(timedelta(hours=9, minutes=30)))
    assert not keep(store, capture_of(A, captured_at=elsewhere), A, POLICY).is_new


def test_a_text_that_comes_back_has_two_periods(store: Store) -> None:
    for days, payload in enumerate((A, B, A)):
        keep(store, capture_of(payload, days), payload, POLICY)
    history = store.library.history(KEY)
    assert [len(period.observations) for period in history.periods] == [1, 1, 1]
    assert [(version.number, len(version.periods)) for version in history.versions] == [(1, 2), (2, 1)]


def test_captures_are_returned_oldest_first(store: Store) -> None:
    for days in (2, 0, 1):
        keep(store, capture_of(A, days), A, POLICY)
    captures = store.library.captures(KEY)
    assert [stored.capture.captured_at for stored in captures] == [BEGIN + timedelta(days=days) for days in range(3)]


def test_a_quarantined_capture_is_kept_and_makes_no_version(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, capture_of(A), A, POLICY)
    verdict = Verdict("quarantined", "blocked", "says: checking your browser", rule="challenge")
    document = Document("Just a moment...", "en", None, (Clause(0, "paragraph", None, (), "Checking your browser."),))
    monkeypatch.setattr("intake.reading_task.read", lambda *_, **__: Reading(verdict, document))
    kept = keep(store, capture_of(B, 1), B, POLICY)
    assert (kept.verdict, kept.version_id) == (verdict, None)
    assert store.library.captures(KEY)[1] == StoredCapture(kept.capture_id, capture_of(B, 1), verdict, None)
    assert len(store.library.history(KEY).periods) == 1
    assert store.library.payload(sha256_hex(B)) == B
    assert store.library.document(kept.capture_id) == document


def test_captures_of_different_policies_are_kept_apart(store: Store) -> None:
    keep(store, capture_of(A), A, POLICY)
    keep(store, capture_of(B, policy="cookies"), B, POLICY)
    (stored,) = store.library.captures(PolicyKey("marmot", "cookies"))
    assert stored.capture.sha256 == sha256_hex(B)
    assert len(store.library.history(KEY).versions) == 1
    assert store.library.captures(PolicyKey("vole", "privacy")) == ()
    assert store.library.history(PolicyKey("vole", "privacy")).periods == ()


def test_a_capture_of_a_stored_payload_can_be_kept_without_it(store: Store) -> None:
    first = keep(store, capture_of(A), A, POLICY)
    again = keep(store, capture_of(A, 1), None, POLICY)
    assert again.is_new
    assert again.version_id == first.version_id


def test_a_capture_without_its_payload_is_refused_if_not_stored(store: Store) -> None:
    with pytest.raises(StorageError, match="pass the payload with the capture"):
        keep(store, capture_of(A), None, POLICY)
    assert store.library.captures(KEY) == ()


def test_bytes_with_another_checksum_are_refused(store: Store) -> None:
    with pytest.raises(StorageError, match="don't match their checksum"):
        keep(store, capture_of(A), B, POLICY)
    assert store.library.captures(KEY) == ()


def test_unknown_ids_are_reported(store: Store) -> None:
    with pytest.raises(UsageError, match="no capture 7"):
        store.library.document(7)
    with pytest.raises(StorageError, match="no payload"):
        store.library.payload("0" * 64)


def test_captures_are_still_stored_after_closing(database_url: str) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
    with Store.open(database_url) as store:
        assert store.library.captures(KEY)[0].capture == capture_of(A)
        assert store.library.payload(sha256_hex(A)) == A


def test_every_field_of_a_capture_comes_back(store: Store) -> None:
    capture = capture_of(
        A,
        source="wayback",
        url="https://www.marmot.example/legal/privacy",
        redirects=(URL, "https://marmot.example/p"),
        status=None,
        headers=(("Set-Cookie", 'a="1"'), ("Set-Cookie", "b=2"), ("X-Naïve", "\udcfc \\u0041 \x00")),
        media_type="text/html\x00; charset=\ud800",
        requested_at=None,
        answered_at=datetime(1996, 1, 2, 3, 4, 5, tzinfo=UTC),
        provenance=Provenance(
            "wayback", {"timestamp": "20190304050607", "digest": "AAAA\x00\\", "urlkey": "example,marmot)/privacy"}
        ),
    )
    keep(store, capture, A, POLICY)
    (stored,) = store.library.captures(KEY)
    assert stored.capture == capture
    for moment in (stored.capture.captured_at, stored.capture.answered_at):
        assert moment is not None
        assert moment.tzinfo is UTC


def test_an_address_can_be_long_and_contain_any_character(store: Store) -> None:
    # PostgreSQL's index rows can have at most 2.7 KB. The address is longer, and too random to be compressed to 2.7 KB.
    url = URL + "?" + "".join(sha256_hex(str(number).encode()) for number in range(128)) + "\x00\ud800\\u005c😀"
    keep(store, capture_of(A, url=url, asked_url=url), A, POLICY)
    assert not keep(store, capture_of(A, url=url, asked_url=url), A, POLICY).is_new
    assert store.library.captures(KEY)[0].capture.url == url
    assert store.library.history(KEY).periods[0].first.url == url


@pytest.mark.parametrize("payload", [b"", b"\x00" * 5_000_000, bytes(range(256)) * 64])
def test_a_payload_can_contain_any_bytes(store: Store, payload: bytes) -> None:
    keep(store, capture_of(payload), payload, POLICY)
    assert store.library.payload(sha256_hex(payload)) == payload
