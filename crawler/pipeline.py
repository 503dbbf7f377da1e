"""Passes captures to the intake. The intake first stores the captures as evidence, and then reads them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Self, cast

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider, IgnoreRequest

from core.captures import Capture
from core.exceptions import ClausewatchError, DamageError, RefusedError
from core.policies import PolicyKey
from crawler.captures import FetchedCapture
from crawler.interruption import interrupted, is_interrupted, may_read
from crawler.spiders.base import BaseSpider
from intake.records import ReadCapture, UnreadCapture
from intake.worker_pool import ClosedPoolError

# Reading begins when more than _MAX_WAITING captures wait to be read, so that all worker processes are busy, or when
# the first waiting capture has waited for _MAX_WAIT seconds.
_MAX_WAITING = 16
_MAX_WAIT = 10
# Upper limit of captures in one batch of reading. `on_capture_read` is called after the whole batch has been read.
_READ_BATCH = 64
# The interval, in seconds, at which the pipeline checks whether the crawl has been interrupted.
_ENDING_POLL = 0.2


class StorePipeline:
    """The item pipeline. It stores captures in the order of their arrival, and then calls the intake to read them.

    One thread stores captures, and another thread reads captures. The crawl continues to fetch pages while captures are
    read. A completed crawl ends only after all captures have been read.

    The captures that arrive while the storing thread is busy form the next batch, which is committed in one
    transaction. While captures wait to be read, their payloads are not in memory.

    An error of the store ends the crawl, but the refusal of one capture doesn't: it is a failure of the capture's
    policy. An interrupted crawl reads the stored captures for some more seconds (crawler.interruption). If a crawl ends
    early, some captures may be stored but not read; the next crawl reads them.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._storing_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._reading_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read")
        self._to_store: list[tuple[FetchedCapture, asyncio.Future[None]]] = []
        self._to_read: list[UnreadCapture] = []
        self._storing: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._is_closing = False
        self._wake_up = Request("http://wake-up.invalid/", dont_filter=True)
        crawler.signals.connect(self._idle, signals.spider_idle)
        crawler.signals.connect(self._drop_wake_up, signals.request_scheduled)
        crawler.signals.connect(self._start_reading, interrupted)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Returns the pipeline for a crawl."""
        return cls(crawler)

    @property
    def _spider(self) -> BaseSpider:
        return cast(BaseSpider, self._crawler.spider)

    async def process_item(self, item: FetchedCapture) -> FetchedCapture:
        """Stores one capture, and returns after the commit. Does nothing if the crawl is ending early."""
        if not self._spider.stopped:
            committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._to_store.append((item, committed))
            self._storing = self._storing or asyncio.create_task(self._store())
            await committed
        return item

    async def close_spider(self) -> None:
        """Ends both threads, and the processes that read captures.

        If the crawl was completed, all captures have been read. If it ends early, the next crawl reads the others.
        """
        if is_interrupted(self._crawler):
            self._start_reading()
        self._is_closing = True
        if self._reading is not None:
            await self._reading
        self._storing_thread.shutdown()
        self._reading_thread.shutdown()

    # --- storing -----------------------------------------------------------------------------------------------------

    async def _store(self) -> None:
        """Stores captures batch by batch, until none is left."""
        while self._to_store:
            batch, self._to_store = self._to_store, []
            await self._store_together(batch)
        self._storing = None

    async def _store_together(self, batch: list[tuple[FetchedCapture, asyncio.Future[None]]]) -> None:
        """Stores captures in one transaction. After an unexpected exception, stores each of them on its own."""
        loop = asyncio.get_running_loop()
        captures = [capture for capture, _ in batch]
        try:
            stored, refusal = await loop.run_in_executor(self._storing_thread, self._store_batch, captures)
        except Exception as error:  # an error in clausewatch itself, which Scrapy logs
            if len(batch) == 1:
                batch[0][1].set_exception(error)
            else:
                for capture in batch:
                    await self._store_together([capture])
            return
        errors: dict[PolicyKey, Exception] = {}
        for unread in stored:
            try:
                self._spider.on_capture_stored(unread)
            except Exception as error:
                errors[unread.capture.key] = error
        if not self._to_read:
            loop.call_later(_MAX_WAIT, self._start_reading)
        self._to_read += stored
        if refusal is not None:
            self._spider.stop(str(refusal))
        for fetched, committed in batch:
            if (error_of_policy := errors.get(fetched.capture.key)) is not None:
                committed.set_exception(error_of_policy)
            else:
                committed.set_result(None)
        if len(self._to_read) > _MAX_WAITING or is_interrupted(self._crawler):
            self._start_reading()

    def _store_batch(self, batch: list[FetchedCapture]) -> tuple[list[UnreadCapture], ClausewatchError | None]:
        """Stores captures. Returns the stored captures, and the error that ended the storing.

        The error is None if all captures were stored.
        """
        stored: list[UnreadCapture] = []
        if self._spider.stopped:
            return stored, None

        def refused(capture: Capture, error: RefusedError) -> None:
            self._spider.tally.add_failure(f"{capture.key} {capture.asked_url}", str(error))

        try:
            captures = ((capture.capture, capture.payload, capture.policy) for capture in batch)
            for unread in self._spider.intake.keep_unread(captures, refused):
                stored.append(replace(unread, payload=None))
        except ClausewatchError as error:
            return stored, error
        return stored, None

    # --- reading -----------------------------------------------------------------------------------------------------

    def _start_reading(self) -> None:
        """Starts the task that reads the stored captures, unless the task is running already."""
        if self._to_read and self._reading is None and self._may_read():
            self._reading = asyncio.create_task(self._read())

    def _may_read(self) -> bool:
        """Returns whether captures are still read. If not, they are left to the next crawl."""
        if is_interrupted(self._crawler):
            return may_read(self._crawler)
        return not self._is_closing and not self._spider.stopped

    async def _read(self) -> None:
        """Reads captures batch by batch, until none is left or the crawl has to end."""
        while self._to_read and self._may_read():
            batch, self._to_read = self._to_read[:_READ_BATCH], self._to_read[_READ_BATCH:]
            try:
                await self._read_batch(batch)
            except ClausewatchError as error:
                self._spider.stop(str(error))
            except ClosedPoolError:
                break
            except Exception:
                policies = {str(unread.capture.key) for unread in batch}
                self._spider.logger.exception(
                    "an error in clausewatch itself; please report these lines. Captures of %s are stored, but perhaps "
                    "not all read; the next crawl reads the others",
                    ", ".join(sorted(policies)),
                )
        self._reading = None
        self._wake_engine()

    async def _read_batch(self, batch: list[UnreadCapture]) -> None:
        """Reads captures. If what is stored of a policy is damaged, its captures fail, and the others are read."""
        read_captures: list[ReadCapture] = []
        try:
            try:
                await self._read_while_allowed(batch, read_captures)
            finally:
                for unread, read_capture in zip(batch, read_captures, strict=False):
                    self._spider.unread_count -= 1
                    await self._note_read(unread, read_capture)
        except DamageError as error:
            left = batch[len(read_captures) :]
            keys = list(dict.fromkeys(unread.capture.key for unread in left))
            if len(keys) == 1:
                self._spider.tally.add_failure(str(left[0].capture.key), str(error))
                self._spider.unread_count -= len(left)
                return
            for key in keys:
                await self._read_batch([unread for unread in left if unread.capture.key == key])

    async def _note_read(self, unread: UnreadCapture, read_capture: ReadCapture) -> None:
        try:
            await self._spider.on_capture_read(unread.capture, read_capture)
        except DamageError as error:  # in what was stored of this policy before
            self._spider.tally.add_failure(f"{unread.capture.key} {unread.capture.asked_url}", str(error))

    async def _read_while_allowed(self, batch: list[UnreadCapture], read_captures: list[ReadCapture]) -> None:
        """Reads captures. ClosedPoolError if the crawl has to end: the processes that read captures are then ended.

        read_captures: receives the results, in the order of the captures.
        """

        def read() -> None:
            for read_capture in self._spider.intake.read(batch):
                read_captures.append(read_capture)

        reading = asyncio.get_running_loop().run_in_executor(self._reading_thread, read)
        while not reading.done():
            await asyncio.wait([reading], timeout=_ENDING_POLL)
            # A reading may take as long as its limit, but an interrupted crawl has to end soon.
            if not reading.done() and not self._may_read():
                await asyncio.to_thread(self._spider.intake.close)
        await reading

    # --- the end of the crawl ----------------------------------------------------------------------------------------

    def _idle(self) -> None:
        """Keeps the crawl open after the last page is fetched, until all captures have been read."""
        self._start_reading()
        if self._reading is not None:
            raise DontCloseSpider

    def _wake_engine(self) -> None:
        """Makes Scrapy check at once whether the crawl has ended. Otherwise, Scrapy checks only every five seconds.

        Scrapy's public interface offers no such call, but Scrapy also checks whenever a request is scheduled. So this
        method schedules a request that is dropped before it enters the queue.
        """
        engine = self._crawler.engine
        if engine is not None and engine.spider is not None:
            engine.crawl(self._wake_up)

    def _drop_wake_up(self, request: Request) -> None:
        if request is self._wake_up:
            raise IgnoreRequest
