"""The command `scrapy crawl`, with an exit status that shows whether the crawl succeeded."""

import argparse
import sys
from typing import cast

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError as ScrapyUsageError

from core.exceptions import ClausewatchError, DeclarationError, UsageError
from core.settings import load_settings
from crawler.environment import apply_environment
from crawler.run import print_failures, run_spider


class Command(ScrapyCrawl):
    """The command `scrapy crawl`. It prints one line on stderr for each failure, and then a line with the counts."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the crawl that is named on the command line, and sets the exit status.

        The status is 0 if the crawl succeeded, 1 if something failed, and 2 if the arguments, the settings or a
        vendor's declaration are wrong.
        """
        if len(args) != 1:
            raise ScrapyUsageError
        # With asyncio's reactor, which is Scrapy's default, Scrapy creates an AsyncCrawlerProcess.
        process = cast(AsyncCrawlerProcess, self.crawler_process)
        try:
            apply_environment(process.settings, load_settings())
            _, outcome = run_spider(process, args[0], opts.spargs)
        except ClausewatchError as error:
            sys.stderr.write(f"Error: {error}\n")
            self.exitcode = 2 if isinstance(error, (UsageError, DeclarationError)) else 1
            return
        print_failures(outcome)
        sys.stderr.write(f"{args[0]}: {outcome.summary}\n")
        self.exitcode = 0 if outcome.ok else 1
