"""Random histories of crawls, backfills, reviews, clocks and digests tell each change once. `bench/once` plays more."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings

from bench.once.histories import (
    AHEAD_FOR_A_WHILE,
    AHEAD_UNTIL_A_CHANGE,
    AHEAD_UNTIL_TOMORROW,
    GONE_AND_THERE_AGAIN,
    REJECTED_AND_CAPTURED_AGAIN,
    with_a_right_clock,
    with_a_wrong_clock,
)
from bench.once.world import Step, play
from storage import Store

_quick = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def play_on_sqlite(empty_sqlite: Path, folder: Path, steps: Sequence[Step]) -> None:
    for old in folder.glob("store.db*"):
        old.unlink()
    shutil.copy(empty_sqlite, folder / "store.db")
    url = f"sqlite:///{folder / 'store.db'}"
    with Store.open(url) as store, Store.open(url) as other:
        play((store, other), steps)


@given(steps=with_a_right_clock)
@example(steps=REJECTED_AND_CAPTURED_AGAIN)
@example(steps=GONE_AND_THERE_AGAIN)
@_quick
def test_each_change_is_told_once(empty_sqlite: Path, tmp_path: Path, steps: list[Step]) -> None:
    play_on_sqlite(empty_sqlite, tmp_path, steps)


@given(steps=with_a_wrong_clock)
@example(steps=AHEAD_FOR_A_WHILE)
@example(steps=AHEAD_UNTIL_TOMORROW)
@example(steps=AHEAD_UNTIL_A_CHANGE)
@_quick
def test_a_wrong_clock_hides_no_change_and_repeats_none(empty_sqlite: Path, tmp_path: Path, steps: list[Step]) -> None:
    play_on_sqlite(empty_sqlite, tmp_path, steps)
