"""Hands captures to the store, off the thread that crawls."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Self, cast

from scrapy.crawler import Crawler

from core.exceptions import StorageError
from crawler.captures import Found
from crawler.policies import PolicySpider


class StorePipeline:
    """One thread, so captures are stored in the order in which they come. A StorageError ends the crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """See Scrapy's components."""
        return cls(crawler)

    async def process_item(self, item: Found) -> Found:
        """Keeps one capture."""
        spider = cast(PolicySpider, self._crawler.spider)
        if spider.stopped:
            return item
        keep = asyncio.get_running_loop().run_in_executor(
            self._thread, spider.store.keep, item.capture, item.payload, item.policy
        )
        try:
            await spider.kept(item.capture, await keep)
        except StorageError as error:
            spider.stop(str(error))
        return item

    def close_spider(self) -> None:
        """See Scrapy's pipelines."""
        self._thread.shutdown()
