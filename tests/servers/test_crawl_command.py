"""Exit statuses and messages of `scrapy crawl`, and of crawls that are run from Python."""

import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from core.declarations import location_of
from core.exceptions import FetchError, UsageError
from core.settings import Settings
from crawler.fetch import fetch_once
from crawler.run import crawl
from loopback.pages import Page, serve_pages
from storage import Store
from tests.servers.archive import Crawler, declare, policy_page
from tests.servers.commands import scrapy_crawl, started_scrapy_crawl
from tests.servers.crawl_process import scrapy


@pytest.fixture
def crawler(tmp_path: Path) -> Crawler:
    crawler = Crawler(tmp_path, allow_private=True)
    declare(crawler.vendors, "kestrel", "url: http://127.0.0.1:9/")
    return crawler


@pytest.mark.parametrize(
    ("spider", "arguments", "message"),
    [
        ("live", ["vendor=nosuch"], "no vendor 'nosuch' is declared in"),
        ("live", ["vednor=kestrel"], "the live crawl has no argument 'vednor'; it has: vendor"),
        ("archive", ["since=yesterday"], "'yesterday' is not a date: give a year, a month or a day"),
        ("archive", ["since=2018", "until=2010"], "since (2018) is after until (2010)"),
        ("alive", [], "there is no crawl 'alive'; the crawls are: archive, live"),
    ],
)
def test_a_wrong_argument_ends_with_one_message_and_status_2(
    crawler: Crawler, spider: str, arguments: list[str], message: str
) -> None:
    result = crawler.crawl(spider, *arguments)
    assert result.returncode == 2
    assert result.stderr.startswith(f"Error: {message}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name one crawl: scrapy crawl live, or scrapy crawl archive -a vendor=hesk"),
        (["live", "hesk"], "name one crawl: "),
        (
            ["live", "--vendor=hesk"],
            "there is no option --vendor; write -a vendor=hesk; `scrapy crawl --help` lists the options",
        ),
        (["live", "-a", "hesk"], "after -a, give a name and a value: -a vendor=hesk"),
        (["live", "-s", "DOWNLOAD_DELAY=none"], "DOWNLOAD_DELAY=none: the value must be a number"),
        (["live", "-s", "ARCHIVE_TRIES=x"], "ARCHIVE_TRIES=x: the value must be a number"),
        (["live", "-L", "LOUD"], "'LOUD' is not a log level"),
        (["live", "--logfile", "/nowhere/at/all.log"], "/nowhere/at/all.log: No such file or directory"),
    ],
)
def test_a_wrong_option_ends_with_one_message_and_status_2(
    crawler: Crawler, arguments: list[str], message: str
) -> None:
    result = scrapy(["crawl", *arguments], crawler.environment)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: {message}")
    assert result.stderr.count("\n") == 1


