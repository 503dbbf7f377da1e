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
def test_requests_of_one_kind_are_at_least_an_interval_apart(requests: list[tuple[RequestKind, float]]) -> None:
    state, now = State(), NOW
    turns: dict[RequestKind, list[datetime]] = {"listing": [], "replay": []}
    for kind, seconds in requests:
        now += timedelta(seconds=seconds)
        state, turn = with_turn(state, kind, SECOND, now)
        assert turn >= now
        turns[kind].append(turn)
    for turns_of_kind in turns.values():
        assert all(after - before >= SECOND for before, after in itertools.pairwise(turns_of_kind))


def test_a_shorter_pause_does_not_shorten_a_longer_pause() -> None:
    state = with_pause(with_pause(State(), NOW + HOUR), NOW + SECOND)
    assert with_turn(state, "replay", SECOND, NOW)[1] == NOW + HOUR


def test_crawls_do_not_wait_for_long_if_the_clock_is_set_back() -> None:
    """If NTP sets the clock back, the turns that are already in the file lie in the future."""
    state, _ = with_turn(State(), "replay", SECOND, NOW + 24 * HOUR)
    assert with_turn(state, "replay", SECOND, NOW)[1] < NOW + HOUR


def test_a_second_block_within_a_day_is_twice_as_long() -> None:
    state = with_block(State(), NOW, HOUR, DAY)
    assert state.blocked_until == NOW + HOUR
    # If another crawl records the same block, the block does not become longer.
    assert with_block(state, NOW + SECOND, HOUR, DAY) == state
    second = with_block(state, NOW + 2 * HOUR, HOUR, DAY)
    assert second.blocked_until == NOW + 4 * HOUR
    assert with_block(second, NOW + 5 * HOUR, HOUR, DAY).block == 4 * HOUR
    assert with_block(second, NOW + 72 * HOUR, HOUR, DAY).block == HOUR


def test_each_archive_host_has_its_own_budget_file(tmp_path: Path) -> None:
    for address in ("https://web.archive.org", "http://web.archive.org", "http://[::2]:80/"):
        key = WaybackMachine(address).budget_key
        assert key is not None
        Budget(tmp_path, key).pause(NOW)
    assert sorted(path.name for path in (tmp_path / "clausewatch").glob("*.json")) == [
        "___2__80.json",
        "web.archive.org.json",
    ]
