"""When a digest is due, and which changes mention a word."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exceptions import UsageError
from core.preferences import FREQUENCIES, THRESHOLDS, Preferences, is_due, mentioned

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BERLIN = Preferences(every="day", at=time(2, 30), timezone="Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")
PREFERENCES = st.builds(
    Preferences,
    significance=st.sampled_from(THRESHOLDS),
    words=st.lists(st.sampled_from(["biometric", "third parties", "生体"]), max_size=2).map(tuple),
    every=st.sampled_from(FREQUENCIES),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
    timezone=st.sampled_from(ZONES),
    weekday=st.integers(0, 6),
    dates=st.sampled_from(["", "de", "pt-BR"]),
)
MOMENTS = st.integers(15_000, 22_000).flatmap(
    lambda days: st.integers(0, 1439).map(lambda minutes: EPOCH + timedelta(days=days, minutes=minutes))
)


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2024-05-06T02:30", "2024-05-06T23:59", False),
        ("2024-05-06T02:30", "2024-05-07T02:29", False),
        ("2024-05-06T02:30", "2024-05-07T02:30", True),
        ("2024-05-06T02:29", "2024-05-06T02:30", True),
        # The clocks are put forward from 2:00 to 3:00.
        ("2024-03-30T02:30", "2024-03-31T01:59", False),
        ("2024-03-30T02:30", "2024-03-31T03:30", True),
        ("2024-03-31T03:30", "2024-04-01T02:29", False),
        # The clocks are put back from 3:00 to 2:00.
        ("2024-10-26T02:30", "2024-10-27T02:29", False),
        ("2024-10-26T02:30", "2024-10-27T02:30", True),
        ("2024-10-27T02:30", "2024-10-27T23:00", False),
    ],
)
def test_a_daily_digest_is_due_once_its_hour_has_passed(last: str, now: str, due: bool) -> None:
    assert is_due(BERLIN, at(last), at(now)) == due


def test_an_hour_that_comes_twice_makes_one_digest_due() -> None:
    first = at("2024-10-27T02:30")
    assert not is_due(BERLIN, first, first.replace(fold=1))


@pytest.mark.parametrize(("now", "due"), [("2024-05-09T06:59", False), ("2024-05-09T07:00", True)])
def test_a_weekly_digest_is_due_on_its_day(now: str, due: bool) -> None:
    thursdays = Preferences(every="week", weekday=3, timezone="America/New_York")
    last = at("2024-05-02T07:05", "America/New_York")
    assert is_due(thursdays, last, at(now, "America/New_York")) == due
    assert is_due(thursdays, last, at("2024-05-13T12:00", "America/New_York"))


def test_the_first_digest_and_one_after_a_wrong_clock_are_due_at_once() -> None:
    now = at("2024-05-06T00:00")
    assert is_due(BERLIN, None, now)
    assert is_due(BERLIN, now + timedelta(days=900), now)


@settings(max_examples=25)
@given(PREFERENCES, MOMENTS)
def test_a_digest_is_due_once_in_each_day_or_week(preferences: Preferences, begin: datetime) -> None:
    last, times = begin, []
    for number in range(12 * 15):
        now = begin + timedelta(hours=2 * number, minutes=1)
        if is_due(preferences, last, now):
            times.append(now)
            last = now
    if preferences.every == "run":
        assert len(times) == 12 * 15
    else:
        assert len(times) in ((14, 15, 16) if preferences.every == "day" else (2, 3))


@given(PREFERENCES, MOMENTS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_what_is_due_stays_due(preferences: Preferences, last: datetime, now: datetime, later: timedelta) -> None:
    last = min(last, now)
    assert not is_due(preferences, last, now) or is_due(preferences, last, now + later)


@given(PREFERENCES)
def test_preferences_are_read_as_they_were_written(preferences: Preferences) -> None:
    assert Preferences.from_dict(preferences.to_dict()) == preferences


@pytest.mark.parametrize(
    ("word", "text", "is_mentioned"),
    [
        ("biometric", "Biometric data", True),
        ("BIOMETRIC", "non-biometric data", True),
        ("data", "our database", False),
        ("third parties", "to third\n parties.", True),
        ("third parties", "a third partiesan", False),
        ("straße", "die STRASSE", True),
        ("生体", "当社は生体情報を", True),
        ("ข้อมูล", "เก็บข้อมูลส่วน", True),
        ("§ 5", "see § 5.", True),
        ("§ 5", "see § 55", False),
    ],
)
def test_words_are_found_whole_and_in_any_case(word: str, text: str, is_mentioned: bool) -> None:
    assert mentioned([word], text) == (frozenset([word]) if is_mentioned else frozenset())


@pytest.mark.parametrize(
    "values",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"timezone": ""},
        {"dates": "xx-nowhere"},
        {"words": ("",)},
        {"words": ("!",)},
        {"words": ("a" * 201,)},
        {"words": ("a\nb",)},
        {"words": ("a",) * 101},
        {"significance": "none"},
        {"every": "month"},
        {"weekday": 7},
    ],
)
def test_wrong_preferences_are_refused_with_what_to_give(values: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="give"):
        Preferences(**values)  # type: ignore[arg-type]
