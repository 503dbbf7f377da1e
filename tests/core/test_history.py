"""How users name a version of a policy: by a date, by its number, or by its id."""

from datetime import UTC, datetime

import pytest

from core.exceptions import UsageError
from core.history import History, Observation, Period, Version, period_for

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def period(capture_id: int, version_id: str, *moment: int) -> Period:
    captured_at = datetime(*moment, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year, month, day, hour, minute
    return Period(version_id, (Observation(capture_id, captured_at, "", "live", "", version_id),))


FIRST = period(1, "aaa1", 2020, 5, 1)
SECOND = period(2, "aab2", 2021, 5, 1, 6, 0)
RETURN = period(3, "aaa1", 2021, 5, 1, 18, 30)
HISTORY = History((FIRST, SECOND, RETURN), (Version(1, "aaa1", (FIRST, RETURN)), Version(2, "aab2", (SECOND,))))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2", SECOND),
        ("#2", SECOND),
        ("1", RETURN),
        ("001", RETURN),
        ("@aab", SECOND),
        ("2020", FIRST),
        ("2021-05", RETURN),
        ("2021-05-01T06:00", SECOND),
        ("2021-05-01T12", None),
        ("2021-05-01 18:30", RETURN),
        ("2024", RETURN),  # the present year has begun
    ],
)
def test_a_version_is_named_by_date_time_number_or_id(when: str, expected: Period | None) -> None:
    if expected is None:
        with pytest.raises(UsageError, match="is not a date"):
            period_for(HISTORY, when, NOW, "hesk/privacy")
    else:
        assert period_for(HISTORY, when, NOW, "hesk/privacy") == expected


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("3", "hesk/privacy has no version 3; it has versions 1 to 2"),
        ("#0", "no version 0"),
        ("#2020", "no version 2020"),
        ("2024-06-02", "2024-06-02 is in the future; give a date up to today"),
        ("2999", "is in the future"),
        ("#", "is not a date"),
        ("@aa", "give more characters"),
        ("2019", "the first one is from 2020-05-01"),
    ],
)
def test_a_name_that_fits_no_version_is_explained(when: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        period_for(HISTORY, when, NOW, "hesk/privacy")
