"""The base class of both spiders: the policies to crawl, the store, and the counts of the crawl."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Self

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler

from core.captures import Capture
from core.declarations import Policy, Vendor, select_vendors, sound_vendors
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
    """A spider that crawls the declared policies of all vendors, or of the vendors in its argument.

    vendor: the vendors' slugs, separated by commas; an empty string means all vendors.
    finished_count: the number of finished captures or pages.
    unread_count: the number of captures that are stored but not read yet.
    stopped: whether the crawl is ending early. If so, no further captures are stored.

    If all vendors are crawled, a broken declaration is a failure of the crawl, and the other vendors are crawled.

    ClausewatchError if a vendor or an argument is unknown, if the declaration of a named vendor or a setting is
    invalid, if no declaration is sound, or if the database can't be opened.
    """

    store: Store
    argument_names: tuple[str, ...] = ("vendor",)
    intake: Intake
    tally: Tally
    stopped = False
    finished_count = 0
    unread_count = 0
    begun_at: datetime
    _vendors: dict[str, Vendor]
    _declaration_faults: list[str]

    def __init__(self, vendor: str = "", **unknown_arguments: str) -> None:
        super().__init__()
        if unknown_arguments:
            raise UsageError(
                f"the {self.name} crawl has no argument {', '.join(map(repr, unknown_arguments))}; it has: "
                f"{', '.join(self.argument_names)}"
            )
        self._slugs = [slug.strip() for slug in vendor.split(",") if slug.strip()]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **keywords: Any) -> Self:
        """Returns the spider for a crawl. Scrapy calls this to create the spider."""
        spider = super().from_crawler(crawler, *arguments, **keywords)
        spider.set_up(environment_of(crawler.settings))
        return spider

    def set_up(self, environment: Settings) -> None:
        """Loads the declarations and opens the store. Called once, after `self.crawler` and `self.settings` are set.

        environment: the operator's settings.
        """
        if self._slugs:
            self._vendors, self._declaration_faults = select_vendors(environment.vendors, self._slugs), []
        else:
            self._vendors, self._declaration_faults = sound_vendors(environment.vendors)
        self.store = Store.open(environment.database_url, environment.payloads_url)
        self.intake = Intake(self.store, limits=environment.limits)
        self.crawler.signals.connect(self.spider_opened, signals.spider_opened)
        Progress(self.crawler, self)
        self.crawler.signals.connect(self.spider_closed, signals.spider_closed)

    def policies(self) -> Iterator[tuple[PolicyKey, Policy]]:
        """Yields the policies to crawl."""
        for slug, vendor in self._vendors.items():
            for name, policy in vendor.policies.items():
                yield PolicyKey(slug, name), policy

    def on_capture_stored(self, stored: UnreadCapture) -> None:
        """Counts a stored capture. The pipeline calls this method for each capture, before the capture is read."""
        self.tally.count_stored(stored)
        self.unread_count += 1

    async def on_capture_read(self, capture: Capture, read_capture: ReadCapture) -> None:
        """Counts a capture that has been read. The pipeline calls this for each stored capture.

        Subclasses may raise a StorageError if they query the database and the query fails.
        """
        self.tally.count_read(capture, read_capture)

    def estimate_remaining(self) -> float | None:
        """Returns an estimate of how many captures or pages are still to be fetched; None if there is no estimate."""
        return None

    def stop(self, why: str) -> None:
        """Ends the crawl early. If the method is called several times, only the first reason is reported.

        why: the reason, in words.
        """
        if not self.stopped:
            self.stopped = True
            self.tally.add_early_end("the crawl ended early", why)
            # The attribute prevents garbage collection of the task: asyncio itself has only weak references to tasks.
            self._ending = asyncio.create_task(self.crawler.engine.close_spider_async(reason="stopped"))

    def spider_opened(self) -> None:
        """Handles Scrapy's signal that the crawl begins: starts the counts."""
        self.tally = Tally(self.crawler.stats)
        self.begun_at = datetime.now(UTC)
        for fault in self._declaration_faults:
            self.tally.add_failure("; ".join(fault.splitlines()), "the vendor was not crawled")

    def spider_closed(self, reason: str) -> None:
        """Handles Scrapy's signal that the crawl has ended: closes the store.

        reason: `finished` if the crawl was completed; another word if the crawl ended early, and has to end soon.
        """
        self.tally.count_unread(self.unread_count)
        self.intake.close()
        if reason == "finished":
            self.intake.refresh_derived()
        self.store.close()
