"""Many captures kept at once, read in processes of their own: as if each had been kept by itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.captures import Capture
from core.declarations import Policy
from core.exceptions import ClausewatchError, StorageError, UsageError
from core.policies import PolicyKey
from intake.reading import ToRead, read_one
from intake.records import ReadCapture
from intake.worker_pool import Workers
from storage import Store, service, workers
from tests.intake import dying_readers
from tests.intake.test_reextraction import WITHOUT_HEADINGS, shown
from tests.keeping import keep, keep_all, keep_unread, reextract
from tests.stored_captures import POLICY, capture_of, page

MANY = [page(f"We keep your messages for {days % 7} days.") for days in range(40)]
BOMB = page("We keep a bomb in your messages.")
PAGES = [*MANY[:7], b"", b"<p>Just a moment...</p>", b"%PDF-1.4 none"]
vendors = (f"vendor-{number}" for number in count())

Found = tuple[Capture, bytes | None, Policy]


def found(payloads: list[bytes], vendor: str = "marmot") -> list[Found]:
    return [(capture_of(payload, days, vendor=vendor), payload, POLICY) for days, payload in enumerate(payloads)]


def read_by(store: Store, function: object) -> None:
    """Have that store's captures read by another function."""
    store._keeper._workers = Workers(
        function,  # type: ignore[arg-type]  # of tests.intake.dying_readers
        fallen=service._fallen,
        size=ToRead.size,
        preload="intake.worker_process",
    )


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that is in a SQLite file."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # How often something was noted of a policy, that is its revision, depends on how many are stored at once.
        connection.execute("UPDATE policies SET revision = 1")
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}  # noqa: S608


