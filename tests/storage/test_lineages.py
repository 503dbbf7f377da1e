"""The steps between the versions of a policy are made once, kept, and made again only where neighbours are others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update

import storage.lineages
from core.exceptions import StoppedWorkError
from core.limits import call_here
from core.policies import PolicyKey
from intake.service import Intake
from storage import Store
from storage.lineages import Lineage
from storage.tables.models import StepRow
from storage.upkeep.histories import remove_history
from tests.keeping import InThisProcess, keep
from tests.stored_captures import POLICY, capture_of, page

KEY = PolicyKey("marmot", "privacy")
TEXTS = tuple(page(f"We keep your messages for {time}.") for time in ("a year", "a month", "a week", "a day"))
A, B, C, D = TEXTS


class Counting:
    """Calls functions in this process, and counts the comparisons."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, function: Callable[[], Any]) -> Any:
        self.count += 1
        return function()


def stop(function: Callable[[], Any]) -> Any:
    raise StoppedWorkError("comparing the texts took longer than the limit of 60 seconds")


def keep_archived(store: Store, payload: bytes, days: float) -> None:
    """Stores a capture from an archive, whose text needs no confirmation."""
    keep(store, capture_of(payload, days, source="wayback"), payload, POLICY)


def shown(lineage: Lineage) -> list[tuple[int, int, bool]]:
    """Returns for each version its number, the number of its changes, and whether nothing leads to it."""
    return [
        (entry.number, 0 if step.opens else len(step.links), step.opens)
        for entry, step in zip(lineage.entries, lineage.steps, strict=True)
    ]


def count_rows(store: Store) -> int:
    with store.database.read_session() as session:
        return session.scalar(select(func.count()).select_from(StepRow)) or 0


def test_steps_are_made_once_and_then_looked_up(store: Store) -> None:
    for days, payload in enumerate((A, B, C)):
        keep_archived(store, payload, days)
    calls = Counting()
    assert (store.lineages.refresh(KEY, calls), calls.count) == (3, 2)  # the first version is compared with nothing
    assert store.lineages.refresh(KEY, calls) == 0
    assert shown(store.lineages.lineage(KEY, calls)) == [(1, 0, True), (2, 1, False), (3, 1, False)]
    assert calls.count == 2


def test_without_kept_steps_they_are_made_and_nothing_is_written(store: Store) -> None:
    for days, payload in enumerate((A, B)):
        keep_archived(store, payload, days)
    assert shown(store.lineages.lineage(KEY, call_here)) == [(1, 0, True), (2, 1, False)]
    assert count_rows(store) == 0


def test_a_capture_in_the_middle_makes_only_the_missing_steps(store: Store) -> None:
    for days, payload in ((0, A), (10, C), (20, D)):
        keep_archived(store, payload, days)
    store.lineages.refresh(KEY, call_here)
    keep_archived(store, B, 5)
    calls = Counting()
    assert (store.lineages.refresh(KEY, calls), calls.count) == (2, 2)  # A to B and B to C
    assert [number for number, *_ in shown(store.lineages.lineage(KEY, stop))] == [1, 2, 3, 4]


def test_steps_by_earlier_rules_are_made_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_archived(store, A, 0)
    keep_archived(store, B, 1)
    assert store.lineages.refresh(KEY, call_here) == 2
    monkeypatch.setattr(storage.lineages, "_RULES", "later")
    assert store.lineages.refresh(KEY, call_here) == 2
    assert count_rows(store) == 2


def test_a_stopped_comparison_is_remembered_until_asked_again(store: Store) -> None:
    keep_archived(store, A, 0)
    keep_archived(store, B, 1)
    store.lineages.refresh(KEY, stop)
    calls = Counting()
    assert store.lineages.refresh(KEY, calls) == 0
    lineage = store.lineages.lineage(KEY, calls)
    assert (calls.count, shown(lineage)) == (0, [(1, 0, True), (2, 0, True)])
    assert lineage.faults == {1: "comparing the texts took longer than the limit of 60 seconds"}
    assert store.lineages.refresh(KEY, calls, retries=True) == 1
    assert store.lineages.lineage(KEY, stop).faults == {}


def test_a_damaged_step_is_made_again(store: Store) -> None:
    keep_archived(store, A, 0)
    keep_archived(store, B, 1)
    store.lineages.refresh(KEY, call_here)
    with store.database.write_session() as session:
        session.execute(update(StepRow).values(data=b"damaged"))
    assert shown(store.lineages.lineage(KEY, call_here)) == [(1, 0, True), (2, 1, False)]
    assert store.lineages.refresh(KEY, call_here) == 2


def test_intake_makes_steps_at_its_end_and_only_for_new_texts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    refreshed: list[PolicyKey] = []
    refresh = store.lineages.refresh

    def noting(key: PolicyKey, *arguments: Any, **keywords: Any) -> int:
        refreshed.append(key)
        return refresh(key, call_here, **keywords)

    monkeypatch.setattr(store.lineages, "refresh", noting)
    for days, payload, steps in ((0, A, 1), (1, A, 1), (2, B, 2), (2.001, B, 2), (3, B, 2), (4, A, 3)):
        with Intake(store, InThisProcess()) as intake:
            intake.keep((capture_of(payload, days), payload, POLICY))
        assert count_rows(store) == steps
    assert len(refreshed) == 3  # A, B, and A again


def test_steps_are_deleted_with_the_history(store: Store) -> None:
    keep_archived(store, A, 0)
    other = replace(capture_of(B, 1, source="wayback"), policy="privacy-eu")
    keep(store, other, B, POLICY)
    for key in (KEY, PolicyKey("marmot", "privacy-eu")):
        store.lineages.refresh(key, call_here)
    assert count_rows(store) == 2
    remove_history(store, KEY)
    assert count_rows(store) == 1
