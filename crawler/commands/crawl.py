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
from crawler.outcome import CrawlOutcome
from crawler.run import run_spider


class Command(ScrapyCrawl):
    """The command `scrapy crawl`.

    It prints one line on stderr for each quarantined capture and for each failure, and then a line with the counts.
    """

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the crawl that is named on the command line, and sets the exit status.

        The status is 0 if all is done, and 3 if a page or a declaration failed and all others are done. It is 1 if the
        crawl ended early, was interrupted or could fetch nothing, and 2 if the arguments, the settings or the
        declaration of a named vendor are wrong.
        """
        if len(args) != 1:
            raise ScrapyUsageError
        # With asyncio's reactor, which is Scrapy's default, Scrapy creates an AsyncCrawlerProcess.
        process = cast(AsyncCrawlerProcess, self.crawler_process)
        try:
            apply_environment(process.settings, load_settings())
            _, outcome = run_spider(process, args[0], opts.spargs, lambda outcome: _report(args[0], outcome))
        except ClausewatchError as error:
            sys.stderr.write(f"Error: {error}\n")
            self.exitcode = 2 if isinstance(error, (UsageError, DeclarationError)) else 1
            return
        self.exitcode = outcome.exit_status


def _report(spider: str, outcome: CrawlOutcome) -> None:
    for line in (*outcome.lines, f"{spider}: {outcome.summary}"):
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