def test_a_crawl_runs_in_any_folder_also_in_that_of_another_scrapy_project(crawler: Crawler) -> None:
    other = crawler.folder / "other"
    (other / "project").mkdir(parents=True)
    (other / "scrapy.cfg").write_text("[settings]\ndefault = project.settings\n")
    (other / "project" / "settings.py").write_text('LOG_LEVEL = "DEBUG"\nSPIDER_MODULES = []\n')
    with serve_pages({"/p": Page(policy_page())}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        for folder in (crawler.folder, other):
            result = scrapy_crawl(crawler, "live", folder=folder, DOWNLOAD_DELAY="0")
            assert result.stderr == "live: 1 capture found, 1 new (0 quarantined), 0 failed\n"


def test_a_crawl_without_a_sound_declaration_ends_with_status_2(crawler: Crawler) -> None:
    (crawler.vendors / "kestrel.yaml").rename(crawler.vendors / "broken.yaml").write_text("name: Broken\n")
    result = scrapy_crawl(crawler, "live")  # in a new process, as if a user started it
    assert result.returncode == 2
    assert result.stderr.startswith("Error: ")
    assert "broken.yaml:" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_setting_ends_with_its_name_and_status_2(crawler: Crawler) -> None:
    crawler.wayback_url = "archive.example"
    result = crawler.crawl("archive")
    assert result.returncode == 2
    assert result.stderr.startswith("Error: WAYBACK_URL='archive.example'")


def test_a_database_that_cannot_be_opened_ends_with_status_1(crawler: Crawler) -> None:
    (crawler.folder / "store.db").mkdir()
    result = crawler.crawl("live")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_a_database_error_ends_the_crawl_with_its_message(crawler: Crawler) -> None:
    with serve_pages({f"/{n}": Page(policy_page()) for n in range(9)}) as site:
        for n in range(9):
            declare(crawler.vendors, f"v{n}", f"url: {site.url}/{n}")
        Store.open(crawler.database_url).close()
        with closing(sqlite3.connect(crawler.folder / "store.db")) as database:
            database.execute(
                "CREATE TRIGGER full BEFORE INSERT ON captures WHEN (SELECT count(*) FROM captures) >= 3 "
                "BEGIN SELECT abs(-9223372036854775808); END"  # RAISE would be a refusal of the row, not an error
            )
        result = crawler.crawl("live", "vendor=" + ",".join(f"v{n}" for n in range(9)))
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    *_, failure, summary = result.stderr.splitlines()
    assert failure.startswith("failed: the crawl ended early: ")
    assert "integer overflow" in failure
    assert ", 3 new (0 quarantined), 1 failed" in summary
    assert sum(len(crawler.captures(f"v{n}")) for n in range(9)) == 3


def test_an_interrupted_crawl_keeps_the_captures_it_has_fetched(crawler: Crawler) -> None:
    with serve_pages({"/p": Page(policy_page()), "/slow": Page(policy_page(), delay=0.5)}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        for n in range(4):
            declare(crawler.vendors, f"slow{n}", f"url: {site.url}/slow")
        crawl = started_scrapy_crawl(crawler, "live", DOWNLOAD_DELAY="0.2")
        while "/slow" not in [path for path, _ in site.requests]:
            assert crawl.poll() is None
            time.sleep(0.05)
        crawl.send_signal(signal.SIGINT)
        _, stderr = crawl.communicate(timeout=30)
    assert crawl.returncode == 1
    assert stderr.splitlines()[-2:] == [
        "failed: the crawl was interrupted",
        "live: 2 captures found, 2 new (0 quarantined), 1 failed, 3 left for the next crawl",
    ]
    assert len(crawler.captures("kestrel")) == 1


def test_a_crawl_from_python_returns_its_outcome(crawler: Crawler, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in crawler.environment.items():
        monkeypatch.setenv(name, value)
    with serve_pages({"/p": Page(policy_page())}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        outcome = crawl("live", vendor="kestrel")
    assert (outcome.ok, outcome.captures, outcome.new, outcome.failures) == (True, 1, 1, ())
    with pytest.raises(UsageError, match="no vendor 'nosuch'"):
        crawl("live", vendor="nosuch")
    assert "twisted.internet.reactor" not in sys.modules


def test_fetch_once_returns_a_capture_and_stores_nothing(crawler: Crawler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", crawler.database_url)
    pages: dict[str, Page | list[Page]] = {"/p": Page(b"", 302, {"Location": "/q"}), "/q": Page(policy_page(), 404)}
    with serve_pages(pages) as site:
        capture, payload = fetch_once(location_of([f"{site.url}/p"]), Settings(allow_private=True))
        with pytest.raises(FetchError, match="a private address"):
            fetch_once(location_of([f"{site.url}/p"]), Settings(allow_private=False))
    assert (capture.vendor, capture.policy, capture.status) == ("", "", 404)
    assert capture.redirects == (f"{site.url}/p",)
    assert payload == policy_page()
    assert not (crawler.folder / "store.db").exists()


@pytest.mark.parametrize("url", ["kestrelpost.example", "ftp://kestrelpost.example/", "http://", "http://["])
def test_only_a_web_address_is_fetched(url: str) -> None:
    with pytest.raises(UsageError):
        location_of([url])
