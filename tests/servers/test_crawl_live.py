"""Live crawls of a site on loopback. Most tests examine the same crawl of a site that has a page for each case."""

import gzip
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from loopback.pages import Page, Site, serve_pages
from storage import Store
from tests.servers.archive import Crawler, declare, policy_page
from tests.servers.commands import scrapy_crawl
from tests.servers.raw_server import raw_server

HTML = {"Content-Type": "text/html; charset=utf-8"}
# Scrapy's own limit is 2,083 characters.
LONG = f"/long?{'a' * 3_000}"
PACKED = gzip.compress(policy_page())


@dataclass
class Crawled:
    crawler: Crawler
    site: Site
    result: CompletedProcess[str]
    begun: datetime

    def requests_for(self, path: str) -> int:
        return sum(requested == path for requested, _ in self.site.requests)

    def failure(self, vendor: str) -> str:
        """Returns the reason on the line `failed: VENDOR/POLICY ADDRESS: REASON`."""
        (line,) = [line for line in self.result.stderr.splitlines() if line.startswith(f"failed: {vendor}/")]
        return line.partition(": ")[2].partition(" ")[2].partition(": ")[2]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    crawler = Crawler(tmp_path_factory.mktemp("live"), allow_private=True)
    pages: dict[str, Page | list[Page]] = {
        "/robots.txt": Page(b"User-agent: clausewatch\nDisallow: /forbidden\n\nUser-agent: *\nDisallow: /\n"),
        "/plain": Page(policy_page()),
        "/packed": Page(PACKED, headers={**HTML, "Content-Encoding": "gzip"}),
        "/moved": Page(b"", 301, {"Location": "/moved/again"}),
        "/moved/again": Page(b"", 302, {"Location": "/plain?from=moved"}),
        "/plain?from=moved": Page(policy_page()),
        "/gone": Page(b"<p>There is no such page.</p>", 404, HTML),
        "/busy": Page(b"<p>Come back later.</p>", 503, {**HTML, "Retry-After": "0"}),
        "/hiccup": [Page(b"", 502), Page(drop=True), Page(policy_page())],
        "/cut": Page(policy_page()[:100], headers={**HTML, "Content-Length": "5000"}),
        "/cutpacked": Page(PACKED[:100], headers={**HTML, "Content-Encoding": "gzip"}),
        "/forbidden": Page(policy_page()),
        "/toforbidden": Page(b"", 302, {"Location": "/forbidden"}),
        "/silent": Page(policy_page(), delay=4.5),
        "/loop": Page(b"", 302, {"Location": "/loop"}),
        "/offweb": Page(b"", 302, {"Location": "ftp://127.0.0.1/policy"}),
        "/mail": Page(b"", 302, {"Location": "mailto:privacy@northwind.example"}),
        "/huge": Page(b"x" * 300_000),
        LONG: Page(policy_page()),
        "/old": Page(policy_page()),
    }
    with serve_pages(pages) as site, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # no program listens on this port
        for path in pages:
            name = path.strip("/")
            if name and name.isalpha():
                declare(crawler.vendors, name, f"url: {site.url}{path}")
        declare(crawler.vendors, "old", f"url: {site.url}/old; until: 2020-01-01", f"url: {site.url}/plain")
        declare(crawler.vendors, "long", f"url: {site.url}{LONG}")
        declare(crawler.vendors, "absent", f"url: http://127.0.0.1:{bound.getsockname()[1]}/")
        begun = datetime.now(UTC)
        result = crawler.crawl(
            "live", DOWNLOAD_TIMEOUT="3", DOWNLOAD_MAXSIZE="200000", CONCURRENT_REQUESTS_PER_DOMAIN="8"
        )
        yield Crawled(crawler, site, result, begun)


def test_every_page_is_a_capture_or_a_failure(crawled: Crawled) -> None:
    assert crawled.result.returncode == 3
    assert crawled.result.stdout == ""
    assert "Traceback" not in crawled.result.stderr
    assert crawled.result.stderr.splitlines()[-1] == "live: 8 captures found, 8 new (2 quarantined), 10 failed"


def test_a_capture_has_bytes_times_and_headers(crawled: Crawled) -> None:
    (stored,) = crawled.crawler.captures("plain")
    capture = stored.capture
    assert crawled.crawler.payload(stored) == policy_page()
    assert (capture.source, capture.status, capture.url) == ("live", 200, f"{crawled.site.url}/plain")
    assert capture.requested_at is not None
    assert crawled.begun <= capture.requested_at <= capture.captured_at <= crawled.begun + timedelta(minutes=1)
    assert capture.captured_at == capture.answered_at
    assert capture.media_type == "text/html; charset=utf-8"
    assert ("Content-Length", str(len(policy_page()))) in capture.headers
    assert stored.verdict.name == "accepted"


