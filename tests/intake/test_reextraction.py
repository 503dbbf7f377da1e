"""`reextract`: users see the earlier readings until every capture has a new reading."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select, update

from core.captures import Capture, Reading, Verdict, sha256_hex
from core.declarations import Location, Policy
from core.exceptions import UsageError
from core.policies import PolicyKey
from extraction import read
from intake import policy_reader, reading_task
from storage import Store
from storage.payloads.compression import Keyframe, compress, compress_against
from storage.tables.models import PayloadRow, ReadingRow
from tests.intake.shown import shown
from tests.intake.sources import PRIVACY, WITHOUT_HEADINGS
from tests.keeping import keep, reextract, restart
from tests.stored_captures import POLICY, URL, capture_of, page

A, B, C = (page(f"We keep your messages for {term}.") for term in ("a year", "a month", "a day"))
vendors = (f"vendor-{number}" for number in count())


@contextmanager
def dying(store: Store, transactions: int, committing: bool) -> Iterator[None]:
    """Simulates a process that dies in a write transaction, and a new process that opens the store.

    transactions: the number of write transactions that are committed before the process dies. committing: True if the
    process dies at the end of the next transaction, just before the commit; False if the process dies before the next
    transaction begins.
    """
    database, write_session, numbers = store.database, store.database.write_session, count()

    @contextmanager
    def mortal() -> Iterator[object]:
        last = next(numbers) == transactions
        if last and not committing:
            raise KeyboardInterrupt
        with write_session() as session:
            yield session
            if last:
                raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "write_session", mortal)
        try:
            yield
        except KeyboardInterrupt:
            restart(store)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    payloads=st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=4),
    deaths=st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=3),
    arriving=st.booleans(),
)
def test_interruptions_change_no_result_and_never_mix_readings(
    store: Store, payloads: list[bytes], deaths: list[tuple[int, bool]], arriving: bool
) -> None:
    undisturbed, vendor = next(vendors), next(vendors)
    for name in (undisturbed, vendor):
        for days, payload in enumerate(payloads):
            keep(store, capture_of(payload, days, vendor=name), payload, POLICY)
    before = shown(store, vendor)
    reextract(store, PolicyKey(undisturbed, "privacy"), WITHOUT_HEADINGS)
    after = shown(store, undisturbed)
    assert before != after

    for transactions, committing in deaths:
        with dying(store, transactions, committing):
            reextract(store, PolicyKey(vendor, "privacy"), WITHOUT_HEADINGS)
        assert shown(store, vendor) in (before, after)
    if arriving:
        for name in (undisturbed, vendor):
            keep(store, capture_of(A, 9, vendor=name), A, WITHOUT_HEADINGS)
    else:
        reextract(store, PolicyKey(vendor, "privacy"), WITHOUT_HEADINGS)
    assert shown(store, vendor) == shown(store, undisturbed)


def test_a_killed_reextract_continues_when_called_again(store: Store) -> None:
    for days in range(4):
        keep(store, capture_of(A, days), A, POLICY)
    with dying(store, 2, committing=True):
        reextract(store, PRIVACY, WITHOUT_HEADINGS)
    progress: list[tuple[int, int]] = []
    assert reextract(store, PRIVACY, WITHOUT_HEADINGS, lambda *done: progress.append(done)) == 2
    assert progress == [(1, 2), (2, 2)]


def test_a_capture_stored_before_a_crash_is_shown_after_reextract(store: Store) -> None:
    keep(store, capture_of(A), A, POLICY)
    before = store.library.history(PRIVACY)
    with dying(store, 2, committing=False):  # dies after B's evidence and A's new reading are committed
        keep(store, capture_of(B, 1), B, WITHOUT_HEADINGS)
    assert store.library.history(PRIVACY) == before
    waiting = store.library.captures(PRIVACY)[1]
    assert (waiting.verdict.name, waiting.capture.sha256) == ("quarantined", sha256_hex(B))
    assert "not read yet" in waiting.verdict.evidence
    assert reextract(store, PRIVACY, WITHOUT_HEADINGS) == 1
    assert [len(period.observations) for period in store.library.history(PRIVACY).periods] == [1, 1]


def test_restoring_an_earlier_declaration_needs_no_new_readings(store: Store) -> None:
    for days, payload in enumerate((A, B)):
        keep(store, capture_of(payload, days), payload, POLICY)
    before = shown(store)
    assert reextract(store, PRIVACY, WITHOUT_HEADINGS) == 2
    assert reextract(store, PRIVACY, POLICY) == 0
    assert shown(store) == before


def test_documents_of_an_earlier_policy_reader_stay_available(store: Store) -> None:
    keep(store, capture_of(A), A, POLICY)
    (old,) = store.library.history(PRIVACY).periods
    text = store.library.document(old.first.capture_id)
    reextract(store, PRIVACY, WITHOUT_HEADINGS)
    assert store.library.document(old.first.capture_id, old.first.reader) == text
    assert store.library.document(old.first.capture_id) != text


def test_an_earlier_version_id_identifies_the_present_version(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for days, payload in enumerate((A, B, B)):
        keep(store, capture_of(payload, days), payload, POLICY)
    old = store.library.history(PRIVACY)
    reextract(store, PRIVACY, WITHOUT_HEADINGS)
    new = store.library.history(PRIVACY)
    assert {version.id for version in old.versions}.isdisjoint(version.id for version in new.versions)
    for old_version, new_version in zip(old.versions, new.versions, strict=True):
        for version_id in (old_version.id, old_version.id[:8], new_version.id):
            assert store.library.period(PRIVACY, new, f"@{version_id}").version_id == new_version.id
    assert store.library.period(PRIVACY, new, "2019-03-04") == new.periods[0]
    for unknown, message in (("@zzz", "has no version @"), ("@", "can be @")):
        with pytest.raises(UsageError, match=message):
            store.library.period(PRIVACY, new, unknown)

    # With the next extractor, captures of A and captures of B both show A's text, so there is only one version. Both
    # earlier version ids identify this version.
    document = read(capture_of(A), A).document
    monkeypatch.setattr(policy_reader, "EXTRACTOR_NAME", "of tomorrow")
    monkeypatch.setattr(reading_task, "read", lambda *_, **__: Reading(Verdict("accepted"), document))
    reextract(store, PRIVACY, POLICY)
    newest = store.library.history(PRIVACY)
    periods = [store.library.period(PRIVACY, newest, f"@{version.id}") for version in old.versions]
    assert periods == [*newest.periods] * 2


def damage(database_url: str, payload: bytes, data: bytes) -> None:
    """Replaces the stored bytes of a payload."""
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(update(PayloadRow).where(PayloadRow.sha256 == sha256_hex(payload)).values(data=data))
    engine.dispose()


def test_a_damaged_payload_is_skipped_until_it_is_restored(database_url: str) -> None:
    with Store.open(database_url) as store:
        # B is stored first, so that A is stored as a delta against B. When A is damaged below, B stays readable.
        for days, payload in ((1, B), (0, A)):
            keep(store, capture_of(payload, days), payload, POLICY)
    damage(database_url, A, compress(A)[:-3])
    for days in (2, 3):
        with Store.open(database_url) as store:
            assert keep(store, capture_of(C, days), C, WITHOUT_HEADINGS).verdict.name == "accepted"
            first, *others = store.library.captures(PRIVACY)
            assert (first.verdict.reason, first.version_id) == ("unreadable", None)
            assert "is damaged" in first.verdict.evidence
            assert {other.verdict.name for other in others} == {"accepted"}
            assert keep(store, capture_of(A), None, WITHOUT_HEADINGS).verdict == first.verdict
    keyframe = Keyframe(sha256_hex(B), B, len(B))
    damage(database_url, A, compress_against(A, keyframe))
    with Store.open(database_url) as store:
        assert reextract(store, PRIVACY, WITHOUT_HEADINGS) == 1
        assert store.library.captures(PRIVACY)[0].verdict.name == "accepted"
        assert reextract(store, PRIVACY, WITHOUT_HEADINGS) == 0


def test_a_capture_with_a_damaged_payload_is_read_if_stored_again(database_url: str) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
        damage(database_url, A, b"")
        reextract(store, PRIVACY, WITHOUT_HEADINGS)
        kept = keep(store, capture_of(A), A, WITHOUT_HEADINGS)
        assert (kept.is_new, kept.verdict.name) == (False, "accepted")


def test_each_observation_names_its_policy_reader(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, capture_of(A), A, POLICY)
    names = []
    for extractor, declared in (("7.1", POLICY), ("7.1", WITHOUT_HEADINGS), ("8.1", POLICY)):
        monkeypatch.setattr(policy_reader, "EXTRACTOR_NAME", extractor)
        reextract(store, PRIVACY, declared)
        names.append(store.library.history(PRIVACY).versions[0].first.reader)
    assert (names[0], names[2]) == ("7.1", "8.1")
    assert names[1].startswith("7.1.")


def test_readings_are_stored_once_for_each_policy_reader(store: Store) -> None:
    for _ in range(2):
        for declared in (POLICY, WITHOUT_HEADINGS):
            keep(store, capture_of(A), A, declared)
            reextract(store, PRIVACY, declared)
    with store.database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(ReadingRow)) == 2


def test_an_extractor_that_fails_on_a_page_reads_the_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for days, payload in enumerate((A, B, A)):
        keep(store, capture_of(payload, days), payload, POLICY)
    before = shown(store)

    def fails_on_b(capture: Capture, payload: bytes, **selectors: Sequence[str]) -> Reading:
        if payload == B:
            raise RecursionError("a page of 100,000 nested tags")
        return read(capture, payload, **selectors)

    with monkeypatch.context() as patch:
        patch.setattr(policy_reader, "EXTRACTOR_NAME", "of tomorrow")
        patch.setattr(reading_task, "read", fails_on_b)
        assert reextract(store, PRIVACY, POLICY) == 3
        assert [stored.verdict.rule for stored in store.library.captures(PRIVACY)] == ["", "reader_error", ""]
    assert reextract(store, PRIVACY, POLICY) == 0  # the earlier readings are still there
    assert shown(store) == before


def test_patterns_to_ignore_are_applied_by_reextract(store: Store) -> None:
    pages = [page(f"We keep your messages for a year. Tip of the day: {tip}.") for tip in ("rest", "walk", "read")]
    for days, payload in enumerate(pages):
        keep(store, capture_of(payload, days), payload, POLICY)
    assert len(store.library.history(PRIVACY).versions) == 3
    ignoring = Policy(locations=(Location(url=URL, ignore=(r"Tip of the day: \w+\.",)),))
    assert reextract(store, PRIVACY, ignoring) == 3
    (version,) = store.library.history(PRIVACY).versions
    document = store.library.document(version.first.capture_id)
    assert "We keep your messages for a year." in [clause.text for clause in document.clauses]
