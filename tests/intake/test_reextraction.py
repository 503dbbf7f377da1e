"""Reading again: everything shown comes from the earlier readings until all of the new ones are there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select, update

from core.captures import Capture, Reading, Verdict, sha256_hex
from core.clauses import Document
from core.declarations import Location, Policy
from core.exceptions import UsageError
from core.policies import PolicyKey
from extraction import read
from storage import Store, reading, service
from storage.payloads.compression import Keyframe, compress, compress_against
from storage.tables.models import PayloadRow, ReadingRow
from tests.keeping import keep, reextract
from tests.stored_captures import POLICY, URL, capture_of, page

A, B, C = (page(f"We keep your messages for {term}.") for term in ("a year", "a month", "a day"))
WITHOUT_HEADINGS = Policy(locations=(Location(url=URL, remove=("h2",)),))
vendors = (f"vendor-{number}" for number in count())


def shown(store: Store, vendor: str = "marmot") -> list[tuple[object, ...]]:
    """All that anybody is shown of a policy: verdicts, versions, and the texts of its captures."""
    texts = {
        seen.capture_id: (seen.reader, store.library.document(seen.capture_id, seen.reader))
        for period in store.library.history(PolicyKey(vendor, "privacy")).periods
        for seen in period.observations
    }
    return [
        (one.capture.captured_at, one.capture.sha256, one.verdict, one.version_id, texts.get(one.id))
        for one in store.library.captures(PolicyKey(vendor, "privacy"))
    ]


@contextmanager
def dying(store: Store, transactions: int, committing: bool) -> Iterator[None]:
    """The process dies in the transaction after so many: before it begins, or when all of it but the commit is done."""
    database, writing, numbers = store.database, store.database.writing, count()

    @contextmanager
    def mortal() -> Iterator[object]:
        last = next(numbers) == transactions
        if last and not committing:
            raise KeyboardInterrupt
        with writing() as session:
            yield session
            if last:
                raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "writing", mortal)
        try:
            yield
        except KeyboardInterrupt:
            store._keeper._current.clear()  # as another process would begin


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seen=st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=4),
    deaths=st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=3),
    arriving=st.booleans(),
)
def test_interrupted_anywhere_it_ends_as_undisturbed_and_never_mixes(
    store: Store, seen: list[bytes], deaths: list[tuple[int, bool]], arriving: bool
) -> None:
    undisturbed, vendor = next(vendors), next(vendors)
    for name in (undisturbed, vendor):
        for days, payload in enumerate(seen):
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


def test_it_goes_on_where_it_was_killed(store: Store) -> None:
    for days in range(4):
        keep(store, capture_of(A, days), A, POLICY)
    with dying(store, 2, committing=True):
        reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS)
    told: list[tuple[int, int]] = []
    assert reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS, lambda *done: told.append(done)) == 2
    assert told == [(1, 2), (2, 2)]


def test_a_capture_that_comes_while_it_is_interrupted_is_shown_after_it(store: Store) -> None:
    keep(store, capture_of(A), A, POLICY)
    before = store.library.history(PolicyKey("marmot", "privacy"))
    with dying(store, 2, committing=False):  # its evidence, its reading, and then the other capture's
        keep(store, capture_of(B, 1), B, WITHOUT_HEADINGS)
    assert store.library.history(PolicyKey("marmot", "privacy")) == before
    waiting = store.library.captures(PolicyKey("marmot", "privacy"))[1]
    assert (waiting.verdict.name, waiting.capture.sha256) == ("quarantined", sha256_hex(B))
    assert "not read yet" in waiting.verdict.evidence
    assert reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS) == 1
    assert [len(period.observations) for period in store.library.history(PolicyKey("marmot", "privacy")).periods] == [
        1,
        1,
    ]


def test_going_back_to_the_earlier_declaration_reads_nothing_again(store: Store) -> None:
    for days, payload in enumerate((A, B)):
        keep(store, capture_of(payload, days), payload, POLICY)
    before = shown(store)
    assert reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS) == 2
    assert reextract(store, PolicyKey("marmot", "privacy"), POLICY) == 0
    assert shown(store) == before


def test_a_text_asked_for_by_its_reader_is_had_after_the_switch(store: Store) -> None:
    keep(store, capture_of(A), A, POLICY)
    (old,) = store.library.history(PolicyKey("marmot", "privacy")).periods
    text = store.library.document(old.first.capture_id)
    reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS)
    assert store.library.document(old.first.capture_id, old.first.reader) == text
    assert store.library.document(old.first.capture_id) != text


def test_a_version_id_told_earlier_finds_what_its_captures_show_now(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days, payload in enumerate((A, B, B)):
        keep(store, capture_of(payload, days), payload, POLICY)
    old = store.library.history(PolicyKey("marmot", "privacy"))
    reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS)
    new = store.library.history(PolicyKey("marmot", "privacy"))
    assert {version.id for version in old.versions}.isdisjoint(version.id for version in new.versions)
    for was, now in zip(old.versions, new.versions, strict=True):
        for named in (was.id, was.id[:8], now.id):
            assert store.library.period(PolicyKey("marmot", "privacy"), new, f"@{named}").version_id == now.id
    assert store.library.period(PolicyKey("marmot", "privacy"), new, "2019-03-04") == new.periods[0]
    for unknown, said in (("@zzz", "names no version"), ("@", "names 2 versions")):
        with pytest.raises(UsageError, match=said):
            store.library.period(PolicyKey("marmot", "privacy"), new, unknown)

    # B is read as A's text by the next extractor: both ids find the one version left.
    document = read(capture_of(A), A).document
    monkeypatch.setattr(service, "_READER", "of tomorrow")
    monkeypatch.setattr(reading, "read", lambda *_, **__: Reading(Verdict("accepted"), document))
    reextract(store, PolicyKey("marmot", "privacy"), POLICY)
    one = store.library.history(PolicyKey("marmot", "privacy"))
    assert [store.library.period(PolicyKey("marmot", "privacy"), one, f"@{was.id}") for was in old.versions] == [
        *one.periods
    ] * 2


def damage(database_url: str, payload: bytes, data: bytes) -> None:
    """Other bytes in place of a stored payload."""
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(update(PayloadRow).where(PayloadRow.sha256 == sha256_hex(payload)).values(data=data))
    engine.dispose()


def test_a_damaged_payload_holds_nothing_up_and_is_read_once_it_is_restored(database_url: str) -> None:
    with Store.open(database_url) as store:
        # The one that is damaged is not what the other one is stored as a difference from.
        for days, payload in ((1, B), (0, A)):
            keep(store, capture_of(payload, days), payload, POLICY)
    damage(database_url, A, compress(A)[:-3])
    for days in (2, 3):
        with Store.open(database_url) as store:
            assert keep(store, capture_of(C, days), C, WITHOUT_HEADINGS).verdict.name == "accepted"
            first, *others = store.library.captures(PolicyKey("marmot", "privacy"))
            assert (first.verdict.reason, first.version_id) == ("unreadable", None)
            assert "is damaged" in first.verdict.evidence
            assert {other.verdict.name for other in others} == {"accepted"}
            assert keep(store, capture_of(A), None, WITHOUT_HEADINGS).verdict == first.verdict
    keyframe = Keyframe(sha256_hex(B), B, len(B))
    damage(database_url, A, compress_against(A, keyframe))
    with Store.open(database_url) as store:
        assert reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS) == 1
        assert store.library.captures(PolicyKey("marmot", "privacy"))[0].verdict.name == "accepted"
        assert reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS) == 0


def test_a_damaged_payload_handed_in_again_is_read(database_url: str) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
        damage(database_url, A, b"")
        reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS)
        kept = keep(store, capture_of(A), A, WITHOUT_HEADINGS)
        assert (kept.is_new, kept.verdict.name) == (False, "accepted")


def test_each_observation_names_what_read_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, capture_of(A), A, POLICY)
    names = []
    for extractor, declared in (("7.1", POLICY), ("7.1", WITHOUT_HEADINGS), ("8.1", POLICY)):
        monkeypatch.setattr(service, "_READER", extractor)
        reextract(store, PolicyKey("marmot", "privacy"), declared)
        names.append(store.library.history(PolicyKey("marmot", "privacy")).versions[0].first.reader)
    assert (names[0], names[2]) == ("7.1", "8.1")
    assert names[1].startswith("7.1.")


def test_readings_are_stored_once_for_each_reader(store: Store, tmp_path: Path) -> None:
    for _ in range(2):
        for declared in (POLICY, WITHOUT_HEADINGS):
            keep(store, capture_of(A), A, declared)
            reextract(store, PolicyKey("marmot", "privacy"), declared)
    with store.database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(ReadingRow)) == 2


def test_an_extractor_that_fails_on_one_capture_leaves_everything_shown_as_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days, payload in enumerate((A, B)):
        keep(store, capture_of(payload, days), payload, POLICY)
    before = shown(store)

    def fails_on_b(capture: Capture, payload: bytes, **selectors: Sequence[str]) -> Reading:
        if payload == B:
            raise RecursionError("a page of 100,000 nested tags")
        return Reading(Verdict("accepted"), Document(None, None, None, ()))

    monkeypatch.setattr(service, "_READER", "of tomorrow")
    monkeypatch.setattr(reading, "read", fails_on_b)
    with pytest.raises(RecursionError):
        reextract(store, PolicyKey("marmot", "privacy"), POLICY)
    assert shown(store) == before
