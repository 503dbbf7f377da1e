"""The step to the newest version of each policy, for pages that list many policies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.limits import call_here
from core.policies import PolicyKey
from storage import Store
from tests.keeping import keep
from tests.stored_captures import POLICY, capture_of, page

KEY = PolicyKey("marmot", "privacy")
A, B, C = (page(f"We keep your messages for {days} days after you delete them.") for days in (10, 30, 90))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def keep_at(store: Store, *shown: tuple[float, bytes]) -> None:
    for day, payload in shown:
        keep(store, capture_of(payload, day, source="file"), payload, POLICY)
    store.lineages.refresh(KEY, call_here)


def newest_numbers(store: Store) -> dict[PolicyKey, list[tuple[str, str]]]:
    (standing,) = store.library.standings()
    changed = {KEY: standing.last_change} if standing.last_change else {}
    steps = store.timelines.newest_steps(changed)
    return {
        key: [pair for link in newest.step.links for pair in link.numbers] if newest.step else []
        for key, newest in steps.items()
    }


def test_the_newest_step_tells_the_newest_change(store: Store) -> None:
    keep_at(store, (0, A), (10, B), (20, C))
    assert newest_numbers(store) == {KEY: [("30 days", "90 days")]}


def test_a_policy_without_a_change_has_no_newest_step(store: Store) -> None:
    keep_at(store, (0, A), (1, A))
    assert newest_numbers(store) == {}


def test_a_capture_that_arrives_later_changes_the_newest_step(store: Store) -> None:
    keep_at(store, (0, A), (20, C))
    assert newest_numbers(store) == {KEY: [("10 days", "90 days")]}
    keep_at(store, (10, B))
    assert newest_numbers(store) == {KEY: [("30 days", "90 days")]}
