"""Runs commands in the same way as a user: each in a new process."""

import subprocess
import sys
from pathlib import Path

from core.settings import CHECKOUT
from tests.servers import crawl_process
from tests.servers.archive import Crawler


def program(name: str) -> str:
    """Returns the path of a command that is installed in the Python environment of the tests."""
    return str(Path(sys.executable).with_name(name))


def clausewatch(crawler: Crawler, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a `clausewatch` command on the crawler's database. The test fails if the command fails."""
    result = crawl_process.clausewatch([*arguments], crawler.environment)
    assert result.returncode == 0, (arguments, result.stderr)
    return result


def scrapy_crawl(
    crawler: Crawler,
    spider: str,
    *,
    environment: dict[str, str] | None = None,
    folder: str | Path = CHECKOUT,
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """Runs `scrapy crawl` until it ends.

    environment: variables that are added to the crawler's environment. folder: the working directory.
    """
    return subprocess.run(
        _crawl_command(spider, settings),
        cwd=folder,
        env={**crawler.environment, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def started_scrapy_crawl(
    crawler: Crawler, spider: str, *, environment: dict[str, str] | None = None, **settings: str
) -> "subprocess.Popen[str]":
    """Starts `scrapy crawl` in a new session, and connects its standard error to a pipe."""
    return subprocess.Popen(
        _crawl_command(spider, settings),
        cwd=CHECKOUT,
        env={**crawler.environment, **(environment or {})},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _crawl_command(spider: str, settings: dict[str, str]) -> list[str]:
    command = [program("scrapy"), "crawl", spider]
    for name, value in settings.items():
        command += ["-s", f"{name}={value}"]
    return command
