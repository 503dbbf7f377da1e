"""The log of a crawl: one line for each message, one clock, and no words of the libraries."""

import logging
import time

import pytest

from crawler import settings
from crawler.logs import EscapingFormatter, is_for_operator


def record(name: str, level: int, message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(name, level, "", 0, message, arguments, None)


def test_a_page_cannot_forge_a_log_line() -> None:
    forged = record("crawler", logging.WARNING, "got %s", "a\n2026-01-01 ERROR \x1b[31mforged")
    line = EscapingFormatter("%(levelname)s %(message)s").format(forged)
    assert line == "WARNING got a\\n2026-01-01 ERROR \\x1b[31mforged"


def test_the_time_of_a_log_line_is_in_utc_wherever_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        line = record("crawler", logging.WARNING, "slow")
        line.created = 0
        text = EscapingFormatter(settings.LOG_FORMAT, settings.LOG_DATEFORMAT).format(line)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert text == "1970-01-01T00:00:00Z WARNING slow"


@pytest.mark.parametrize("name", ["scrapy.core.downloader.handlers.http11", "twisted", "py.warnings", "asyncio"])
def test_warnings_of_the_libraries_are_left_out(name: str) -> None:
    assert not is_for_operator(record(name, logging.WARNING, "Got data loss in %s", "http://a.example/"))


@pytest.mark.parametrize("name", ["crawler.backoff", "archive", "live", "intake"])
def test_warnings_of_clausewatch_stay_as_they_are(name: str) -> None:
    own = record(name, logging.WARNING, "temporary error")
    assert is_for_operator(own)
    assert own.getMessage() == "temporary error"


def test_an_error_in_a_library_is_told_as_an_error_in_clausewatch() -> None:
    error = record("scrapy.core.scraper", logging.ERROR, "Spider error processing %s", "100 % <GET>")
    assert is_for_operator(error)
    assert error.getMessage() == (
        "an error in clausewatch itself; please report these lines: Spider error processing 100 % <GET>"
    )


def test_a_certificate_that_names_no_host_leaves_no_traceback_in_the_log() -> None:
    assert not is_for_operator(record("twisted", logging.CRITICAL, "while verifying certificate"))
