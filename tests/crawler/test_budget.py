import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from crawler.archives.protocol import RequestKind
from crawler.archives.wayback import WaybackMachine
from crawler.budget import Budget, State, with_block, with_pause, with_turn

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
DAY = 24 * HOUR


KINDS: tuple[RequestKind, ...] = ("listing", "replay")


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.floats(0, 100)), max_size=30))
def test_requests_of_a_kind_are_an_interval_apart(requests: list[tuple[RequestKind, float]]) -> None:
    state, now = State(), NOW
    turns: dict[RequestKind, list[datetime]] = {"listing": [], "replay": []}
    for kind, later in requests:
        now += timedelta(seconds=later)
        state, turn = with_turn(state, kind, SECOND, now)
        assert turn >= now
        turns[kind].append(turn)
    for each in turns.values():
        assert all(after - before >= SECOND for before, after in itertools.pairwise(each))


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    state = with_pause(with_pause(State(), NOW + HOUR), NOW + SECOND)
    assert with_turn(state, "replay", SECOND, NOW)[1] == NOW + HOUR


def test_a_clock_put_back_does_not_hold_crawls_up_for_the_difference() -> None:
    """Turns that were taken before lie in the future then, as after a correction by NTP."""
    state, _ = with_turn(State(), "replay", SECOND, NOW + 24 * HOUR)
    assert with_turn(state, "replay", SECOND, NOW)[1] < NOW + HOUR


def test_a_block_within_a_day_of_the_last_is_twice_as_long() -> None:
    state = with_block(State(), NOW, HOUR, DAY)
    assert state.blocked_until == NOW + HOUR
    # Another crawl that meets with the same block does not make it longer.
    assert with_block(state, NOW + SECOND, HOUR, DAY) == state
    again = with_block(state, NOW + 2 * HOUR, HOUR, DAY)
    assert again.blocked_until == NOW + 4 * HOUR
    assert with_block(again, NOW + 5 * HOUR, HOUR, DAY).block == 4 * HOUR
    assert with_block(again, NOW + 72 * HOUR, HOUR, DAY).block == HOUR


def test_each_archive_has_a_file_of_its_own(tmp_path: Path) -> None:
    for address in ("https://web.archive.org", "http://web.archive.org", "http://[::2]:80/"):
        key = WaybackMachine(address).budget_key
        assert key is not None
        Budget(tmp_path, key).pause(NOW)
    assert sorted(path.name for path in (tmp_path / "clausewatch").glob("*.json")) == [
        "___2__80.json",
        "web.archive.org.json",
    ]
