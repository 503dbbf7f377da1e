"""The live crawl, on a new SQLite file."""

import sys
from pathlib import Path

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from bench.crawl.measured import SETTINGS, Clock, urls
from core.settings import Settings
from crawler.run import project_settings

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    environment = Settings(
        database_url=f"sqlite:///{folder}/store.db", vendors=folder / "vendors", allow_private=True, contact="bench"
    )
    settings = project_settings(environment)
    settings.setdict(SETTINGS, priority="cmdline")
    settings.setdict(dict(argument.split("=") for argument in sys.argv[2:]), priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler("live")
    clock = Clock(crawler, signals.item_scraped)
    process.crawl(crawler)
    process.start()
    clock.tell(len(urls(str(folder))))
