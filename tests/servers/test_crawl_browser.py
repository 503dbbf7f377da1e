"""A live crawl of pages that must be rendered in the system's Chromium. The tests examine one crawl of one site."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from subprocess import CompletedProcess

import pytest

from formats.multipart import Observed, parts_of
from loopback.pages import Page, Site, serve_pages
from storage import StoredCapture
from tests.servers.archive import Crawler, declare
from tests.servers.rendered_pages import BODY, HTML, SCRIPT, TITLE, needs_chromium, shell, shows

pytestmark = needs_chromium

JSON = {"Content-Type": "application/json"}
FETCHES = (
    "fetch('/policy.json').then(answer => answer.json()).then(policy => {"
    "document.getElementById('root').innerHTML = policy.html})"
)

SITE: dict[str, Page | list[Page]] = {
    "/": Page(shell(shows())),
    "/robots.txt": Page(b"User-agent: *\nDisallow: /secret.json\n"),
    "/policy.json": Page(json.dumps({"html": BODY}).encode(), headers=JSON, delay=1),
    "/app.js": Page(FETCHES.encode(), headers=SCRIPT),
    "/delayed": Page(f"{TITLE}<body><div id=root>Loading…</div><script src=/app.js></script></body>".encode()),
    "/nonce": [Page(shell(f"{shows()} document.querySelector('h1').id = 'react-' + Math.random()"), headers=HTML)],
    "/cookie": Page(
        shell(f"fetch('/asks').then(answer => answer.text()).then(text => {{{shows()}}})"),
        headers={**HTML, "Set-Cookie": "visit=7; Path=/"},
    ),
    "/asks": Page(b"", 302, {"Location": "/told"}),
    "/told": Page(b"told"),
    "/missing": Page(shell(shows()), 404, HTML),
    "/plain": Page(BODY.replace("<", "\n<").encode(), headers={"Content-Type": "text/plain"}),
    "/clock": Page(
        shell(
            f"{shows()} setInterval(() => document.title = document.body.append(1), 1e9);"
            "const clock = document.body.appendChild(document.createElement('p'));"
            "setInterval(() => clock.textContent = 'Seconds on this page: ' + Math.round(performance.now()), 50)"
        )
    ),
    "/moves": Page(shell("location.href = '/moves/2'")),
    "/moves/2": Page(b"", 302, {"Location": "/moves/3"}),
    "/moves/3": Page(b"<meta http-equiv=refresh content='0; url=/delayed?moved'>", headers=HTML),
    "/delayed?moved": Page(f"{TITLE}<body><div id=root></div><script src=/app.js></script></body>".encode()),
    "/dialogs": Page(shell(f"alert(1); confirm(2); prompt(3); print(); onbeforeunload = () => 'stay'; {shows()}")),
    "/popup": Page(
        shell(f"for (let n = 0; n < 5; n++) open('/opened?' + n); open('about:blank'); {shows()}")
        + b"<a id=away target=_blank rel=noopener href=/opened?a>x</a><script>document.getElementById('away').click()"
        b"</script>"
    ),
    "/download": Page(
        shell(
            f"{shows()} const link = document.createElement('a'); link.href = '/file.zip'; link.download = 'x.sh';"
            "link.click(); const blob = document.createElement('a'); blob.download = 'y.sh';"
            "blob.href = URL.createObjectURL(new Blob(['x'])); blob.click()"
        )
    ),
    "/file.zip": Page(b"PK\x03\x04", headers={"Content-Disposition": "attachment; filename=../../x.sh"}),
    "/attached": Page(shell(shows()), headers={**HTML, "Content-Disposition": "attachment; filename=policy.html"}),
    "/big": Page(shell(shows(BODY + "<p>We collect personal data for the purposes of delivery.</p>" * 50_000))),
    "/greedy": Page(shell(f"for (let n = 0; n < 200; n++) fetch('/many?' + n).catch(() => 0); {shows()}")),
    "/forbidden": Page(
        shell(f"fetch('/secret.json').then(() => 0, () => 0).then(() => {{{shows()}}})"),
    ),
    "/secret.json": Page(b"secret"),
    "/images": Page(
        shell(shows()) + b"<img src=/i.png><video src=/v.mp4></video><iframe src=/f.html></iframe>"
        b"<link rel=icon href=/favicon.ico><link rel=prefetch href=/n.html>"
    ),
    "/lying": Page(
        shell(
            f"{shows()} for (const prototype of [Document.prototype, HTMLElement.prototype, Element.prototype, "
            "String.prototype])"
            "for (const name of ['body', 'documentElement', 'doctype', 'innerText', 'outerHTML', 'replace', 'trim'])"
            "Object.defineProperty(prototype, name, {get() { throw new Error('no') }});"
            "Math.imul = Array.prototype.map = JSON.stringify = Promise.prototype.then = () => { throw 0 }"
        )
        + b"<form name=body></form><form name=documentElement></form><img name=doctype>"
    ),
    "/twopages": Page(shell(shows())),
    "/twopages/2": Page(shell(shows("<h2>Sharing</h2><p>We share your personal data with the carriers only.</p>"))),
    # Pages whose scripts never end, or that can't be rendered for another reason.
    "/empty": Page(shell("") + b"<script src=/none.js></script>"),
    "/changing": Page(shell(f"{shows()} setInterval(() => document.body.append('more '), 20)")),
    "/spin": Page(shell(f"{shows()} while (true) {{}}")),
    "/spinlater": Page(shell(f"{shows()} setTimeout(() => {{ while (true) {{}} }}, 300)")),
    "/alerts": Page(shell(f"{shows()} while (true) alert('again')")),
    "/reload": Page(shell(f"{shows()} location.reload()")),
    "/form": Page(shell("document.write('<form method=post action=/x></form>'); document.forms[0].submit()")),
    "/topdf": Page(shell("location = '/p.pdf'")),
    "/p.pdf": Page(b"%PDF-1.4", headers={"Content-Type": "application/pdf"}),
    "/offweb": Page(shell("location = '/ftp'")),
    "/ftp": Page(b"", 302, {"Location": "ftp://127.0.0.1/x"}),
    "/swollen": Page(shell("document.body.append('x'.repeat(1.1e7))")),
}
VENDORS = [path.strip("/") for path in SITE if path.strip("/").isalpha() and path not in ("/asks", "/told", "/ftp")]
ENDLESS = ("alerts", "changing", "empty", "spin", "spinlater")
FAULTY = {
    "changing": "its text still changed after 4 seconds",
    "spin": "its scripts did not come to an end in 4 seconds",
    "spinlater": "its scripts did not come to an end in 4 seconds",
    "alerts": "its scripts did not come to an end in 4 seconds",
    "reload": "its scripts send the browser on without end",
    "form": "its scripts submit a form",
    "topdf": "its scripts send the browser to {url}/p.pdf, which is no HTML page",
    "offweb": "its scripts send the browser to {url}/ftp, which is no HTML page",
    "swollen": "rendered, it has more than 10000000 characters",
}
RENDERED = ["root"] + [name for name in VENDORS if name not in (*FAULTY, "missing", "empty")]


@dataclass
class Crawled:
    crawler: Crawler
    site: Site
    stderr: str

    def capture(self, vendor: str) -> StoredCapture:
        (stored,) = self.crawler.captures(vendor)
        return stored

    def parts(self, vendor: str) -> tuple[Observed, ...]:
        stored = self.capture(vendor)
        return parts_of(stored.capture, self.crawler.payload(stored))

    def requests_for(self, path: str) -> int:
        return sum(requested == path for requested, _ in self.site.requests)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    crawler = Crawler(tmp_path_factory.mktemp("browser"), allow_private=True)
    with serve_pages(dict(SITE)) as site:
        for vendor in VENDORS:
            more = f"; pages: ['{site.url}/twopages/2']" if vendor == "twopages" else ""
            declare(crawler.vendors, vendor, f"url: {site.url}/{vendor}; render: browser{more}")
        declare(crawler.vendors, "simple", f"url: {site.url}/delayed")
        declare(crawler.vendors, "root", f"url: {site.url}; render: browser")
        other_vendors = ",".join(name for name in (*VENDORS, "root", "simple") if name not in ENDLESS)

        def crawl(vendors: str, timeout: int) -> CompletedProcess[str]:
            return crawler.crawl(
                "live",
                f"vendor={vendors}",
                BROWSER_QUIET="0.5",
                BROWSER_REQUESTS="50",
                BROWSER_TIMEOUT=str(timeout),
                DOWNLOAD_MAXSIZE="10000000",
            )

        result = crawl(other_vendors, timeout=20)
        endless = crawl(",".join(ENDLESS), timeout=4)
        yield Crawled(crawler, site, result.stderr + endless.stderr)


def text_of(crawled: Crawled, vendor: str) -> str:
    return crawled.parts(vendor)[-1][1].decode()


def test_every_page_is_a_capture_and_only_quarantined_captures_are_named(crawled: Crawled) -> None:
    refused = {"missing", "simple", *FAULTY} - set(ENDLESS)
    count, endless = len(RENDERED) + len(refused), len(ENDLESS)
    progress = re.compile(r"\S+Z live: \d+ captures? found, \d+ fetched, .*")
    lines = [line for line in crawled.stderr.splitlines() if not progress.fullmatch(line)]
    named = [line for line in lines if line.startswith("quarantined: ")]
    assert len(named) == len(refused) + endless
    assert [line for line in lines if line not in named] == [
        f"live: {count} captures found, {count} new, {len(refused)} quarantined, 0 failed",
        f"live: {endless} captures found, {endless} new, {endless} quarantined, 0 failed",
    ]


@pytest.mark.parametrize("vendor", RENDERED)
def test_the_text_of_a_page_is_read_after_its_scripts_have_run(crawled: Crawled, vendor: str) -> None:
    stored = crawled.capture(vendor)
    frame = "not read, because it stands in a frame: " if vendor == "images" else ""
    assert (stored.verdict.name, stored.verdict.evidence.partition("http")[0]) == ("accepted", frame)


def test_the_served_page_and_the_rendered_page_are_both_kept(crawled: Crawled) -> None:
    stored = crawled.capture("delayed")
    (served, shell_bytes), (rendered, html) = crawled.parts("delayed")
    page = SITE["/delayed"]
    assert isinstance(page, Page)
    assert stored.capture.media_type.startswith("multipart/alternative; ")
    assert shell_bytes == page.body
    assert (served.status, served.media_type) == (200, "text/html; charset=utf-8")
    assert ("Content-Length", str(len(page.body))) in served.headers
    assert b"We keep letters for thirty days." in html
    assert (rendered.headers, rendered.url) == ((), served.url)
    assert rendered.rendered_by.startswith("Chromium ")
    assert served.answered_at is not None
    assert rendered.requested_at is not None
    assert served.answered_at <= rendered.requested_at < rendered.captured_at
    assert (stored.capture.captured_at, stored.capture.requested_at) == (rendered.captured_at, served.requested_at)


def test_a_page_is_rendered_only_if_that_is_declared(crawled: Crawled) -> None:
    assert crawled.capture("simple").verdict.reason == "empty"


def test_random_ids_written_by_scripts_make_no_new_version(crawled: Crawled) -> None:
    assert "react-0." in text_of(crawled, "nonce")
    assert crawled.capture("nonce").version_id == crawled.capture("delayed").version_id


def test_the_browser_has_the_crawlers_user_agent_and_own_cookies(crawled: Crawled) -> None:
    headers = dict(crawled.site.requests)
    for path in ("/app.js", "/policy.json", "/asks", "/told"):
        assert headers[path]["user-agent"].startswith("clausewatch/")
        assert not [name for name in headers[path] if name.startswith("sec-ch-")]
    assert headers["/asks"]["cookie"] == "visit=7"
    assert "cookie" not in headers["/many?1"]


def test_error_pages_and_plain_text_are_not_rendered(crawled: Crawled) -> None:
    missing, plain = crawled.capture("missing"), crawled.capture("plain")
    assert (missing.capture.status, missing.verdict.reason) == (404, "not_found")
    assert (plain.capture.media_type, plain.verdict.name) == ("text/plain", "accepted")


def test_redirects_by_scripts_are_followed_and_recorded(crawled: Crawled) -> None:
    capture, url = crawled.capture("moves").capture, crawled.site.url
    assert capture.asked_url == f"{url}/moves"
    assert capture.url == f"{url}/delayed?moved"
    assert capture.redirects == (f"{url}/moves", f"{url}/moves/2", f"{url}/moves/3")
    assert [part.url for part, _ in crawled.parts("moves")] == [
        *(f"{url}{path}" for path in ("/moves", "/moves/3", "/delayed?moved", "/delayed?moved"))
    ]


def test_no_window_is_opened_and_no_file_downloaded(crawled: Crawled) -> None:
    assert not [path for path, _ in crawled.site.requests if path.startswith(("/opened", "/file"))]


def test_images_videos_frames_and_prefetches_are_not_loaded(crawled: Crawled) -> None:
    for path in ("/i.png", "/v.mp4", "/f.html", "/favicon.ico", "/n.html"):
        assert crawled.requests_for(path) == 0


def test_scripts_cannot_load_what_robots_txt_forbids(crawled: Crawled) -> None:
    assert crawled.requests_for("/secret.json") == 0


def test_the_number_of_requests_of_scripts_is_limited(crawled: Crawled) -> None:
    assert 0 < len([path for path, _ in crawled.site.requests if path.startswith("/many?")]) <= 50


def test_several_pages_are_rendered_and_make_one_capture(crawled: Crawled) -> None:
    (first, _), (second, payload) = crawled.parts("twopages")
    assert first.media_type.startswith("multipart/alternative")
    assert b"carriers only" in parts_of(second, payload)[-1][1]


def test_the_verdict_on_an_empty_rendered_page_suggests_no_browser(crawled: Crawled) -> None:
    verdict = crawled.capture("empty").verdict
    assert (verdict.reason, verdict.evidence) == ("empty", "rendered, the page still shows nothing to read")


@pytest.mark.parametrize("vendor", FAULTY)
def test_a_page_that_cannot_be_rendered_is_quarantined(crawled: Crawled, vendor: str) -> None:
    verdict = crawled.capture(vendor).verdict
    assert verdict.reason == "truncated"
    assert re.match(FAULTY[vendor].format(url=crawled.site.url), verdict.evidence)
    page = SITE[f"/{vendor}"]
    assert isinstance(page, Page)
    assert crawled.parts(vendor)[0][1] == page.body