def test_the_database_is_the_same_as_when_each_is_kept_by_itself(tmp_path: Path) -> None:
    captures = found(MANY) + found(MANY[:20], "vole") + found(MANY[:3])
    with Store.open(f"sqlite:///{tmp_path / 'one'}") as store:
        one_by_one = [keep(store, *one) for one in captures]
    with Store.open(f"sqlite:///{tmp_path / 'all'}") as store:
        assert list(keep_all(store, iter(captures))) == one_by_one
    assert rows(tmp_path / "all") == rows(tmp_path / "one")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store whose processes have started."""
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('busy') / 'store.db'}") as store:
        list(keep_all(store, found(MANY)))
        yield store


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.sampled_from(PAGES), st.booleans(), st.sampled_from([POLICY, WITHOUT_HEADINGS])
        ),
        max_size=30,
    )
)
def test_any_captures_come_to_what_they_come_to_by_themselves(
    busy: Store, seen: list[tuple[int, bytes, bool, Policy]]
) -> None:
    alone, together = next(vendors), next(vendors)
    stored = {*MANY}

    def captures(vendor: str) -> Iterator[Found]:
        for days, payload, again, policy in seen:
            yield capture_of(payload, days, vendor=vendor), None if again and payload in stored else payload, policy

    one_by_one = [busy.keep(*one) for one in captures(alone)]
    at_once = list(busy.keep_all(captures(together)))
    plain = [[(kept.is_new, kept.verdict, kept.version_id) for kept in results] for results in (one_by_one, at_once)]
    assert plain[0] == plain[1]
    for policy in {policy for _, _, _, policy in seen[-1:]}:
        for vendor in (alone, together):
            busy.reextract(vendor, "privacy", policy)
    assert shown(busy, alone) == shown(busy, together)


def test_a_page_that_takes_its_reader_down_is_quarantined_and_the_others_are_read(database_url: str) -> None:
    captures = found([*MANY[:20], BOMB, *MANY[20:]])
    with Store.open(database_url) as store:
        read_by(store, dying_readers.dies_of_a_bomb)
        results = list(keep_all(store, captures))
    assert [kept.verdict.name for kept in results].count("accepted") == len(MANY)
    assert (results[20].verdict.reason, results[20].is_new) == ("unreadable", True)
    assert "ended before it was done" in results[20].verdict.evidence
    with Store.open(database_url) as store:
        assert reextract(store, PolicyKey("marmot", "privacy"), POLICY) == 1  # by a better one
        assert store.library.captures(PolicyKey("marmot", "privacy"))[20].verdict.name == "accepted"


def test_a_process_that_is_killed_once_costs_nothing(store: Store, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    tasks = [ToRead(capture_of(payload), payload, (str(mark),)) for payload in MANY]
    many = Workers(dying_readers.dies_once, fallen=service._fallen, size=ToRead.size, preload="intake.worker_process")
    results = [result for batch in many.map((number, task) for number, task in enumerate(tasks)) for result in batch]
    many.close()
    assert mark.exists()
    assert results == [(number, read_one(task)) for number, task in enumerate(tasks)]


def test_when_no_process_can_be_started_it_is_said_and_the_evidence_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(workers, "_serve", dying_readers.never_starts)
        with pytest.raises(ClausewatchError, match="no process can be started"):
            list(keep_all(store, found(MANY)))
    assert store.library.captures(PolicyKey("marmot", "privacy"))
    results = list(keep_all(store, found(MANY)))
    assert {kept.verdict.name for kept in results} == {"accepted"}


def test_what_comes_before_a_fault_of_the_source_is_kept_and_read(store: Store) -> None:
    def breaking_off() -> Iterator[Found]:
        yield from found(MANY[:19])
        raise UsageError("the file breaks off")

    results: list[ReadCapture] = []
    with pytest.raises(UsageError, match="breaks off"):
        results.extend(keep_all(store, breaking_off()))  # it appends one after the other
    assert [kept.verdict.name for kept in results] == ["accepted"] * 19


@pytest.mark.parametrize("place", [0, 5, 16, 39])
def test_what_comes_before_a_capture_that_is_refused_is_kept_and_read(store: Store, place: int) -> None:
    captures = found(MANY)
    captures[place] = (captures[place][0], b"other bytes", POLICY)
    results: list[ReadCapture] = []
    with pytest.raises(StorageError, match="not the bytes"):
        results.extend(keep_all(store, captures))
    assert [kept.verdict.name for kept in results] == ["accepted"] * place
    assert len(store.library.captures(PolicyKey("marmot", "privacy"))) == place


def test_what_is_kept_and_not_read_is_read_with_the_next(store: Store) -> None:
    unread = list(keep_unread(store, found(MANY[:3])))
    assert all("not read yet" in one.verdict.evidence for one in store.library.captures(PolicyKey("marmot", "privacy")))
    assert store.library.standings()[0].unread == 3
    with Store.open(store.database._engine.url.render_as_string(hide_password=False)) as next_one:
        keep(next_one, capture_of(MANY[4], 4), MANY[4], POLICY)
    assert {one.verdict.name for one in store.library.captures(PolicyKey("marmot", "privacy"))} == {"accepted"}
    assert [kept.is_new for kept in store.read(unread)] == [True] * 3
    assert len(store.library.history(PolicyKey("marmot", "privacy")).periods) == 4


def test_a_batch_given_up_half_way_leaves_evidence_that_is_read_later(store: Store) -> None:
    results = keep_all(store, found(MANY))
    next(results)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    kept = len(store.library.captures(PolicyKey("marmot", "privacy")))
    assert 1 < kept <= len(MANY)
    reextract(store, PolicyKey("marmot", "privacy"), POLICY)
    assert store.library.standings()[0].unread == 0


def test_many_are_read_again_in_processes(store: Store) -> None:
    list(keep_all(store, found(MANY)))
    told: list[tuple[int, int]] = []
    assert reextract(store, PolicyKey("marmot", "privacy"), WITHOUT_HEADINGS, lambda *done: told.append(done)) == len(
        MANY
    )
    assert told == [(number, len(MANY)) for number in range(1, len(MANY) + 1)]
