"""Live crawls of a policy with several pages. The result is one capture, or a failure that names the page."""

import gzip
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from formats.multipart import parts_of
from loopback.pages import Page, Site, serve_pages
from storage import StoredCapture
from tests.servers.archive import Crawler, declare, policy_page
from tests.servers.commands import clausewatch, program

HTML = {"Content-Type": "text/html; charset=utf-8"}
SHARING = b"<title>Whom we share with</title><h2>Sharing</h2><p>We share your personal data with the carriers only.</p>"
CONTACT = b"<title>Contact</title><h2>Contact</h2><p>Ask our data protection officer what personal data we hold.</p>"


@pytest.fixture
def site() -> Iterator[Site]:
    pages: dict[str, Page | list[Page]] = {
        "/p": Page(policy_page(), headers={**HTML, "Set-Cookie": "seen=first", "X-Served-By": "a"}),
        "/p/2": Page(b"", 302, {"Location": "/p/sharing"}),
        "/p/sharing": Page(gzip.compress(SHARING), headers={**HTML, "Content-Encoding": "gzip", "X-Served-By": "b"}),
        "/p/3": Page(CONTACT),
        "/alone": Page(policy_page()),
    }
    with serve_pages(pages) as running:
        yield running


def crawler_of(tmp_path: Path, site: Site, *pages: str) -> Crawler:
    """Returns a crawler of two vendors. `kestrel` has the page /p and the given pages; `alone` has a single page."""
    crawler = Crawler(tmp_path, allow_private=True)
    addresses = [page if "//" in page else f"{site.url}{page}" for page in pages]
    declare(crawler.vendors, "kestrel", f"url: {site.url}/p; pages: {addresses}")
    declare(crawler.vendors, "alone", f"url: {site.url}/alone")
    return crawler


def only_capture(crawler: Crawler) -> StoredCapture:
    (stored,) = crawler.captures("kestrel")
    return stored


def test_the_pages_make_one_capture_that_keeps_each_answer(tmp_path: Path, site: Site) -> None:
    crawler = crawler_of(tmp_path, site, "/p/2", "/p/3")
    result = crawler.crawl("live")
    assert result.stderr == "live: 2 captures found, 2 new (0 quarantined), 0 failed\n"
    assert [path for path, _ in site.requests if path.startswith("/p")] == ["/p", "/p/2", "/p/sharing", "/p/3"]
    stored = only_capture(crawler)
    assert (stored.verdict.name, stored.capture.status, stored.capture.headers) == ("accepted", None, ())
    assert stored.capture.asked_url == stored.capture.url == f"{site.url}/p"
    parts = parts_of(stored.capture, crawler.payload(stored))
    assert [payload for _, payload in parts] == [policy_page(), SHARING, CONTACT]
    assert [part.url for part, _ in parts] == [f"{site.url}{path}" for path in ("/p", "/p/sharing", "/p/3")]
    assert parts[1][0].redirects == (f"{site.url}/p/2",)
    assert [part.status for part, _ in parts] == [200, 200, 200]
    assert ("X-Served-By", "a") in parts[0][0].headers
    assert ("X-Served-By", "b") in parts[1][0].headers
    times = [part.captured_at for part, _ in parts]
    assert all(sooner < later for sooner, later in pairwise(times))
    assert stored.capture.captured_at == times[-1]
    assert (stored.capture.requested_at, stored.capture.answered_at) == (parts[0][0].requested_at, times[-1])


def test_unchanged_pages_have_the_same_checksum_and_version(tmp_path: Path, site: Site) -> None:
    crawler = crawler_of(tmp_path, site, "/p/2", "/p/3")
    for _ in range(2):
        crawler.crawl("live", "vendor=kestrel")
    first, second = crawler.captures("kestrel")
    assert first.capture.sha256 == second.capture.sha256
    assert first.version_id == second.version_id


def test_a_change_on_a_further_page_makes_a_new_version(tmp_path: Path, site: Site) -> None:
    """All pages are fetched a second time to confirm the change."""
    crawler = crawler_of(tmp_path, site, "/p/2", "/p/3")
    crawler.crawl("live", "vendor=kestrel")
    site.pages["/p/3"] = Page(CONTACT.replace(b"officer", b"office"))
    site.requests.clear()
    assert crawler.crawl("live", "vendor=kestrel").returncode == 0
    assert [path for path, _ in site.requests].count("/p/3") == 2
    assert [path for path, _ in site.requests].count("/p") == 2
    captures = crawler.captures("kestrel")
    assert [stored.version_id == captures[0].version_id for stored in captures] == [True, False, False]


@pytest.mark.parametrize(
    ("page", "reason", "evidence"),
    [
        (Page(b"<p>There is no such page.</p>", 404, HTML), "not_found", "answered with HTTP status 404"),
        (Page(b"<p>Come back later.</p>", 503, HTML), "unavailable", "answered with HTTP status 503"),
        (Page(b"<title>Just a moment...</title><p>Checking your browser</p>"), "blocked", "the page "),
    ],
    ids=["missing", "error", "challenge"],
)
def test_a_page_without_policy_text_quarantines_the_capture(
    tmp_path: Path, site: Site, page: Page, reason: str, evidence: str
) -> None:
    site.pages["/p/3"] = page
    crawler = crawler_of(tmp_path, site, "/p/2", "/p/3")
    result = crawler.crawl("live")
    assert result.stderr.splitlines()[-1] == "live: 2 captures found, 2 new (1 quarantined), 0 failed"
    stored = only_capture(crawler)
    assert stored.verdict.reason == reason
    assert stored.verdict.evidence.startswith(f"page 3 of 3, {site.url}/p/3: {evidence}")