def test_a_compressed_page_is_decoded_but_its_headers_are_kept(crawled: Crawled) -> None:
    (stored,) = crawled.crawler.captures("packed")
    assert crawled.crawler.payload(stored) == policy_page()
    assert ("Content-Encoding", "gzip") in stored.capture.headers


def test_redirects_are_followed_and_recorded(crawled: Crawled) -> None:
    (stored,) = crawled.crawler.captures("moved")
    base = crawled.site.url
    assert stored.capture.asked_url == f"{base}/moved"
    assert stored.capture.redirects == (f"{base}/moved", f"{base}/moved/again")
    assert stored.capture.url == f"{base}/plain?from=moved"


def test_error_pages_are_kept_as_evidence(crawled: Crawled) -> None:
    for vendor, status in (("gone", 404), ("busy", 503)):
        (stored,) = crawled.crawler.captures(vendor)
        assert stored.capture.status == status
        assert stored.verdict.name == "quarantined"


def test_only_temporary_errors_are_retried(crawled: Crawled) -> None:
    assert crawled.requests_for("/busy") == 3
    assert crawled.requests_for("/gone") == 1
    assert crawled.requests_for("/hiccup") == 3
    assert [stored.capture.status for stored in crawled.crawler.captures("hiccup")] == [200]


@pytest.mark.parametrize("vendor", ["cut", "cutpacked"])
def test_a_body_that_is_always_cut_off_is_a_failure(crawled: Crawled, vendor: str) -> None:
    assert crawled.crawler.captures(vendor) == ()
    assert crawled.requests_for(f"/{vendor}") == 3
    assert crawled.failure(vendor) == "the answer is cut off"


@pytest.mark.parametrize(
    ("vendor", "reason"),
    [
        ("forbidden", "the site's robots.txt forbids crawlers to fetch this page"),
        ("toforbidden", "the site's robots.txt forbids crawlers to fetch this page"),
        ("silent", "the complete answer did not arrive in time"),
        ("loop", "the page redirects too many times"),
        ("offweb", "the page redirects to something that is not a web address"),
        ("mail", "the page redirects to something that is not a web address"),
        ("absent", "not fetched, because http://127.0.0.1:PORT/robots.txt could not be fetched: connection refused"),
    ],
)
def test_a_page_that_cannot_be_fetched_is_a_failure_with_its_reason(crawled: Crawled, vendor: str, reason: str) -> None:
    assert re.sub(r":\d+/", ":PORT/", crawled.failure(vendor)) == reason
    assert crawled.crawler.captures(vendor) == ()


def test_each_failure_is_recorded_with_its_reason_and_time(crawled: Crawled) -> None:
    with Store.open(crawled.crawler.database_url) as store:
        failed = {fetches.vendor: fetches for fetches in store.journal.failed_fetches()}
    named = re.findall(r"^failed: (\w+)/privacy ", crawled.result.stderr, re.M)
    assert sorted(failed) == sorted(named)
    for vendor, fetches in failed.items():
        assert fetches.reason == crawled.failure(vendor)
        assert (fetches.times, fetches.address) == (1, fetches.url)
        assert crawled.begun <= fetches.since == fetches.latest <= datetime.now(UTC)


def test_a_permanent_redirect_is_recorded_up_to_the_first_temporary_one(crawled: Crawled) -> None:
    with Store.open(crawled.crawler.database_url) as store:
        (moved,) = store.journal.moved_pages()
    assert (moved.vendor, moved.address) == ("moved", f"{crawled.site.url}/moved")
    assert moved.moved_to == f"{crawled.site.url}/moved/again"


def test_a_page_that_is_too_large_is_a_failure(crawled: Crawled) -> None:
    assert crawled.failure("huge").startswith("the answer was rejected: ")
    assert crawled.crawler.captures("huge") == ()


def test_a_page_that_robots_txt_forbids_is_never_requested(crawled: Crawled) -> None:
    assert crawled.requests_for("/forbidden") == 0


def test_a_location_is_requested_only_between_its_dates(crawled: Crawled) -> None:
    assert crawled.requests_for("/old") == 0
    assert [stored.capture.url for stored in crawled.crawler.captures("old")] == [f"{crawled.site.url}/plain"]


def test_the_user_agent_names_the_crawler_and_a_contact(crawled: Crawled) -> None:
    for _, headers in crawled.site.requests:
        assert headers["user-agent"].startswith("clausewatch/")
        assert headers["user-agent"].endswith(" (+crawls@kestrelwatch.example)")


