"""`scrapy crawl`, with an exit status that says whether the crawl did its job."""

import argparse
import sys
from typing import cast

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError as ScrapyUsageError

from core.exceptions import ClausewatchError, DeclarationError, UsageError
from core.settings import load_settings
from crawler.environment import apply_environment
from crawler.run import run_spider, tell_failures


class Command(ScrapyCrawl):
    """Runs a crawl and prints on stderr what failed, a line each, and one line that sums it up."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """See Scrapy's commands. Exit status 1 when something could not be done, 2 when what was asked for is wrong."""
        if len(args) != 1:
            raise ScrapyUsageError
        process = cast(AsyncCrawlerProcess, self.crawler_process)  # Scrapy's choice where the reactor is asyncio's
        try:
            apply_environment(process.settings, load_settings())
            _, outcome = run_spider(process, args[0], opts.spargs)
        except ClausewatchError as error:
            sys.stderr.write(f"Error: {error}\n")
            self.exitcode = 2 if isinstance(error, (UsageError, DeclarationError)) else 1
            return
        tell_failures(outcome)
        sys.stderr.write(f"{args[0]}: {outcome.summary}\n")
        self.exitcode = 0 if outcome.ok else 1
