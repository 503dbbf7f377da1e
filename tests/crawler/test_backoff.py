import asyncio
import logging
from datetime import UTC, datetime
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.settings import Settings

from crawler.archives.wayback import Trouble
from crawler.backoff import ArchiveGivenUpInterrupt, Gate, seconds_to_wait

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TROUBLE = Trouble("status 503")


def gate(**settings: float) -> Gate:
    defaults = {"ARCHIVE_BACKOFF": 0.01, "ARCHIVE_BACKOFF_429": 0.01, "ARCHIVE_BACKOFF_MAX": 60, "ARCHIVE_STRIKES": 3}
    return Gate(Settings({**defaults, **settings}), lambda: True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert seconds_to_wait(value, NOW) == seconds


@settings(deadline=None)
@given(
    st.text(max_size=30)
    | st.integers().map(str)
    | st.from_regex(r"\A(Thu, )?[0-9]{1,3} Jan [0-9]{1,7} [0-9]{1,3}:[0-9]{1,3}:[0-9]{1,3} ([+-][0-9]{1,20}|GMT)?\Z")
)
def test_whatever_retry_after_says_it_is_a_wait_or_nothing(value: str) -> None:
    seconds = seconds_to_wait(value, NOW)
    assert seconds is None or 0 <= seconds <= 366 * 24 * 3600


def test_the_gate_lets_through_until_there_is_trouble() -> None:
    asyncio.run(asyncio.wait_for(gate(ARCHIVE_BACKOFF=60).enter("replay"), 1))


def test_the_gate_holds_requests_back_for_as_long_as_retry_after_says() -> None:
    async def wait() -> float:
        one = gate()
        began = monotonic()
        one.strike(Trouble("status 429", "1", too_many=True), began)
        await one.enter("replay")
        return monotonic() - began

    assert 1 <= asyncio.run(wait()) < 2


def test_the_gate_closes_for_good_after_too_many_troubles_in_a_row() -> None:
    one = gate()
    for _ in range(3):
        one.strike(TROUBLE, monotonic())
    with pytest.raises(ArchiveGivenUpInterrupt, match="3 times in a row, last: status 503"):
        asyncio.run(one.enter("replay"))


def test_an_answer_in_between_begins_the_count_anew() -> None:
    one = gate()
    for _ in range(5):
        one.strike(TROUBLE, monotonic())
        one.clear()
    assert one.given_up is None


def test_requests_that_were_under_way_at_the_first_trouble_count_as_one() -> None:
    one = gate()
    sent_at = monotonic()
    for _ in range(5):
        one.strike(TROUBLE, sent_at)
    assert one.given_up is None


def test_the_gate_does_not_wait_for_hours_but_says_until_when_the_archive_wants_to_be_left_alone() -> None:
    one = gate()
    one.strike(Trouble("status 429", "3600", too_many=True), monotonic())
    with pytest.raises(ArchiveGivenUpInterrupt, match=r"left alone until \d{4}-\d\d-\d\dT.*Z \(status 429\)"):
        asyncio.run(one.enter("replay"))


def test_an_interrupted_crawl_does_not_wait_for_the_gate() -> None:
    one = Gate(Settings({"ARCHIVE_BACKOFF": 60, "ARCHIVE_BACKOFF_MAX": 60, "ARCHIVE_STRIKES": 3}), lambda: False)
    one.strike(TROUBLE, monotonic())
    asyncio.run(asyncio.wait_for(one.enter("replay"), 1))


def test_each_wait_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        gate().strike(TROUBLE, monotonic())
    assert caplog.messages == ["the archive: status 503; asking again in 0 s"]
