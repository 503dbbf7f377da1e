"""Captures with a time or a status that can't be true are stored, and quarantined."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse

from core.archives import Provenance
from core.captures import Capture
from core.policies import PolicyKey
from crawler.captures import live_capture
from storage import Store
from tests.keeping import keep
from tests.stored_captures import BEGIN, POLICY, URL, capture_of, page

KEY = PolicyKey("marmot", "privacy")
PAGE = page("We keep your messages for a year.")


def answer(status: int) -> Capture:
    times = {"requested_at": BEGIN, "answered_at": BEGIN}
    response = HtmlResponse(URL, status=status, body=PAGE, request=Request(URL, meta=times))
    return live_capture(response, KEY, URL)


@pytest.mark.parametrize("status", [0, 99, 1000, 2147483648, 10**40])
def test_an_answer_with_an_impossible_status_is_kept_and_quarantined(store: Store, status: int) -> None:
    kept = keep(store, answer(status), PAGE, POLICY)
    assert (kept.verdict.reason, kept.verdict.rule) == ("implausible", "implausible_capture")
    assert store.library.payload(answer(status).sha256) == PAGE


def test_an_answer_with_a_possible_status_is_judged_by_its_page(store: Store) -> None:
    assert keep(store, answer(200), PAGE, POLICY).verdict.name == "accepted"


@pytest.mark.parametrize(
    "captured_at",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1989, 12, 31, tzinfo=UTC),
        BEGIN + timedelta(days=1, seconds=1),
        datetime(2099, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_an_archived_capture_of_an_impossible_time_is_quarantined(store: Store, captured_at: datetime) -> None:
    archived = replace(
        capture_of(PAGE), source="wayback", provenance=Provenance("wayback", {}), captured_at=captured_at
    )
    kept = keep(store, archived, PAGE, POLICY)
    assert kept.verdict.reason == "implausible"
    assert [stored.capture.captured_at for stored in store.library.captures(KEY)] == [captured_at]


def test_a_clock_that_is_wrong_by_hours_is_no_reason_to_quarantine(store: Store) -> None:
    early = replace(capture_of(PAGE), answered_at=BEGIN - timedelta(hours=20))
    assert keep(store, early, PAGE, POLICY).verdict.name == "accepted"


def test_a_capture_of_the_last_day_of_the_calendar_breaks_no_timeline(store: Store) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    keep(store, capture_of(PAGE), PAGE, POLICY)
    other = page("We keep your messages for a month.")
    clock = replace(capture_of(other), captured_at=last, requested_at=last, answered_at=last)
    assert keep(store, clock, other, POLICY).verdict.name == "accepted"
    assert len(store.library.settled(KEY).pending) == 1
