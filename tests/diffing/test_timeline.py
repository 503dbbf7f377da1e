"""The periods and versions that a timeline derives from a set of captures."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.history import Observation, Period
from diffing.timeline import timeline

BEGIN = datetime(2010, 11, 25, tzinfo=UTC)


def observed(day: int, version_id: str, *, url: str = "https://marmot.example/privacy", key: int = 0) -> Observation:
    return Observation(key or day, BEGIN + timedelta(days=day), url, "live", f"{version_id}{day}", version_id)


# Drawn from few days and few versions, so that some captures have the same time and some versions return.
observations = st.builds(
    Observation,
    capture_id=st.integers(1, 1000),
    captured_at=st.integers(0, 5).map(lambda day: BEGIN + timedelta(days=day)),
    url=st.sampled_from(["http://marmot.example/a", "http://marmot.example/b"]),
    source=st.sampled_from(["live", "wayback"]),
    sha256=st.sampled_from(["aa", "bb", "cc"]),
    version_id=st.sampled_from(["one", "two", "three"]),
)


@given(st.lists(observations, max_size=12), st.data())
def test_order_and_repetition_of_captures_make_no_difference(captures: list[Observation], data: st.DataObject) -> None:
    shuffled = data.draw(
        st.permutations(captures + data.draw(st.lists(st.sampled_from(captures)) if captures else st.just([])))
    )
    assert timeline(shuffled) == timeline(captures)


@given(st.lists(observations, max_size=12))
def test_every_capture_is_in_one_period_of_the_captures_version(captures: list[Observation]) -> None:
    history = timeline(captures)
    placed = [observation for period in history.periods for observation in period.observations]
    assert len(placed) == len(set(captures))
    assert set(placed) == set(captures)
    assert [observation.captured_at for observation in placed] == sorted(
        observation.captured_at for observation in set(captures)
    )
    assert all(
        observation.version_id == period.version_id for period in history.periods for observation in period.observations
    )
    assert all(before.version_id != after.version_id for before, after in pairwise(history.periods))


@given(st.lists(observations, max_size=12))
def test_versions_are_numbered_by_first_appearance_with_all_periods(captures: list[Observation]) -> None:
    history = timeline(captures)
    assert [version.number for version in history.versions] == list(range(1, len(history.versions) + 1))
    appearances = list(dict.fromkeys(period.version_id for period in history.periods))
    assert [version.id for version in history.versions] == appearances
    for version in history.versions:
        assert version.periods == tuple(period for period in history.periods if period.version_id == version.id)


@given(
    st.lists(
        observations,
        max_size=12,
        unique_by=lambda observation: (
            observation.captured_at,
            observation.url,
            observation.source,
            observation.sha256,
        ),
    ),
    st.data(),
)
def test_capture_ids_make_no_difference(captures: list[Observation], data: st.DataObject) -> None:
    capture_ids = data.draw(st.permutations(range(len(captures))))
    with_other_ids = [
        replace(capture, capture_id=capture_id) for capture_id, capture in zip(capture_ids, captures, strict=True)
    ]
    assert _without_ids(timeline(with_other_ids).periods) == _without_ids(timeline(captures).periods)


def _without_ids(periods: tuple[Period, ...]) -> list[tuple[str, list[Observation]]]:
    return [
        (period.version_id, [replace(observation, capture_id=0) for observation in period.observations])
        for period in periods
    ]


def test_a_text_that_returns_is_one_version_with_two_periods() -> None:
    history = timeline([observed(1, "a"), observed(2, "b"), observed(3, "a"), observed(4, "a")])
    assert [period.version_id for period in history.periods] == ["a", "b", "a"]
    assert [(version.number, version.id, len(version.periods)) for version in history.versions] == [
        (1, "a", 2),
        (2, "b", 1),
    ]


def test_a_backfill_changes_version_numbers_but_not_version_ids() -> None:
    late = [observed(5, "b"), observed(6, "c")]
    assert [(version.number, version.id) for version in timeline(late).versions] == [(1, "b"), (2, "c")]
    backfilled = timeline([*late, observed(1, "a"), observed(2, "c")])
    assert [(version.number, version.id) for version in backfilled.versions] == [(1, "a"), (2, "c"), (3, "b")]


def test_the_same_text_at_another_address_continues_the_period() -> None:
    history = timeline([observed(1, "a"), observed(2, "a", url="https://marmot.example/legal/privacy")])
    assert len(history.periods) == 1


def test_a_policy_without_captures_has_an_empty_history() -> None:
    history = timeline([])
    assert (history.periods, history.versions) == ((), ())
