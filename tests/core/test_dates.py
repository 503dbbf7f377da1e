"""Parsing of dates that people type into spans of time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dates import iso, parse_span
from core.exceptions import UsageError


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2016", "2016-01-01T00:00:00Z", "2016-12-31T23:59:59Z"),
        ("2016-02", "2016-02-01T00:00:00Z", "2016-02-29T23:59:59Z"),
        ("2016-12", "2016-12-01T00:00:00Z", "2016-12-31T23:59:59Z"),
        ("2016-10-18", "2016-10-18T00:00:00Z", "2016-10-18T23:59:59Z"),
        ("2016-10-18T22:57:56Z", "2016-10-18T22:57:56Z", "2016-10-18T22:57:56Z"),
        ("2016-10-18T23:57:56+02:00", "2016-10-18T21:57:56Z", "2016-10-18T21:57:56Z"),
        ("2016-10-18T22:57:56", "2016-10-18T22:57:56Z", "2016-10-18T22:57:56Z"),
        ("2016-10-18 22:57", "2016-10-18T22:57:00Z", "2016-10-18T22:57:59Z"),
    ],
)
def test_span_reaches_from_first_to_last_instant_of_a_date(text: str, begin: str, end: str) -> None:
    span = parse_span(text)
    assert (iso(span.begin), iso(span.end)) == (begin, end)


def test_a_time_contains_the_instants_that_are_printed_like_it() -> None:
    moment = datetime(2016, 10, 18, 22, 57, 56, 700_000, tzinfo=UTC)
    for text in ("2016-10-18T22:57", iso(moment), "2016-10-18T22:57:56.7"):
        assert parse_span(text).begin <= moment <= parse_span(text).end
    assert parse_span("2016-10-18T22:57:56.5").end < moment


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9998, 12, 30)))  # noqa: DTZ001  # UTC is added below
def test_span_of_a_day_month_or_year_contains_its_instants(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    for text in (f"{moment:%Y}".zfill(4), f"{moment:%Y}".zfill(4) + f"{moment:-%m}", moment.date().isoformat()):
        span = parse_span(text)
        assert span.begin <= moment <= span.end
        assert (span.end + timedelta(microseconds=1)).time().isoformat() == "00:00:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "16",
        "2016-13",
        "2016-00",
        "2016-00-05",
        "2016-05-00",
        "2016-02-30",
        "0000",
        "9999",
        "20161018",
        "2016-W42",
    ],
)
def test_invalid_date_is_refused_with_an_example_of_a_valid_date(text: str) -> None:
    with pytest.raises(UsageError, match="2018-05-25"):
        parse_span(text)
