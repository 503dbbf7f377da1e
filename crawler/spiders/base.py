"""What both spiders have in common: whose policies, the store, the tally."""

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
from crawler.environment import environment_of
from crawler.outcome import Tally
from crawler.progress import Progress
from intake.records import ReadCapture, UnreadCapture
from intake.service import Intake
from storage import Store


class BaseSpider(scrapy.Spider):
    """Crawls the declared policies of some vendors, or of all.

    vendor: slugs, separated by commas; empty means all.
    done: pieces of work, such as captures, that the crawl is through with. unread: how many captures are kept and not
    read yet. stopped: whether the crawl is to keep no more.

    Creating one raises the ClausewatchError there is to tell: an unknown vendor or argument, a broken declaration or
    setting, a database that cannot be opened.
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
        """See Scrapy's components."""
        spider = super().from_crawler(crawler, *arguments, **keywords)
        environment = environment_of(crawler.settings)
        spider._vendors = select_vendors(environment.vendors, spider._slugs)
        spider.store = Store.open(environment.database_url, environment.payloads_url)
        spider.intake = Intake(spider.store)
        crawler.signals.connect(spider._opened, signals.spider_opened)
        Progress(crawler, spider)
        crawler.signals.connect(spider._closed, signals.spider_closed)
        return spider

    def policies(self) -> Iterator[tuple[PolicyKey, Policy]]:
        """Yields the policies to crawl."""
        for slug, vendor in self._vendors.items():
            for name, policy in vendor.policies.items():
                yield PolicyKey(slug, name), policy

    def kept(self, unread: UnreadCapture) -> None:
        """Called for each capture that the store took, before it is read."""
        self.tally.kept(unread)
        self.unread += 1

    async def read(self, capture: Capture, kept: ReadCapture) -> None:
        """Called for each capture that was read after the store took it. StorageError as the store raises it."""
        self.tally.read(kept)

    def ahead(self) -> float | None:
        """About how many captures are still to be looked at; `done` counts those that were. None: not known."""
        return None

    def stop(self, why: str) -> None:
        """Ends the crawl for a reason that goes for all of it, told once."""
        if not self.stopped:
            self.stopped = True
            self.tally.failed("the crawl ended early", why)
            self._ending = asyncio.create_task(self.crawler.engine.close_spider_async(reason="stopped"))

    def _closed(self, reason: str) -> None:
        self.tally.unread(self.unread)
        self.intake.close()
        self.store.close()

    def _opened(self) -> None:
        self.tally = Tally(self.crawler.stats)
        self.begun_at = datetime.now(UTC)
