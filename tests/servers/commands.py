"""Runs the commands as a user starts them, each in a new process."""

import subprocess
import sys
from pathlib import Path

from core.settings import CHECKOUT
from tests.servers.archive import Crawler


def program(name: str) -> str:
    """Returns the path of a command that is installed in the tests' environment."""
    return str(Path(sys.executable).with_name(name))


def clausewatch(crawler: Crawler, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a `clausewatch` command on the crawler's database. Fails if the command does."""
    done = subprocess.run(
        [program("clausewatch"), *arguments],
        cwd=CHECKOUT,
        env=crawler.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (arguments, done.stderr)
    return done


def scrapy_crawl(
    crawler: Crawler, spider: str, *, environment: dict[str, str] | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Runs `scrapy crawl` to its end. environment: variables that are set besides the crawler's own."""
    return subprocess.run(
        _crawl_command(spider, settings),
        cwd=CHECKOUT,
        env={**crawler.environment, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def started_scrapy_crawl(
    crawler: Crawler, spider: str, *, environment: dict[str, str] | None = None, **settings: str
) -> "subprocess.Popen[str]":
    """Starts `scrapy crawl` in a session of its own, with a pipe for its standard error."""
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
