import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from crawler.budget import Budget, State, with_block, with_pause, with_turn

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@given(st.lists(st.tuples(st.sampled_from(["listing", "replay"]), st.floats(0, 100)), max_size=30))
def test_no_two_requests_of_a_kind_go_out_closer_than_their_interval(asked: list[tuple[str, float]]) -> None:
    state, now = State(), NOW
    turns: dict[str, list[datetime]] = {"listing": [], "replay": []}
    for kind, later in asked:
        now += timedelta(seconds=later)
        state, turn = with_turn(state, kind, SECOND, now)
        assert turn >= now
        turns[kind].append(turn)
    for each in turns.values():
        assert all(after - before >= SECOND for before, after in itertools.pairwise(each))


def test_nothing_goes_out_in_a_pause_and_a_shorter_pause_does_not_end_a_longer_one() -> None:
    state = with_pause(with_pause(State(), NOW + HOUR), NOW + SECOND)
    assert with_turn(state, "replay", SECOND, NOW)[1] == NOW + HOUR


def test_a_clock_that_was_put_back_does_not_have_all_wait_for_the_difference() -> None:
    state, _ = with_turn(State(), "replay", SECOND, NOW + 24 * HOUR)
    assert with_turn(state, "replay", SECOND, NOW)[1] < NOW + HOUR


def test_blocks_double_within_a_day_and_begin_anew_after_it() -> None:
    state = with_block(State(), NOW)
    assert state.blocked_until == NOW + HOUR
    # Another crawl that runs into the same block does not make it longer.
    assert with_block(state, NOW + SECOND) == state
    again = with_block(state, NOW + 2 * HOUR)
    assert again.blocked_until == NOW + 4 * HOUR
    assert with_block(again, NOW + 5 * HOUR).block == 4 * HOUR
    assert with_block(again, NOW + 72 * HOUR).block == HOUR


def test_each_archive_has_a_file_of_its_own(tmp_path: Path) -> None:
    for archive in ("https://web.archive.org", "http://web.archive.org", "http://[::2]:80/"):
        Budget(tmp_path, archive).pause(NOW)
    assert sorted(path.name for path in (tmp_path / "clausewatch").glob("*.json")) == [
        "___2__80.json",
        "web.archive.org.json",
    ]
