import asyncio
import logging
from datetime import UTC, datetime
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.settings import Settings

from core.exceptions import ArchiveBlockedError, ArchiveError, ArchiveNotAnsweringError, ArchiveRateLimitError
from crawler.archives.protocol import limits_in_force
from crawler.archives.wayback import WaybackMachine
from crawler.backoff import ArchiveGivenUpInterrupt, Gate, seconds_to_wait

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ERROR = ArchiveNotAnsweringError("status 503")
ARCHIVE = WaybackMachine("http://127.0.0.1:80")


def gate(is_running: bool = True, **overrides: float) -> Gate:
    defaults = {"ARCHIVE_BACKOFF": 0.01, "ARCHIVE_BACKOFF_429": 0.01, "ARCHIVE_BACKOFF_MAX": 60, "ARCHIVE_STRIKES": 3}
    limits = limits_in_force(ARCHIVE, Settings({**defaults, **overrides}))
    return Gate(ARCHIVE, limits, lambda: is_running)


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
def test_retry_after_may_be_a_number_of_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert seconds_to_wait(value, NOW) == seconds


@settings(deadline=None)
@given(
    st.text(max_size=30)
    | st.integers().map(str)
    | st.from_regex(r"\A(Thu, )?[0-9]{1,3} Jan [0-9]{1,7} [0-9]{1,3}:[0-9]{1,3}:[0-9]{1,3} ([+-][0-9]{1,20}|GMT)?\Z")
)
def test_the_wait_from_retry_after_is_at_most_a_year(value: str) -> None:
    seconds = seconds_to_wait(value, NOW)
    assert seconds is None or 0 <= seconds <= 366 * 24 * 3600


def test_the_gate_is_open_before_the_first_error() -> None:
    asyncio.run(asyncio.wait_for(gate(ARCHIVE_BACKOFF=60).enter("replay"), 1))


def test_the_gate_is_closed_for_the_time_in_retry_after() -> None:
    async def wait() -> float:
        closed = gate()
        began = monotonic()
        closed.strike(ArchiveRateLimitError("status 429", retry_after="1", affects_all=True), began)
        await closed.enter("replay")
        return monotonic() - began

    assert 1 <= asyncio.run(wait()) < 2


def test_the_gate_stays_closed_after_too_many_errors_in_a_row() -> None:
    closed = gate()
    for _ in range(3):
        closed.strike(ERROR, monotonic())
    assert isinstance(closed.given_up, ArchiveNotAnsweringError)
    with pytest.raises(ArchiveGivenUpInterrupt, match="3 requests in a row have failed; the last error: status 503"):
        asyncio.run(closed.enter("replay"))


def test_an_answer_resets_the_count_of_errors() -> None:
    gate_with_answers = gate()
    for _ in range(5):
        gate_with_answers.strike(ERROR, monotonic())
        gate_with_answers.clear()
    assert gate_with_answers.given_up is None


def test_errors_of_concurrent_requests_count_as_one_error() -> None:
    closed = gate()
    sent_at = monotonic()
    for _ in range(5):
        closed.strike(ERROR, sent_at)
    assert closed.given_up is None


def test_the_crawl_gives_up_the_archive_if_retry_after_is_an_hour() -> None:
    closed = gate()
    closed.strike(ArchiveRateLimitError("status 429", retry_after="3600", affects_all=True), monotonic())
    assert isinstance(closed.given_up, ArchiveBlockedError)
    with pytest.raises(ArchiveGivenUpInterrupt, match=r"no more requests until \d{4}-\d\d-\d\dT.*Z \(status 429\)"):
        asyncio.run(closed.enter("replay"))


def test_an_interrupted_crawl_does_not_wait_at_the_gate() -> None:
    closed = gate(is_running=False, ARCHIVE_BACKOFF=60)
    closed.strike(ERROR, monotonic())
    asyncio.run(asyncio.wait_for(closed.enter("replay"), 1))


def test_each_wait_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        gate().strike(ERROR, monotonic())
    assert caplog.messages == ["a request to the archive has failed: status 503; trying again in 0 s"]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (ArchiveNotAnsweringError("status 503"), 5),
        (ArchiveBlockedError("connection refused"), 5),
        (ArchiveRateLimitError("status 429"), 60),
    ],
)
def test_the_wait_after_a_rate_limit_error_is_longer(
    error: ArchiveError, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    gate(ARCHIVE_BACKOFF=5, ARCHIVE_BACKOFF_429=60).strike(error, monotonic())
    assert caplog.messages == [f"a request to the archive has failed: {error}; trying again in {seconds} s"]


def test_a_limit_from_scrapys_settings_has_the_type_of_the_field() -> None:
    limits = limits_in_force(ARCHIVE, Settings({"ARCHIVE_TRIES": "7", "ARCHIVE_LISTING_INTERVAL": "0.5"}))
    assert (limits.tries, limits.listing_interval) == (7, 0.5)
    assert limits.listing_rows == ARCHIVE.limits.listing_rows
