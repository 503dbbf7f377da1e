"""Which captures a new payload is compared with."""

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

DAYS = range(0, 80, 2)
SIDE = 12


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """40 captures, two days apart, and some of another policy."""
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('stored') / 'captures.db'}") as store:
        found = [(capture_of(payload(day), day), payload(day), POLICY) for day in DAYS]
        others = [(capture_of(payload(day), day, policy="cookies"), payload(day), POLICY) for day in range(1, 40, 3)]
        list(keep_unread(store, [*found, *others]))
        yield store


def payload(day: int) -> bytes:
    return page(f"We keep letters for {day} days.")


@contextmanager
def neighbours(store: Store) -> Iterator[Neighbours]:
    with store.database.read_session() as session:
        yield Neighbours(session, PolicyKey("marmot", "privacy"))


def at(day: float) -> datetime:
    return BEGIN + timedelta(days=day)


def to_be_stored(day: float) -> PackedForm:
    return PackedForm(sha256_hex(b"%f" % day), None, None, 100)


def nearest(days: Sequence[float], day: float) -> list[float]:
    """So many on either side; what is at the very time counts as before it. The nearest first."""
    before, after = [one for one in days if one <= day], [one for one in days if one > day]
    return sorted([*reversed(before[-SIDE:]), *after[:SIDE]], key=lambda one: abs(at(one) - at(day)))


@given(st.lists(st.integers(-3, 85).map(lambda day: day + 0.3), min_size=1, max_size=20, unique=True))
@settings(deadline=None, max_examples=60)
def test_they_are_the_nearest_in_time_in_whatever_order_captures_come(store: Store, days: list[float]) -> None:
    by_digest = {sha256_hex(payload(day)): float(day) for day in DAYS}
    with neighbours(store) as found:
        for index, day in enumerate(days):
            came = sorted([*map(float, DAYS), *days[:index]])
            assert [by_digest[place.sha256] for place in found.around(at(day))] == nearest(came, day)
            by_digest[to_be_stored(day).sha256] = day
            found.add(at(day), to_be_stored(day))


@pytest.mark.parametrize(
    ("days", "queries"),
    [
        (range(100, 116), 1),  # what a crawl finds: all after the last that is stored
        (range(-1, -17, -1), 1),
        (range(31, 35), 3),  # in the midst of a history: again when there are no longer twelve after it
        ([5, 75, 5], 3),
    ],
)
def test_captures_that_follow_each_other_take_few_queries(store: Store, days: Sequence[int], queries: int) -> None:
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    with neighbours(store) as found:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            for day in days:
                found.around(at(day))
                found.add(at(day), to_be_stored(day))
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert len([one for one in asked if one.startswith("SELECT")]) == queries


def test_of_one_time_the_one_stored_last_is_the_nearest(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'captures.db'}") as store:
        list(keep_unread(store, ((capture_of(payload(day)), payload(day), POLICY) for day in DAYS)))
        with neighbours(store) as found:
            latest = [sha256_hex(payload(day)) for day in reversed(DAYS)]
            assert [place.sha256 for place in found.around(BEGIN)] == latest[:SIDE]
            for day in (0.5, 1.5):
                found.add(BEGIN, to_be_stored(day))
            to_come = [to_be_stored(day).sha256 for day in (1.5, 0.5)]
            assert [place.sha256 for place in found.around(BEGIN)] == [*to_come, *latest][:SIDE]
