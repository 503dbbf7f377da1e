"""The intake reads a capture when needed, with the current policy reader, and stores the capture if reading fails."""

import subprocess
from collections.abc import Sequence

import pytest

from core.captures import Capture, Reading, Verdict
from core.declarations import Location, Policy
from core.exceptions import ExtractionError
from core.policies import PolicyKey
from extraction import read
from intake import policy_reader, reading_task
from storage import Store
from tests.extraction.pdf_files import column, pdf
from tests.intake.sources import PRIVACY, WITHOUT_HEADINGS
from tests.keeping import keep, reextract, restart, verify
from tests.stored_captures import POLICY, capture_of, page

A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")


class Readings:
    """A replacement for `extraction.read` that counts the calls."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, capture: Capture, payload: bytes, **options: Sequence[str]) -> Reading:
        self.count += 1
        return read(capture, payload, **options)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    counting = Readings()
    monkeypatch.setattr(reading_task, "read", counting)
    return counting


def test_a_capture_is_read_only_once(store: Store, readings: Readings) -> None:
    for days in (0, 1, 1, 0):
        keep(store, capture_of(A, days), A, POLICY)
    assert readings.count == 2


def test_a_capture_on_which_the_reader_fails_waits_for_reextract(
    store: Store, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Reading:
        raise RecursionError("a page of 100,000 nested tags")

    with monkeypatch.context() as patch:
        patch.setattr(reading_task, "read", fail)
        kept = keep(store, capture_of(A), A, POLICY)
    assert (kept.verdict.name, kept.verdict.reason, kept.verdict.rule) == ("quarantined", "unreadable", "reader_error")
    assert "failed: RecursionError: a page of 100,000 nested tags" in kept.verdict.evidence
    (failed,) = store.library.captures(PRIVACY)
    assert (failed.capture, failed.verdict, failed.version_id) == (capture_of(A), kept.verdict, None)
    # Neither the next capture, nor the same capture again, nor a new process reads it again.
    keep(store, capture_of(B, 1), B, POLICY)
    restart(store)
    assert keep(store, capture_of(A), A, POLICY).verdict == kept.verdict
    keep(store, capture_of(B, 2), B, POLICY)
    assert readings.count == 2
    assert list(verify(store, {PRIVACY: POLICY})) == []
    assert reextract(store, PRIVACY, POLICY) == 1
    assert [stored.verdict.name for stored in store.library.captures(PRIVACY)] == ["accepted"] * 3
    assert len(store.library.history(PRIVACY).versions) == 2


def test_a_pdf_whose_reader_the_machine_ended_waits_for_reextract(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pdf(column(72, 700, ["Privacy policy", "", "We keep your personal data, such as your name, for a year."]))
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], -9, b""))
        kept = keep(store, capture_of(data, media_type="application/pdf"), data, POLICY)
        assert (kept.verdict.reason, kept.verdict.rule) == ("unreadable", "lost_worker")
        assert list(verify(store, {PRIVACY: POLICY})) == []
    keep(store, capture_of(A, 1), A, POLICY)
    assert store.library.captures(PRIVACY)[0].verdict == kept.verdict
    assert reextract(store, PRIVACY, POLICY) == 1
    assert store.library.captures(PRIVACY)[0].verdict.rule != "lost_worker"
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], -9, b""))
        (finding,) = verify(store, {PRIVACY: POLICY})
    assert finding.remedy == "none"


def test_a_new_policy_reader_comes_into_force_although_a_reading_was_stopped(
    store: Store, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_on_a(capture: Capture, payload: bytes, **options: Sequence[str]) -> Reading:
        if payload == A:
            raise MemoryError
        return read(capture, payload, **options)

    keep(store, capture_of(A), A, POLICY)
    keep(store, capture_of(B, 1), B, POLICY)
    monkeypatch.setattr(reading_task, "read", fail_on_a)
    monkeypatch.setattr(policy_reader, "EXTRACTOR_NAME", "newer")
    restart(store)
    keep(store, capture_of(B, 2), B, POLICY)
    captures = store.library.captures(PRIVACY)
    assert [stored.verdict.rule for stored in captures] == ["reader_error", "", ""]
    assert store.library.standings()[0].unread == 0


def test_verify_calls_no_reading_damaged_that_cannot_be_made_here(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Reading:
        raise MemoryError

    keep(store, capture_of(A), A, POLICY)
    monkeypatch.setattr(reading_task, "read", fail)
    (finding,) = verify(store, {PRIVACY: POLICY})
    assert finding.remedy == "none"
    assert "could not be read again, so its reading was not compared" in finding.fault


def test_a_new_extractor_causes_all_captures_to_be_read_again(
    store: Store, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, capture_of(A), A, POLICY)
    keep(store, capture_of(A, policy="cookies"), A, POLICY)
    monkeypatch.setattr(policy_reader, "EXTRACTOR_NAME", "of tomorrow")
    keep(store, capture_of(B, 1), B, POLICY)
    assert readings.count == 4
    keep(store, capture_of(B, 2), B, POLICY)
    assert readings.count == 5


def test_new_selectors_cause_all_captures_to_be_read_again(store: Store) -> None:
    old = keep(store, capture_of(A), A, POLICY)
    again = keep(store, capture_of(A), A, WITHOUT_HEADINGS)
    assert again.capture_id == old.capture_id
    assert not again.is_new
    assert again.version_id != old.version_id
    assert "Your rights" not in {clause.text for clause in store.library.document(old.capture_id).clauses}
    (version,) = store.library.history(PRIVACY).versions
    assert version.id == again.version_id


def test_selectors_of_another_location_cause_no_new_reading(store: Store, readings: Readings) -> None:
    keep(store, capture_of(A), A, POLICY)
    elsewhere = Location(url="https://www.marmot.example/old", remove=("h2",))
    keep(store, capture_of(A), A, Policy(locations=(*POLICY.locations, elsewhere)))
    assert readings.count == 1


def test_reextract_reads_only_captures_without_a_current_reading(store: Store, readings: Readings) -> None:
    for days in range(3):
        keep(store, capture_of(A, days), A, POLICY)
    assert reextract(store, PRIVACY, POLICY) == 0
    assert reextract(store, PRIVACY, WITHOUT_HEADINGS) == 3
    assert reextract(store, PRIVACY, WITHOUT_HEADINGS) == 0
    assert reextract(store, PolicyKey("vole", "privacy"), WITHOUT_HEADINGS) == 0
    assert readings.count == 6


def test_an_interrupted_reextract_continues_when_called_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in range(3):
        keep(store, capture_of(A, days), A, POLICY)

    count = 0

    def interrupted(capture: Capture, payload: bytes, **selectors: Sequence[str]) -> Reading:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        return read(capture, payload, **selectors)

    monkeypatch.setattr(reading_task, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reextract(store, PRIVACY, WITHOUT_HEADINGS)
    assert reextract(store, PRIVACY, WITHOUT_HEADINGS) == 2


def test_a_capture_that_was_read_has_a_document(store: Store) -> None:
    kept = keep(store, capture_of(A), A, POLICY)
    assert store.library.document(kept.capture_id) == read(capture_of(A), A).document


def test_a_capture_that_could_not_be_read_has_no_document(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = Verdict("quarantined", "unreadable", "an encrypted\x00 PDF \ud800")
    monkeypatch.setattr(reading_task, "read", lambda *_, **__: Reading(verdict, None))
    kept = keep(store, capture_of(A), A, POLICY)
    assert kept.verdict == verdict
    assert store.library.captures(PRIVACY)[0].verdict == verdict
    with pytest.raises(ExtractionError, match="an encrypted"):
        store.library.document(kept.capture_id)
