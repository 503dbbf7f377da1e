"""The log of a crawl: one line for each message, with the time in UTC, in the words of clausewatch.

Text from a web page can't forge a log line or put control characters into the log.
"""

import logging
import time
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.log import get_scrapy_root_handler
from twisted.logger import globalLogBeginner

from core.escaping import escape_controls, escape_line

# The loggers of clausewatch have names that begin with the name of a room. A spider's logger has the spider's name.
_OWN_LOGGERS = frozenset({"crawler", "extraction", "formats", "intake", "storage", "live", "archive"})
# Twisted logs a traceback if a certificate contains no host. The failure of the request says the same in one line.
_CERTIFICATE = "while verifying certificate"


class EscapingFormatter(logging.Formatter):
    """A formatter that writes every message on one line, with control characters as visible escapes.

    In a traceback, line breaks remain; all other control characters are escaped. Times are in UTC.
    """

    converter = staticmethod(time.gmtime)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Formats the record with its message on one line."""
        record.message = escape_line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        """Formats a traceback. ei: the result of `sys.exc_info`."""
        return escape_controls(super().formatException(ei))


def is_for_operator(record: logging.LogRecord) -> bool:
    """Returns whether a record belongs into the log of a crawl.

    A warning of a library does not: what it warns of is a failure of the crawl, or no concern of the operator. An error
    of a library is a fault of clausewatch, and its message is changed to say so.
    """
    if record.name.partition(".")[0] in _OWN_LOGGERS or record.levelno < logging.WARNING:
        return True
    if record.levelno < logging.ERROR or _CERTIFICATE in str(record.msg):
        return False
    record.msg, record.args = f"an error in clausewatch itself; please report these lines: {record.getMessage()}", ()
    return True


def set_up_logs(crawler: Crawler) -> None:
    """Makes the crawl's log handler write as this module says, now and whenever Scrapy installs another handler."""
    # Until this call, Twisted writes critical messages to standard error itself, in addition to the log.
    globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)

    def install() -> None:
        handler = get_scrapy_root_handler()
        if handler is not None and is_for_operator not in handler.filters:
            settings = crawler.settings
            handler.setFormatter(EscapingFormatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"]))
            handler.addFilter(is_for_operator)

    install()
    crawler.signals.connect(install, signals.engine_started, weak=False)