@pytest.mark.parametrize(
    ("path", "page", "reason"),
    [
        ("/p/2", Page(drop=True), "the connection was lost"),
        ("/p/2", Page(b"x", headers={**HTML, "Content-Length": "50"}), "the answer is cut off"),
        ("/p/2", Page(b"", 302, {"Location": "/p/2"}), "the page redirects too many times"),
        (
            "/p/2",
            Page(b"", 302, {"Location": "file:///etc/passwd"}),
            "the page redirects to something that is not a web address",
        ),
        ("/p/2", Page(b"x" * 300_000), "the answer was rejected: "),
        ("/p/2", Page(b"x" * 199_800), "together with this page, the policy's pages have "),
        ("/forbidden", Page(policy_page()), "the site's robots.txt forbids crawlers to fetch this page"),
        ("http://[::1]:9/", Page(), "not fetched, because http://[::1]:9/robots.txt could not be fetched: "),
    ],
    ids=["dropped", "cut", "loop", "scheme", "large", "together", "robots", "refused"],
)
def test_if_one_page_cannot_be_fetched_there_is_no_capture(
    tmp_path: Path, site: Site, path: str, page: Page, reason: str
) -> None:
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /forbidden\n")
    site.pages[path] = page
    crawler = crawler_of(tmp_path, site, path, "/p/3")
    result = crawler.crawl("live", DOWNLOAD_MAXSIZE="200000", RETRY_TIMES="0")
    failures = [line for line in result.stderr.splitlines() if line.startswith("failed: ")]
    address = path if "//" in path else f"{site.url}{path}"
    assert len(failures) == 1
    assert failures[0].startswith(f"failed: kestrel/privacy {address}: {reason}")
    assert result.stderr.endswith("live: 1 capture found, 1 new (0 quarantined), 1 failed\n")
    assert crawler.captures("kestrel") == ()
    assert len(crawler.captures("alone")) == 1
    assert "/p/3" not in [requested for requested, _ in site.requests]


def test_a_further_page_at_a_private_address_is_refused(tmp_path: Path) -> None:
    with serve_pages({"/secret": Page(policy_page())}) as inside, serve_pages({"/p": Page(policy_page())}) as outside:
        # A crawl refuses private addresses, except the archive's address. `outside` is declared as the archive, so that
        # the crawl refuses only `inside`.
        crawler = Crawler(tmp_path, wayback_url=outside.url)
        declare(crawler.vendors, "kestrel", f"url: {outside.url}/p; pages: ['{inside.url}/secret']")
        result = crawler.crawl("live")
        assert inside.requests == []
    assert f"failed: kestrel/privacy {inside.url}/secret: " in result.stderr
    assert "127.0.0.1 is a private address" in result.stderr
    assert crawler.captures("kestrel") == ()


def test_a_policy_of_several_pages_is_not_fetched_from_an_archive(tmp_path: Path, site: Site) -> None:
    crawler = crawler_of(tmp_path, site, "/p/2")
    crawler.wayback_url = site.url
    site.pages.clear()
    result = crawler.crawl("archive", ARCHIVE_STRIKES="1")
    assert result.returncode == 1
    assert (
        f"failed: kestrel/privacy {site.url}/p: a policy of several pages cannot be fetched from an archive, "
        "because the archive captured each page at another time\n"
    ) in result.stderr
    requested = [path for path, _ in site.requests]
    assert requested
    assert all("alone" in path for path in requested)


def test_the_export_is_a_valid_warc_and_is_ingested_unchanged(tmp_path: Path, site: Site) -> None:
    crawler = crawler_of(tmp_path, site, "/p/2", "/p/3")
    for _ in range(2):
        crawler.crawl("live", "vendor=kestrel")
    warc = tmp_path / "kestrel.warc.gz"
    clausewatch(crawler, "export", "kestrel", "--warc", str(warc))
    checked = subprocess.run([program("warcio"), "check", str(warc)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")
    other = Crawler(tmp_path / "other")
    other.folder.mkdir()
    other.vendors.mkdir()
    declaration = "kestrel.yaml"
    (other.vendors / declaration).write_text((crawler.vendors / declaration).read_text())
    ingested = clausewatch(other, "ingest", str(warc), "--vendor", "kestrel").stderr
    assert ingested == "2 captures read, 2 new, 0 quarantined\n"
    assert [(stored.capture, stored.version_id) for stored in other.captures("kestrel")] == [
        (stored.capture, stored.version_id) for stored in crawler.captures("kestrel")
    ]
    assert other.payload(other.captures("kestrel")[0]) == crawler.payload(crawler.captures("kestrel")[0])
