"""`keep_all` returns the same results as calling `keep` for each capture."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.captures import Capture
from core.declarations import Policy
from core.exceptions import RefusedError, StorageError, UsageError
from core.policies import PolicyKey
from intake.records import FoundCapture, ReadCapture
from intake.service import Intake
from storage import Store, evidence
from tests.intake.shown import shown
from tests.intake.sources import MANY, PRIVACY, WITHOUT_HEADINGS, incoming
from tests.keeping import InThisProcess
from tests.stored_captures import POLICY, capture_of

PAGES = [*MANY[:7], b"", b"<p>Just a moment...</p>", b"%PDF-1.4 none"]
vendors = (f"vendor-{number}" for number in count())


@pytest.fixture
def intake(store: Store) -> Iterator[Intake]:
    with Intake(store, InThisProcess()) as intake:
        yield intake


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Returns all rows of a SQLite file, by table."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # The revision counts transactions, from a random number on. `keep` and `keep_all` divide the same readings into
        # other transactions.
        for table in ("policies", "standings", "indexed_policies"):
            connection.execute(f"UPDATE {table} SET revision = 1")  # noqa: S608
        connection.execute("UPDATE policies SET composed = 0")
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}  # noqa: S608


@pytest.mark.slow
def test_keep_all_writes_the_same_rows_as_keep(tmp_path: Path) -> None:
    captures = incoming(MANY) + incoming(MANY[:20], "vole") + incoming(MANY[:3])
    with Store.open(f"sqlite:///{tmp_path / 'one'}") as store, Intake(store, InThisProcess()) as intake:
        one_by_one = [intake.keep(capture) for capture in captures]
    with Store.open(f"sqlite:///{tmp_path / 'all'}") as store, Intake(store) as intake:
        assert list(intake.keep_all(iter(captures))) == one_by_one
    assert rows(tmp_path / "all") == rows(tmp_path / "one")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Intake]]:
    """Yields a store and an intake with running workers."""
    url = f"sqlite:///{tmp_path_factory.mktemp('busy') / 'store.db'}"
    with Store.open(url) as store, Intake(store) as intake:
        list(intake.keep_all(incoming(MANY)))
        yield store, intake


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.sampled_from(PAGES), st.booleans(), st.sampled_from([POLICY, WITHOUT_HEADINGS])
        ),
        max_size=30,
    )
)
def test_keep_all_returns_the_same_results_as_keep(
    busy: tuple[Store, Intake], arrivals: list[tuple[int, bytes, bool, Policy]]
) -> None:
    store, intake = busy
    alone, together = next(vendors), next(vendors)
    stored = {*MANY}

    def captures(vendor: str) -> Iterator[FoundCapture]:
        for days, payload, again, policy in arrivals:
            yield capture_of(payload, days, vendor=vendor), None if again and payload in stored else payload, policy

    one_by_one = [intake.keep(capture) for capture in captures(alone)]
    at_once = list(intake.keep_all(captures(together)))
    plain = [[(read.is_new, read.verdict, read.version_id) for read in results] for results in (one_by_one, at_once)]
    assert plain[0] == plain[1]
    for policy in {policy for _, _, _, policy in arrivals[-1:]}:
        for vendor in (alone, together):
            intake.reextract(PolicyKey(vendor, "privacy"), policy)
    assert shown(store, alone) == shown(store, together)


@pytest.mark.slow
def test_captures_before_an_error_of_the_source_are_stored(intake: Intake) -> None:
    def breaking_off() -> Iterator[FoundCapture]:
        yield from incoming(MANY[:19])
        raise UsageError("the file breaks off")

    results: list[ReadCapture] = []
    with pytest.raises(UsageError, match="breaks off"):
        results.extend(intake.keep_all(breaking_off()))  # appends the results before the error, too
    assert [read.verdict.name for read in results] == ["accepted"] * 19


@pytest.mark.parametrize("place", [0, 5, 16, 39])
def test_captures_before_an_invalid_capture_are_stored(store: Store, intake: Intake, place: int) -> None:
    captures = incoming(MANY)
    captures[place] = (captures[place][0], b"other bytes", POLICY)
    results: list[ReadCapture] = []
    with pytest.raises(StorageError, match="don't match their checksum"):
        results.extend(intake.keep_all(captures))
    assert [read.verdict.name for read in results] == ["accepted"] * place
    assert len(store.library.captures(PRIVACY)) == place


def test_unread_captures_are_read_with_the_next_capture(database_url: str) -> None:
    with Store.open(database_url) as store, Intake(store, InThisProcess()) as intake:
        unread = list(intake.keep_unread(incoming(MANY[:3])))
        assert all("not read yet" in stored.verdict.evidence for stored in store.library.captures(PRIVACY))
        assert store.library.standings()[0].unread == 3
        with Store.open(database_url) as other_store, Intake(other_store, InThisProcess()) as other:
            other.keep((capture_of(MANY[4], 4), MANY[4], POLICY))
        assert {stored.verdict.name for stored in store.library.captures(PRIVACY)} == {"accepted"}
        assert [read.is_new for read in intake.read(unread)] == [True] * 3
        assert len(store.library.history(PRIVACY).periods) == 4


def test_captures_of_a_batch_are_not_treated_as_a_backlog(store: Store, intake: Intake) -> None:
    """A crawl stores captures in one thread and reads the captures in another thread. No capture is read twice."""
    batch = intake.keep_unread(incoming(MANY[:3]))
    first = next(batch)
    assert [read.capture_id for read in intake.read([first])] == [first.capture_id]
    assert store.library.standings()[0].unread == 2
    assert [read.is_new for read in intake.read(batch)] == [True] * 2
    assert store.library.standings()[0].unread == 0


@pytest.mark.slow
def test_reextract_reads_the_captures_of_an_abandoned_run(store: Store, intake: Intake) -> None:
    results = intake.keep_all(incoming(MANY))
    next(results)
    results.close()  # type: ignore[attr-defined]  # `results` is a generator
    stored = len(store.library.captures(PRIVACY))
    assert 1 < stored <= len(MANY)
    intake.reextract(PRIVACY, POLICY)
    assert store.library.standings()[0].unread == 0


@pytest.mark.slow
def test_reextract_reports_progress_for_each_capture(intake: Intake) -> None:
    list(intake.keep_all(incoming(MANY)))
    progress: list[tuple[int, int]] = []
    assert intake.reextract(PRIVACY, WITHOUT_HEADINGS, lambda *done: progress.append(done)) == len(MANY)
    assert progress == [(number, len(MANY)) for number in range(1, len(MANY) + 1)]


def test_a_capture_that_the_database_refuses_leaves_the_others_stored(database_url: str) -> None:
    captures = incoming(MANY[:5])
    refused_capture = replace(captures[2][0], status=2**70)
    captures[2] = (refused_capture, *captures[2][1:])
    refusals: list[tuple[Capture, str]] = []
    with Store.open(database_url) as store, Intake(store, InThisProcess()) as intake:
        unread = list(intake.keep_unread(captures, lambda capture, error: refusals.append((capture, str(error)))))
        assert [capture for capture, _ in refusals] == [refused_capture]
        assert "refused: " in refusals[0][1]
        assert len(list(intake.read(unread))) == 4
        with pytest.raises(RefusedError):
            list(intake.keep_unread(captures))


def test_a_lost_database_is_no_refusal_of_a_capture(store: Store) -> None:
    with (
        Intake(store, InThisProcess()) as intake,
        patch.object(evidence, "put", side_effect=StorageError("the connection was lost")),
        pytest.raises(StorageError, match="the connection was lost"),
    ):
        list(intake.keep_unread(incoming(MANY[:5]), lambda capture, error: None))
