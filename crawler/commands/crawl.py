"""The command `scrapy crawl`: runs in any folder, with an exit status that shows whether the crawl succeeded."""

import argparse
import logging
import sys
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from scrapy.utils.conf import arglist_to_dict

from core.exceptions import ClausewatchError, DeclarationError, UsageError
from core.settings import load_settings
from crawler.outcome import CrawlOutcome
from crawler.run import project_settings, run_spider


class Command(ScrapyCommand):
    """The command `scrapy crawl`.

    It prints one line on stderr for each quarantined capture and for each failure, and then a line with the counts.
    """

    # Scrapy would make the process with the settings that belong to the working directory.
    requires_crawler_process = False

    def syntax(self) -> str:
        """Returns what follows the command in its usage."""
        return "[options] live|archive"

    def short_desc(self) -> str:
        """Returns the first line of the help."""
        return "Crawl the vendors' live pages, or the captures of a web archive"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds the options to the parser."""
        super().add_options(parser)
        parser.add_argument(
            "-a",
            dest="arguments",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="limit the crawl: vendor=hesk,axigen, and for the archive since=2010 and until=2018 (may be repeated)",
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Reads the options that all commands of Scrapy have."""
        try:
            super().process_options(args, opts)
        except (ScrapyUsageError, OSError) as error:
            sys.stderr.write(f"Error: {error}\n")
            sys.exit(2)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the crawl that is named on the command line, and sets the exit status.

        The status is 0 if all is done, and 3 if a page or a declaration failed and all others are done. It is 1 if the
        crawl ended early, was interrupted or could fetch nothing, and 2 if the arguments, the settings or the
        declaration of a named vendor are wrong.
        """
        try:
            outcome = self._crawl(args, opts.arguments)
        except ClausewatchError as error:
            sys.stderr.write(f"Error: {error}\n")
            self.exitcode = 2 if isinstance(error, (UsageError, DeclarationError)) else 1
            return
        self.exitcode = outcome.exit_status

    def _crawl(self, names: list[str], arguments: list[str]) -> CrawlOutcome:
        # Scrapy's parser leaves unknown options among the names.
        if unknown := [name for name in names if name.startswith("-")]:
            option, has_value, value = unknown[0].partition("=")
            advice = f"write -a {option.lstrip('-')}={value}; " if has_value and option.startswith("--") else ""
            raise UsageError(f"there is no option {option}; {advice}`scrapy crawl --help` lists the options")
        if len(names) != 1:
            raise UsageError("name one crawl: scrapy crawl live, or scrapy crawl archive -a vendor=hesk")
        try:
            spider_arguments = arglist_to_dict(arguments)
        except ValueError:
            raise UsageError("after -a, give a name and a value: -a vendor=hesk") from None
        settings = project_settings(load_settings())
        assert self.settings is not None  # noqa: S101  # Scrapy sets it before it calls `run`
        for name, value in _given(self.settings).items():
            settings.set(name, _checked(name, value, settings.get(name)), priority="cmdline")
        try:
            process = AsyncCrawlerProcess(settings)
        except OSError as error:
            raise UsageError(f"{error.filename}: {error.strerror}") from None
        return run_spider(process, names[0], spider_arguments, lambda outcome: _report(names[0], outcome))[1]


def _report(spider: str, outcome: CrawlOutcome) -> None:
    for line in (*outcome.lines, f"{spider}: {outcome.summary}"):
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _given(settings: BaseSettings) -> dict[str, Any]:
    """Returns the settings that were given on the command line, by name."""
    return {name: settings[name] for name in settings if settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]}


def _checked(name: str, value: Any, default: object) -> Any:
    """Returns a setting of Scrapy that was given on the command line. UsageError if its value makes no sense.

    default: the setting's value without the command line.
    """
    if name == "LOG_LEVEL":
        levels = logging.getLevelNamesMapping()
        if value not in levels:
            raise UsageError(f"{value!r} is not a log level; the levels are: DEBUG, INFO, WARNING, ERROR")
    elif isinstance(default, (int, float)) or name.startswith("ARCHIVE_"):
        try:
            float(value)
        except ValueError:
            if not isinstance(default, bool) or str(value).lower() not in ("true", "false"):
                raise UsageError(f"{name}={value}: the value must be a number") from None
    return value
