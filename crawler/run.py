"""Runs crawls from Python. The command `scrapy crawl` uses the same functions."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Any, cast

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings as ScrapySettings

from core.exceptions import ClausewatchError, UsageError
from core.settings import Settings, load_settings
from crawler.environment import apply_environment, use_bundled_public_suffixes
from crawler.interruption import end_crawl_after_signal
from crawler.logs import set_up_logs
from crawler.outcome import CrawlOutcome, outcome_from
from crawler.own_process import ProcessInterrupt, in_own_process

__all__ = ["CrawlOutcome", "crawl"]


def crawl(spider: str, **arguments: str) -> CrawlOutcome:
    """Runs a crawl in a new process, and returns the crawl's outcome.

    Failures are part of the outcome. They are also printed on stderr, in the same form as by `scrapy crawl`.
    If this process is interrupted, the crawl is interrupted, too, and the outcome says so.

    UsageError, DeclarationError or StorageError if the crawl can't begin. KeyboardInterrupt if this process was
    interrupted before the crawl began, or if the interrupted crawl had to be cut off.

    spider: `live` or `archive`.
    arguments: the spider's arguments, as in `scrapy crawl -a NAME=VALUE`.
    """
    try:
        return in_own_process(_crawl, spider, arguments)
    except ProcessInterrupt as interrupt:
        if interrupt.result is None:
            raise
        outcome: CrawlOutcome = interrupt.result
        return replace(outcome, interrupted=True)


def _crawl(spider: str, arguments: dict[str, str]) -> CrawlOutcome:
    process = AsyncCrawlerProcess(project_settings(load_settings()))
    return run_spider(process, spider, arguments, print_failures)[1]


def print_failures(outcome: CrawlOutcome) -> None:
    """Prints a line on stderr for each failure of a crawl."""
    for failure in outcome.failures:
        sys.stderr.write(f"failed: {failure}\n")
    sys.stderr.flush()


def project_settings(environment: Settings) -> ScrapySettings:
    """Returns Scrapy's settings for this project. The settings don't depend on the working directory."""
    settings = ScrapySettings()
    settings.setmodule("crawler.settings", priority="project")
    apply_environment(settings, environment)
    return settings


def run_spider(
    process: AsyncCrawlerProcess,
    spider: str | type[Spider],
    arguments: dict[str, Any],
    report: Callable[[CrawlOutcome], object],
) -> tuple[Spider, CrawlOutcome]:
    """Runs a spider until its crawl has ended. Returns the spider and the outcome of the crawl.

    SIGINT and SIGTERM end the crawl in order (crawler.interruption), from now until this process ends.

    report: called with the outcome, before it is returned. If the crawl is cut off after a signal, `report` is called
        in another thread, and then this process ends.

    UsageError if no spider has the name `spider`. An exception that the spider raises at its start is raised here, too.
    """
    use_bundled_public_suffixes()
    try:
        crawler = process.create_crawler(spider)
    except KeyError:
        known_names = ", ".join(process.spider_loader.list())
        raise UsageError(f"there is no crawl {spider!r}; the crawls are: {known_names}") from None
    set_up_logs(crawler)
    reporting = Lock()

    def cut_off() -> None:
        if reporting.acquire(blocking=False):
            try:
                stats = crawler.stats.get_stats()
            except RuntimeError:  # the crawl has not begun, for instance because the database is locked
                stats = {}
            report(outcome_from(stats, is_cut_off=True))

    end_crawl_after_signal(crawler, cut_off, asyncio.get_event_loop())
    task = process.crawl(crawler, **arguments)
    process.start(install_signal_handlers=False)
    if not task.done() or task.cancelled():
        raise ClausewatchError("the crawl was interrupted")
    if error := task.exception():
        raise error
    outcome = outcome_from(crawler.stats.get_stats())
    if reporting.acquire(blocking=False):
        report(outcome)
    return cast(Spider, crawler.spider), outcome
