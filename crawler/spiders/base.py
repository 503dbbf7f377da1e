"""What both spiders share: the policies to crawl, the store, and the tally of what the crawl did."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Self

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler

from core.captures import Capture
from core.declarations import Policy, Vendor, select_vendors
from core.exceptions import UsageError
from core.policies import PolicyKey
from core.settings import Settings
from crawler.environment import environment_of
from crawler.outcome import Tally
from crawler.progress import Progress
from intake.records import ReadCapture, UnreadCapture
from intake.service import Intake
from storage import Store


class BaseSpider(scrapy.Spider):
    """Crawls the declared policies of some vendors, or of all.

    vendor: slugs, separated by commas; empty means all vendors.
    done: how many pieces of work, such as captures, are finished.
    unread: how many captures are stored but not read yet.
    stopped: whether the crawl is ending early, so that nothing more is to be stored.

    Creating a spider raises a ClausewatchError for an unknown vendor or argument, a broken declaration or setting, and
    a database that can't be opened.
    """

    store: Store
    intake: Intake
    tally: Tally
    stopped = False
    done = 0
    unread = 0
    begun_at: datetime
    _vendors: dict[str, Vendor]

    def __init__(self, vendor: str = "", **others: str) -> None:
        super().__init__()
        if others:
            raise UsageError(f"the {self.name} crawl has no argument {', '.join(map(repr, others))}")
        self._slugs = [slug.strip() for slug in vendor.split(",") if slug.strip()]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **keywords: Any) -> Self:
        """Scrapy's factory method for spiders."""
        spider = super().from_crawler(crawler, *arguments, **keywords)
        spider.set_up(environment_of(crawler.settings))
        return spider

    def set_up(self, environment: Settings) -> None:
        """Opens what the crawl needs. Called once, when `self.crawler` and `self.settings` are there."""
        self._vendors = select_vendors(environment.vendors, self._slugs)
        self.store = Store.open(environment.database_url, environment.payloads_url)
        self.intake = Intake(self.store)
        self.crawler.signals.connect(self.spider_opened, signals.spider_opened)
        Progress(self.crawler, self)
        self.crawler.signals.connect(self.spider_closed, signals.spider_closed)

    def policies(self) -> Iterator[tuple[PolicyKey, Policy]]:
        """Yields the policies to crawl."""
        for slug, vendor in self._vendors.items():
            for name, policy in vendor.policies.items():
                yield PolicyKey(slug, name), policy

    def kept(self, unread: UnreadCapture) -> None:
        """Called for each capture when it is stored, before it is read."""
        self.tally.kept(unread)
        self.unread += 1

    async def read(self, capture: Capture, kept: ReadCapture) -> None:
        """Called for each stored capture when it has been read. StorageError if the database refuses."""
        self.tally.read(kept)

    def ahead(self) -> float | None:
        """Returns about how many pieces of work are still to be done; None if that can't be estimated."""
        return None

    def stop(self, why: str) -> None:
        """Ends the crawl early. why: the reason, in words; only the first one is reported."""
        if not self.stopped:
            self.stopped = True
            self.tally.failed("the crawl ended early", why)
            # Referenced, since asyncio keeps only weak references to tasks.
            self._ending = asyncio.create_task(self.crawler.engine.close_spider_async(reason="stopped"))

    def spider_opened(self) -> None:
        """Scrapy's signal that the crawl begins."""
        self.tally = Tally(self.crawler.stats)
        self.begun_at = datetime.now(UTC)

    def spider_closed(self, reason: str) -> None:
        """Scrapy's signal that the crawl has ended. reason: `finished` unless it ended early."""
        self.tally.unread(self.unread)
        self.intake.close()
        self.store.close()
