"""Runs the live crawl of the declared vendors, with a new SQLite file. `bench.crawl` runs this module in a new process.

python -m bench.crawl.live_crawl FOLDER [SETTING=VALUE ...]
"""

import sys
from pathlib import Path

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from bench.crawl.stopwatch import SETTINGS, Stopwatch, urls_in
from core.settings import Settings
from crawler.run import project_settings


def main(folder: Path, scrapy_settings: list[str]) -> None:
    """Runs the crawl and prints its times."""
    environment = Settings(
        database_url=f"sqlite:///{folder}/store.db", vendors=folder / "vendors", allow_private=True, contact="bench"
    )
    settings = project_settings(environment)
    settings.setdict(SETTINGS, priority="cmdline")
    settings.setdict(dict(setting.split("=") for setting in scrapy_settings), priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler("live")
    stopwatch = Stopwatch(crawler, signals.item_scraped)
    process.crawl(crawler)
    process.start()
    stopwatch.print_times(len(urls_in(folder)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
