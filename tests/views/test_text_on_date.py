"""What is known of the text that a policy had on a date: the captures before and after it, and the gap between them."""

from datetime import UTC, datetime

import pytest

from core.exceptions import UsageError
from core.history import Observation
from diffing.timeline import timeline
from views.text_on_date import TextOnDate, text_on_date


def day(month: int, number: int, hour: int = 12) -> datetime:
    return datetime(2024, month, number, hour, tzinfo=UTC)


HISTORY = timeline(
    Observation(number, at, "https://a.example/", "live", f"{number:064d}", version)
    for number, (at, version) in enumerate(
        [(day(1, 1), "a" * 12), (day(3, 1), "a" * 12), (day(3, 31), "b" * 12), (day(3, 31, 18), "b" * 12)]
    )
)


def on(when: str, *quarantined: datetime) -> TextOnDate:
    found = text_on_date(HISTORY, when, quarantined)
    assert found
    return found


def test_the_captures_around_a_date_show_the_same_text() -> None:
    found = on("2024-02-03", day(2, 1), day(3, 2))
    assert found.after
    assert (found.before.capture.captured_at, found.after.capture.captured_at) == (day(1, 1), day(3, 1))
    assert (found.before.version, found.after.version, found.quarantined) == (1, 1, 1)
    assert found.conclusion.startswith("Both captures show this text. They are 60 days apart")


def test_between_two_texts_it_is_not_certain_which_one_stood() -> None:
    found = on("2024-03-01")
    assert found.before.capture.captured_at == day(3, 1)  # a capture of that day counts
    assert found.conclusion == (
        "The text was replaced at some time in the 30 days between these captures, so it is not certain which of the "
        "two texts the page showed on 2024-03-01."
    )


def test_after_the_last_capture_nothing_is_known() -> None:
    found = on("2024-04-01", day(3, 1), day(4, 2), day(5, 1))
    assert (found.after, found.quarantined) == (None, 2)
    assert "it is not known whether the page still showed this text on 2024-04-01" in found.conclusion


def test_a_year_or_a_month_means_its_end() -> None:
    assert on("2024-03").date == "at the end of 2024-03"
    assert on("2024-03").before.capture.captured_at == day(3, 31, 18)
    assert on("2024-03-31T13:00").date == "on 2024-03-31T13:00"


@pytest.mark.parametrize("when", ["1", "@aaa", "2023-12-31"])
def test_a_version_or_a_date_before_all_captures_has_none(when: str) -> None:
    assert text_on_date(HISTORY, when, ()) is None


def test_what_is_no_date_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a date"):
        text_on_date(HISTORY, "soon", ())
