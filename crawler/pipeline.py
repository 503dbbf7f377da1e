"""Hands captures to the store, off the thread that crawls, and has them read once they are kept."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Self, cast

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider

from core.exceptions import ClausewatchError
from crawler.captures import Found
from crawler.spiders.base import BaseSpider
from intake.records import ReadCapture, UnreadCapture

# While the crawl has other things to do, so many wait to be read, or so many seconds. More of them are work enough for
# processes of their own.
_MANY = 16
_LONG = 10
# So many are read before what became of them is told.
_ROUND = 64


class StorePipeline:
    """Keeps captures as evidence, in the order in which they come; reading follows, and only the crawl's end waits.

    Two threads, one for each. What waits to be kept when the thread is free is committed together. What waits to be
    read waits in the store, not in memory. Whatever the store raises ends the crawl. What a crawl that ends early does
    not read is read by the next one.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._keeping = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keep")
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read")
        self._found: list[tuple[Found, asyncio.Future[None]]] = []
        self._unread: list[UnreadCapture] = []
        self._keeps: asyncio.Task[None] | None = None
        self._reads: asyncio.Task[None] | None = None
        self._closing = False
        crawler.signals.connect(self._idle, signals.spider_idle)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """See Scrapy's components."""
        return cls(crawler)

    @property
    def _spider(self) -> BaseSpider:
        return cast(BaseSpider, self._crawler.spider)

    async def process_item(self, item: Found) -> Found:
        """Keeps one capture: it is committed when this returns."""
        if not self._spider.stopped:
            kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._found.append((item, kept))
            self._keeps = self._keeps or asyncio.create_task(self._keep())
            await kept
        return item

    async def _keep(self) -> None:
        """Keeps what has been found, until nothing is left."""
        loop = asyncio.get_running_loop()
        while self._found:
            batch, self._found = self._found, []
            try:
                kept, refusal = await loop.run_in_executor(self._keeping, self._kept, [found for found, _ in batch])
                for unread in kept:
                    self._spider.kept(unread)
            except Exception as error:  # of ours: Scrapy logs it
                for _, waiting in batch:
                    waiting.set_exception(error)
                continue
            if not self._unread:
                loop.call_later(_LONG, self._follow)
            self._unread += kept
            if refusal is not None:
                self._spider.stop(str(refusal))
            for _, waiting in batch:
                waiting.set_result(None)
            if len(self._unread) > _MANY:
                self._follow()
        self._keeps = None

    def _kept(self, batch: list[Found]) -> tuple[list[UnreadCapture], ClausewatchError | None]:
        """Those of a batch that the store took, and why it took no more."""
        kept: list[UnreadCapture] = []
        if self._spider.stopped:
            return kept, None
        try:
            for unread in self._spider.intake.keep_unread((one.capture, one.payload, one.policy) for one in batch):
                kept.append(replace(unread, payload=None))
        except ClausewatchError as error:
            return kept, error
        return kept, None

    def _follow(self) -> None:
        """Has what is kept read, if that is not being done."""
        if self._unread and self._reads is None and not self._closing:
            self._reads = asyncio.create_task(self._read())

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while self._unread and not self._closing and not self._spider.stopped:
            batch, self._unread = self._unread[:_ROUND], self._unread[_ROUND:]
            try:
                for unread, kept in zip(
                    batch, await loop.run_in_executor(self._reading, self._read_of, batch), strict=True
                ):
                    self._spider.unread -= 1
                    await self._spider.read(unread.capture, kept)
            except ClausewatchError as error:
                self._spider.stop(str(error))
            except Exception:
                self._spider.logger.exception("a capture could not be read; it is kept")
        self._reads = None
        engine = self._crawler.engine
        if engine is not None and engine._slot is not None:
            engine._slot.nextcall.schedule()  # it would look only every five seconds whether all is done

    def _read_of(self, batch: list[UnreadCapture]) -> list[ReadCapture]:
        return list(self._spider.intake.read(batch))

    def _idle(self) -> None:
        """All is fetched: what is not read yet is read before the crawl ends."""
        self._follow()
        if self._reads is not None:
            raise DontCloseSpider

    async def close_spider(self) -> None:
        """See Scrapy's pipelines. A crawl that ends early reads what little waits, and leaves what would take long."""
        self._closing = len(self._unread) > _MANY
        self._follow()
        if self._reads is not None:
            await self._reads
        self._keeping.shutdown()
        self._reading.shutdown()
