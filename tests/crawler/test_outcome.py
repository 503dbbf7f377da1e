"""The outcome that is made from Scrapy's stats after a crawl."""

from unittest.mock import Mock

import pytest
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector

from core.captures import Verdict
from crawler.outcome import Tally, outcome_from
from intake.records import ReadCapture
from tests.stored_captures import capture_of

FINISHED = {"finish_reason": "finished"}


def test_a_finished_crawl_without_captures_is_ok() -> None:
    outcome = outcome_from(FINISHED)
    assert outcome.ok
    assert outcome.summary == "0 captures found, 0 new (0 quarantined), 0 failed"


@pytest.mark.parametrize(
    "stats",
    [
        {},
        {"finish_reason": "shutdown"},
        {**FINISHED, "clausewatch/interrupted_at": 1.0},
        {"finish_reason": "start_error"},
        {**FINISHED, "spider_exceptions/count": 1},
        {**FINISHED, "log_count/ERROR": 1},
        {**FINISHED, "clausewatch/failures": ("hesk/privacy http://a: connection refused",)},
    ],
)
def test_an_interrupt_or_an_error_is_a_failure(stats: dict[str, object]) -> None:
    outcome = outcome_from(stats)
    assert not outcome.ok
    assert len(outcome.failures) == 1


@pytest.mark.parametrize(
    ("stats", "status"),
    [
        ({}, 0),
        ({"fetched": 3}, 0),
        ({"fetched": 3, "failures": ("a page",)}, 3),
        ({"failures": ("the only page",)}, 1),
        ({"fetched": 3, "failures": ("the database",), "ended_early": True}, 1),
        ({"fetched": 3, "interrupted_at": 1.0}, 1),
        # An archive crawl: a listing failed, and another listing has no new captures.
        ({"failures": ("a listing",), "listed": 1}, 3),
        ({"failures": ("a listing",)}, 1),
        # An archive crawl: the archive has listed captures, and returned none of them.
        ({"failures": ("a capture",), "listed": 1, "to_fetch": 5}, 1),
        ({"failures": ("a capture",), "listed": 1, "to_fetch": 5, "fetched": 4}, 3),
        # Captures whose payload is stored already need no request.
        ({"failures": ("a capture",), "listed": 1, "to_fetch": 5, "new": 4}, 3),
    ],
)
def test_the_exit_status_says_whether_everything_else_is_done(stats: dict[str, object], status: int) -> None:
    assert outcome_from(
        {**FINISHED, **{f"clausewatch/{name}": value for name, value in stats.items()}}
    ).exit_status == (status)


def test_quarantined_captures_are_named_up_to_a_limit() -> None:
    stats = MemoryStatsCollector(Mock(settings=Settings()))
    tally = Tally(stats)
    verdict = Verdict("quarantined", "blocked", f"the page says:\n'Just a \x1b moment' {'…' * 300}", rule="blocked")
    for number in range(30):
        tally.count_read(capture_of(b"page"), ReadCapture(number, True, verdict, None))
    lines = outcome_from({**FINISHED, **stats.get_stats()}).lines
    assert len(lines) == 21
    assert " (blocked): the page says: 'Just a \\x1b moment' …" in lines[0]
    assert len(lines[0]) < 400
    assert lines[-1] == "quarantined: 10 more; `clausewatch review` lists them"


def test_the_summary_omits_rare_counts_that_are_zero() -> None:
    counts = {
        "captures": 42,
        "new": 12,
        "quarantined": 1,
        "unplayable": 2,
        "malformed": 3,
        "not_modified": 1,
        "left": 4,
    }
    outcome = outcome_from({**FINISHED, **{f"clausewatch/{name}": count for name, count in counts.items()}})
    assert outcome.summary == (
        "42 captures found, 12 new (1 quarantined), 0 failed, 2 listed by the archive but not returned, "
        "3 unreadable rows of the archive's list skipped, 1 answer without a page (status 304) skipped, 4 left for "
        "the next crawl"
    )
