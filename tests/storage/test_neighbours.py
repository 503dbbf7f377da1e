"""The search for a new capture's neighbours: the captures that are nearest in time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from core.captures import sha256_hex
from core.policies import PolicyKey
from storage import Store
from storage.payloads.neighbours import Neighbours, PackedForm
from tests.keeping import keep_unread
from tests.stored_captures import BEGIN, POLICY, capture_of, page

STORED_DAYS = range(0, 80, 2)
NEIGHBOURS_EACH_SIDE = 12


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yields a store with 40 captures of a policy, two days apart, and some captures of another policy."""
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('stored') / 'captures.db'}") as store:
        captures = [(capture_of(payload(day), day), payload(day), POLICY) for day in STORED_DAYS]
        others = [(capture_of(payload(day), day, policy="cookies"), payload(day), POLICY) for day in range(1, 40, 3)]
        list(keep_unread(store, [*captures, *others]))
        yield store


def payload(day: int) -> bytes:
    return page(f"We keep letters for {day} days.")


@contextmanager
def neighbours_in(store: Store) -> Iterator[Neighbours]:
    with store.database.read_session() as session:
        yield Neighbours(session, PolicyKey("marmot", "privacy"))


def at(day: float) -> datetime:
    return BEGIN + timedelta(days=day)


def to_be_stored(day: float) -> PackedForm:
    return PackedForm(sha256_hex(b"%f" % day), None, None, 100)


def nearest(days: Sequence[float], day: float) -> list[float]:
    """Returns the twelve nearest days before or at a day and the twelve nearest days after it, the nearest first."""
    before, after = [other for other in days if other <= day], [other for other in days if other > day]
    both = [*reversed(before[-NEIGHBOURS_EACH_SIDE:]), *after[:NEIGHBOURS_EACH_SIDE]]
    return sorted(both, key=lambda other: abs(at(other) - at(day)))


@given(st.lists(st.integers(-3, 85).map(lambda day: day + 0.3), min_size=1, max_size=20, unique=True))
@settings(deadline=None, max_examples=60)
def test_neighbours_are_the_nearest_captures_in_any_order_of_arrival(store: Store, days: list[float]) -> None:
    day_by_sha256 = {sha256_hex(payload(day)): float(day) for day in STORED_DAYS}
    with neighbours_in(store) as neighbours:
        for index, day in enumerate(days):
            known_days = sorted([*map(float, STORED_DAYS), *days[:index]])
            around = [day_by_sha256[form.sha256] for form in neighbours.nearest_payloads(at(day))]
            assert around == nearest(known_days, day)
            day_by_sha256[to_be_stored(day).sha256] = day
            neighbours.add(at(day), to_be_stored(day))


@pytest.mark.parametrize(
    ("days", "queries"),
    [
        (range(100, 116), 1),  # as in a live crawl: all captures are after the last stored capture
        (range(-1, -17, -1), 1),
        (range(31, 35), 3),  # within a history: as soon as fewer than twelve later captures are loaded, a new query
        ([5, 75, 5], 3),
    ],
)
def test_captures_in_chronological_order_take_few_queries(store: Store, days: Sequence[int], queries: int) -> None:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    with neighbours_in(store) as neighbours:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            for day in days:
                neighbours.nearest_payloads(at(day))
                neighbours.add(at(day), to_be_stored(day))
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == queries


def test_of_captures_at_the_same_time_the_last_stored_is_nearest(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'captures.db'}") as store:
        list(keep_unread(store, ((capture_of(payload(day)), payload(day), POLICY) for day in STORED_DAYS)))
        with neighbours_in(store) as neighbours:
            latest = [sha256_hex(payload(day)) for day in reversed(STORED_DAYS)]
            assert [form.sha256 for form in neighbours.nearest_payloads(BEGIN)] == latest[:NEIGHBOURS_EACH_SIDE]
            for day in (0.5, 1.5):
                neighbours.add(BEGIN, to_be_stored(day))
            waiting = [to_be_stored(day).sha256 for day in (1.5, 0.5)]
            assert [form.sha256 for form in neighbours.nearest_payloads(BEGIN)] == [*waiting, *latest][
                :NEIGHBOURS_EACH_SIDE
            ]
