"""Two crawls and several digests use a database at the same time. All succeed, and nothing is stored or sent twice."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from core.policies import PolicyKey
from loopback.archive import DatedPage, serve_archive, write_warc
from loopback.pages import Page, serve_pages
from storage import Store
from tests.servers.archive import Crawler, declare, policy_page
from tests.servers.crawl_process import clausewatch, scrapy

VENDORS = [f"kestrel{number}" for number in range(12)]
HOST = "http://www.kestrelpost.example"
# Some texts appear twice, so that several transactions store the same payloads and documents.
TEXTS = [policy_page(f"We keep letters for {days} days.") for days in (30, 60, 30, 90, 60)]


@dataclass
class Processes(Crawler):
    """A helper that starts crawls and digests, each in a new process."""

    threads: ThreadPoolExecutor = field(kw_only=True)

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    def run_at_once(self, spider: str) -> None:
        """Runs two crawls at the same time, and digests one after the other. A last digest runs after both crawls."""
        crawls = [self.threads.submit(self.crawl, spider) for _ in range(2)]
        digests, crawling = 0, True
        while crawling:
            # Digests without a pause would take the processor from the crawls.
            crawling = bool(wait(crawls, timeout=0.2).not_done)
            digest = clausewatch(["digest", "--to", str(self.mail)], self.environment)
            assert digest.returncode == 0, digest.stderr
            digests += 1
        assert digests >= 2, "no digest began while the crawls ran"
        for crawl in crawls:
            assert crawl.result().returncode == 0, crawl.result().stderr


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        # The forking process is started here, so that both crawls begin at once.
        assert scrapy(["version"], dict(os.environ)).returncode == 0
        yield pool


@pytest.fixture
def processes(tmp_path: Path, database_url: str, threads: ThreadPoolExecutor) -> Processes:
    processes = Processes(tmp_path, allow_private=True, database=database_url, threads=threads)
    processes.mail.mkdir()
    return processes


def test_two_crawls_of_one_archive_keep_each_capture_once(processes: Processes, tmp_path: Path) -> None:
    pages = [
        DatedPage(url=f"{HOST}/{vendor}", at=datetime(2010 + year, 1, 1, tzinfo=UTC), body=body)
        for vendor in VENDORS
        for year, body in enumerate(TEXTS)
    ]
    for vendor in VENDORS:
        declare(processes.vendors, vendor, f"url: {HOST}/{vendor}")
    (tmp_path / "archive").mkdir()
    write_warc(tmp_path / "archive" / "kestrel.warc.gz", pages)
    with serve_archive(tmp_path / "archive") as archive:
        processes.wayback_url = archive.url
        with Store.open(processes.database_url) as store:
            store.subscriptions.subscribe("reader@kestrelwatch.example", [], datetime(2000, 1, 1, tzinfo=UTC))
        processes.run_at_once("archive")
    with Store.open(processes.database_url) as store:
        for vendor in VENDORS:
            captures = store.library.captures(PolicyKey(vendor, "privacy"))
            assert [stored.capture.captured_at.year for stored in captures] == [2010, 2011, 2012, 2013, 2014]
            history = store.library.history(PolicyKey(vendor, "privacy"))
            assert [history.version(period.version_id).number for period in history.periods] == [1, 2, 1, 3, 2]


def test_a_change_seen_by_two_live_crawls_is_reported_once(processes: Processes) -> None:
    with serve_pages({f"/{vendor}": Page(TEXTS[0]) for vendor in VENDORS}) as site:
        for vendor in VENDORS:
            declare(processes.vendors, vendor, f"url: {site.url}/{vendor}")
        with Store.open(processes.database_url) as store:
            store.subscriptions.subscribe("reader@kestrelwatch.example", [], datetime.now(UTC))
        processes.run_at_once("live")
        site.pages |= {f"/{vendor}": Page(TEXTS[1]) for vendor in VENDORS}
        processes.run_at_once("live")
    sent = ""
    for path in processes.mail.glob("*.eml"):
        body = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",))
        assert body is not None
        sent += body.get_content()
    assert sent.count("[-30-]{+60+}") == len(VENDORS)
    with Store.open(processes.database_url) as store:
        for vendor in VENDORS:
            key = PolicyKey(vendor, "privacy")
            assert len({stored.capture.captured_at for stored in store.library.captures(key)}) >= 4
            assert len(store.library.history(key).periods) == 2
