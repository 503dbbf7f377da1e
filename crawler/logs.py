"""Log lines that a page cannot forge or fill with control characters."""

import logging
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.log import get_scrapy_root_handler

from core.escaping import escape_controls, escape_line


class EscapingFormatter(logging.Formatter):
    """Every message on one line; control characters, there and in tracebacks, as visible escapes."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See logging."""
        record.message = escape_line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        """See logging."""
        return escape_controls(super().formatException(ei))


def escape_logs(crawler: Crawler) -> None:
    """Has the crawl's log handler escape what it writes, from the moment Scrapy has set it up."""

    def install() -> None:
        handler = get_scrapy_root_handler()
        if handler is not None:
            settings = crawler.settings
            handler.setFormatter(EscapingFormatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"]))

    crawler.signals.connect(install, signals.engine_started, weak=False)
