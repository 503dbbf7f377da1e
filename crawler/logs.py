"""Escapes log lines, so that text from a web page can't forge a log line or put control characters into the log."""

import logging
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.log import get_scrapy_root_handler

from core.escaping import escape_controls, escape_line


class EscapingFormatter(logging.Formatter):
    """A formatter that writes every message on one line, with control characters as visible escapes.

    In a traceback, line breaks remain; all other control characters are escaped.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Formats the record with its message on one line."""
        record.message = escape_line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        """Formats a traceback. ei: the result of `sys.exc_info`."""
        return escape_controls(super().formatException(ei))


def escape_logs(crawler: Crawler) -> None:
    """Sets the escaping formatter on the crawl's log handler as soon as Scrapy has installed the handler."""

    def install() -> None:
        handler = get_scrapy_root_handler()
        if handler is not None:
            settings = crawler.settings
            handler.setFormatter(EscapingFormatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"]))

    crawler.signals.connect(install, signals.engine_started, weak=False)
