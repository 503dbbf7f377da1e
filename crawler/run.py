"""Crawls from Python, and what `scrapy crawl` has in common with them."""

import sys
from typing import Any, cast

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings as ScrapySettings

from core.exceptions import UsageError
from core.settings import Settings, load_settings
from crawler.environment import apply_environment
from crawler.logs import escape_logs
from crawler.outcome import CrawlOutcome, outcome_from
from crawler.own_process import in_own_process

__all__ = ["CrawlOutcome", "crawl"]


def crawl(spider: str, **arguments: str) -> CrawlOutcome:
    """Crawls: spider is `live` or `archive`, the arguments are those of `scrapy crawl`.

    What fails is told on stderr, as `scrapy crawl` tells it, and is in the outcome. UsageError, DeclarationError,
    StorageError when the crawl cannot begin.
    """
    return in_own_process(_crawl, spider, arguments)


def _crawl(spider: str, arguments: dict[str, str]) -> CrawlOutcome:
    process = AsyncCrawlerProcess(project_settings(load_settings()))
    outcome = run_spider(process, spider, arguments)[1]
    tell_failures(outcome)
    return outcome


def tell_failures(outcome: CrawlOutcome) -> None:
    """A line on stderr for each thing that failed."""
    for failure in outcome.failures:
        sys.stderr.write(f"failed: {failure}\n")


def project_settings(environment: Settings) -> ScrapySettings:
    """Scrapy's settings for this project, wherever the process was started."""
    settings = ScrapySettings()
    settings.setmodule("crawler.settings", priority="project")
    apply_environment(settings, environment)
    return settings


def run_spider(
    process: AsyncCrawlerProcess, spider: str | type[Spider], arguments: dict[str, Any]
) -> tuple[Spider, CrawlOutcome]:
    """Runs one spider to its end. Raises what kept it from beginning; UsageError for a spider there is not."""
    try:
        crawler = process.create_crawler(spider)
    except KeyError:
        known = ", ".join(process.spider_loader.list())
        raise UsageError(f"there is no crawl {spider!r}; there are: {known}") from None
    escape_logs(crawler)
    task = process.crawl(crawler, **arguments)
    process.start()
    if not task.done() or task.cancelled():
        raise UsageError("the crawl was interrupted")
    if error := task.exception():
        raise error
    return cast(Spider, crawler.spider), outcome_from(crawler.stats.get_stats())
