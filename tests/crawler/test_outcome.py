"""The outcome that is made from Scrapy's stats after a crawl."""

import pytest

from crawler.outcome import outcome_from

FINISHED = {"finish_reason": "finished"}


def test_a_finished_crawl_without_captures_is_ok() -> None:
    outcome = outcome_from(FINISHED)
    assert outcome.ok
    assert outcome.summary == "0 captures found, 0 new, 0 quarantined, 0 failed"


@pytest.mark.parametrize(
    "stats",
    [
        {},
        {"finish_reason": "shutdown"},
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
        "42 captures found, 12 new, 1 quarantined, 0 failed, 2 listed by the archive but not returned, "
        "3 malformed rows skipped, 1 response of status 304 skipped, 4 left for the next crawl"
    )
