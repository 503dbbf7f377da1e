"""The clock that limits the time that the servers of one page may take."""

import pytest

from crawler import page_clock
from crawler.page_clock import PageClock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Returns a list whose only element is the present time."""
    now = [100.0]
    monkeypatch.setattr(page_clock, "monotonic", lambda: now[0])
    return now


def test_the_clock_stands_still_while_the_page_waits_for_its_turn(now: list[float]) -> None:
    clock = PageClock(60)
    for _ in range(2):
        with clock.running():
            now[0] += 20
        now[0] += 1000
    assert clock.seconds_left == 20
    with clock.running():
        now[0] += 30
        assert clock.seconds_left == 0


def test_requests_at_the_same_time_count_once(now: list[float]) -> None:
    clock = PageClock(60)
    with clock.running():
        now[0] += 10
        with clock.running():
            now[0] += 10
        now[0] += 10
    assert clock.seconds_left == 30
