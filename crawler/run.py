"""Runs crawls from Python. The command `scrapy crawl` uses the same functions."""

import sys
from typing import Any, cast

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings as ScrapySettings

from core.exceptions import UsageError
from core.settings import Settings, load_settings
from crawler.environment import apply_environment, use_bundled_public_suffixes
from crawler.logs import set_up_logs
from crawler.outcome import CrawlOutcome, outcome_from
from crawler.own_process import in_own_process

__all__ = ["CrawlOutcome", "crawl"]


def crawl(spider: str, **arguments: str) -> CrawlOutcome:
    """Runs a crawl in a new process, and returns the crawl's outcome.

    Failures are part of the outcome. They are also printed on stderr, in the same form as by `scrapy crawl`.
    UsageError, DeclarationError or StorageError if the crawl can't begin.

    spider: `live` or `archive`.
    arguments: the spider's arguments, as in `scrapy crawl -a NAME=VALUE`.
    """
    return in_own_process(_crawl, spider, arguments)


def _crawl(spider: str, arguments: dict[str, str]) -> CrawlOutcome:
    process = AsyncCrawlerProcess(project_settings(load_settings()))
    outcome = run_spider(process, spider, arguments)[1]
    print_failures(outcome)
    return outcome


def print_failures(outcome: CrawlOutcome) -> None:
    """Prints a line on stderr for each failure of a crawl."""
    for failure in outcome.failures:
        sys.stderr.write(f"failed: {failure}\n")


def project_settings(environment: Settings) -> ScrapySettings:
    """Returns Scrapy's settings for this project. The settings don't depend on the working directory."""
    settings = ScrapySettings()
    settings.setmodule("crawler.settings", priority="project")
    apply_environment(settings, environment)
    return settings


def run_spider(
    process: AsyncCrawlerProcess, spider: str | type[Spider], arguments: dict[str, Any]
) -> tuple[Spider, CrawlOutcome]:
    """Runs a spider until its crawl has ended. Returns the spider and the outcome of the crawl.

    UsageError if no spider has the name `spider`. An exception that the spider raises at its start is raised here, too.
    """
    use_bundled_public_suffixes()
    try:
        crawler = process.create_crawler(spider)
    except KeyError:
        known_names = ", ".join(process.spider_loader.list())
        raise UsageError(f"there is no crawl {spider!r}; the crawls are: {known_names}") from None
    set_up_logs(crawler)
    task = process.crawl(crawler, **arguments)
    process.start()
    if not task.done() or task.cancelled():
        raise UsageError("the crawl was interrupted")
    if error := task.exception():
        raise error
    return cast(Spider, crawler.spider), outcome_from(crawler.stats.get_stats())