def test_a_site_gets_one_request_at_a_time_with_pauses(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path, allow_private=True)
    with serve_pages({f"/{n}": Page(policy_page()) for n in range(3)}) as site:
        for n in range(3):
            declare(crawler.vendors, f"v{n}", f"url: {site.url}/{n}")
        result = crawler.crawl("live", DOWNLOAD_DELAY="0.5", DOWNLOAD_DELAY_JITTER="0")
        assert len(site.requests) == 4
    assert result.stderr == "live: 3 captures found, 3 new (0 quarantined), 0 failed\n"
    times = sorted(crawler.captures(f"v{n}")[0].capture.captured_at for n in range(3))
    assert all(later - sooner >= timedelta(seconds=0.4) for sooner, later in pairwise(times))


def test_private_addresses_are_refused_in_any_notation(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path)
    with serve_pages({"/p": Page(policy_page())}) as site:
        port = site.url.rpartition(":")[2]
        hosts = {"literal": "127.0.0.1", "name": "localhost", "number": "2130706433", "six": "[::ffff:127.0.0.1]"}
        for name, host in hosts.items():
            declare(crawler.vendors, name, f"url: http://{host}:{port}/p")
        result = crawler.crawl("live")
        assert site.requests == []
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "live: 0 captures found, 0 new (0 quarantined), 4 failed"
    assert (
        "a private address; set CLAUSEWATCH_ALLOW_PRIVATE=1 if crawls may fetch pages from private addresses"
        in result.stderr
    )


def test_a_redirect_to_a_private_address_is_refused(tmp_path: Path) -> None:
    with serve_pages({"/secret": Page(policy_page())}) as inside:
        moved = Page(b"", 302, {"Location": f"{inside.url}/secret"})
        with serve_pages({"/p": moved}) as outside:
            # The operator's archive may have a private address. So this site is declared as the archive.
            crawler = Crawler(tmp_path, wayback_url=outside.url)
            declare(crawler.vendors, "kestrel", f"url: {outside.url}/p")
            result = crawler.crawl("live")
            assert [path for path, _ in outside.requests] == ["/robots.txt", "/p"]
        assert inside.requests == []
    assert result.returncode == 1
    assert "a private address" in result.stderr


def test_a_robots_txt_that_cannot_be_fetched_forbids_everything(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path, allow_private=True)
    with serve_pages({"/robots.txt": Page(b"<p>oops</p>", 500), "/p": Page(policy_page())}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        result = crawler.crawl("live")
        assert {path for path, _ in site.requests} == {"/robots.txt"}
    assert "/robots.txt could not be fetched: status 500\n" in result.stderr
    assert result.returncode == 1


def test_a_failure_is_counted_until_a_fetch_succeeds_or_the_location_goes(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path, allow_private=True)
    with serve_pages({"/p": Page(drop=True), "/q": Page(drop=True)}) as site:
        for name in ("p", "q"):
            declare(crawler.vendors, name, f"url: {site.url}/{name}")
        with Store.open(crawler.database_url) as store:
            for times in (1, 2):
                crawler.crawl("live")
                assert [fetches.times for fetches in store.journal.failed_fetches()] == [times, times]
            site.pages["/p"] = Page(policy_page())
            declare(crawler.vendors, "q", f"url: {site.url}/elsewhere")
            crawler.crawl("live")
            assert not store.journal.failed_fetches()


def test_two_crawls_of_an_unchanged_page_make_one_version(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path, allow_private=True)
    with serve_pages({"/p": Page(policy_page())}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        for _ in range(2):
            assert crawler.crawl("live").returncode == 0
    first, second = crawler.captures("kestrel")
    assert first.version_id == second.version_id


def test_a_cookie_does_not_cause_a_download_of_public_suffixes(tmp_path: Path) -> None:
    """Scrapy looks up a cookie's domain with tldextract. By default, tldextract downloads its list at the first use."""
    proxied: list[str] = []

    def refuse(connection: socket.socket) -> None:
        proxied.append("request")
        connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    crawler = Crawler(tmp_path, allow_private=True)
    page = Page(policy_page(), headers={**HTML, "Set-Cookie": "visit=7; Path=/"})
    with raw_server(refuse) as proxy, serve_pages({"/p": page}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        environment = {"https_proxy": proxy, "TLDEXTRACT_CACHE": str(tmp_path / "cache")}
        result = scrapy_crawl(crawler, "live", environment=environment)
    assert result.stderr == "live: 1 capture found, 1 new (0 quarantined), 0 failed\n"
    assert proxied == []
