"""Live crawls of pages that must be rendered in the system's Chromium. Most tests examine one crawl of one site."""

import json
import os
import re
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from formats.multipart import Observed, parts_of
from loopback.pages import Page, Site, serve_pages
from storage import StoredCapture
from tests.servers.archive import QUICK, Crawler, declare, policy_page
from tests.servers.commands import clausewatch, scrapy_crawl, started_scrapy_crawl
from tests.servers.patched_crawl import patched_crawl
from tests.servers.raw_server import OK, free_port, raw_server

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

HTML = {"Content-Type": "text/html; charset=utf-8"}
SCRIPT = {"Content-Type": "text/javascript"}
JSON = {"Content-Type": "application/json"}
TITLE = "<!DOCTYPE html><title>Kestrel Post: privacy policy</title>"
BODY = policy_page().decode().partition("<body>")[2].partition("</body>")[0]
FETCHES = (
    "fetch('/policy.json').then(answer => answer.json()).then(policy => {"
    "document.getElementById('root').innerHTML = policy.html})"
)


def shell(script: str) -> bytes:
    """Returns a page that has no text until its script has run."""
    script = script.replace("</script", r"<\/script")
    return f"{TITLE}<body><div id=root></div><script>{script}</script></body>".encode()


def shows(text: str = BODY) -> str:
    """Returns a script that adds the policy's text to the page."""
    return f"document.getElementById('root').innerHTML = {json.dumps(text)};"


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


def test_every_page_is_a_capture_and_only_counts_are_printed(crawled: Crawled) -> None:
    refused = {"missing", "simple", *FAULTY} - set(ENDLESS)
    count, endless = len(RENDERED) + len(refused), len(ENDLESS)
    progress = re.compile(r"\S+Z live: \d+ captures? found, \d+ fetched, .* left")
    assert [line for line in crawled.stderr.splitlines() if not progress.fullmatch(line)] == [
        f"live: {count} captures found, {count} new, {len(refused)} quarantined, 0 failed",
        f"live: {endless} captures found, {endless} new, {endless} quarantined, 0 failed",
    ]


@pytest.mark.parametrize("vendor", RENDERED)
def test_the_text_of_a_page_is_read_after_its_scripts_have_run(crawled: Crawled, vendor: str) -> None:
    stored = crawled.capture(vendor)
    assert (stored.verdict.name, stored.verdict.evidence) == ("accepted", "")


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


@contextmanager
def trap() -> Iterator[tuple[int, list[str]]]:
    """Yields a port of this machine to which no script may connect, and a list of the connections that were made.

    The list has an entry for each TCP connection and for each UDP datagram.
    """
    contacts: list[str] = []
    tcp = socket.create_server(("127.0.0.1", 0))
    port = tcp.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))
    tcp.settimeout(0.2)
    udp.settimeout(0.2)
    ended = threading.Event()

    def watch(receive: Callable[[], object], kind: str) -> None:
        while not ended.is_set():
            with suppress(OSError):
                receive()
                contacts.append(kind)

    threads = [
        threading.Thread(target=watch, args=(tcp.accept, "connection")),
        threading.Thread(target=watch, args=(lambda: udp.recvfrom(2048), "datagram")),
    ]
    for thread in threads:
        thread.start()
    try:
        yield port, contacts
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        tcp.close()
        udp.close()


# Scripts that try to reach the trap. Each script is on a separate page. `inside` stands for the trap's host and port.
ATTEMPTS = {
    "fetch": "fetch('http://inside/x').catch(() => 0)",
    "post": "fetch('http://inside/x', {method: 'POST', body: 'x', mode: 'no-cors'}).catch(() => 0)",
    "xhr": "const x = new XMLHttpRequest(); x.open('GET', 'http://inside/x'); x.send()",
    "beacon": "navigator.sendBeacon('http://inside/x', 'x')",
    "redirected": "fetch('/inside').catch(() => 0)",
    "script": "const s = document.createElement('script'); s.src = 'http://inside/x.js'; document.body.append(s)",
    "module": "import('http://inside/x.mjs').catch(() => 0)",
    "sheet": "document.head.innerHTML += '<link rel=stylesheet href=http://inside/x.css>'",
    "image": "new Image().src = 'http://inside/x.png'",
    "frame": "document.body.innerHTML += '<iframe src=http://inside/x></iframe>'",
    "srcdoc": "document.body.innerHTML += '<iframe srcdoc=\"<script src=http://inside/x></script>\"></iframe>'",
    "object": "document.body.innerHTML += '<object data=http://inside/x></object><embed src=http://inside/y>'",
    "hints": "document.head.innerHTML += ['preconnect', 'prefetch', 'preload', 'prerender', 'modulepreload']"
    ".map(rel => `<link rel=${rel} as=script href=http://inside/x>`).join('')",
    "speculation": "const r = document.createElement('script'); r.type = 'speculationrules'; r.textContent ="
    " JSON.stringify({prerender: [{urls: ['http://inside/x'], eagerness: 'immediate'}],"
    " prefetch: [{urls: ['http://inside/y'], eagerness: 'immediate'}]}); document.head.append(r)",
    "websocket": "new WebSocket('ws://inside/x')",
    "eventsource": "new EventSource('http://inside/x')",
    "worker": "new Worker(URL.createObjectURL(new Blob([`fetch('http://inside/x').catch(() => 0);"
    " new WebSocket('ws://inside/x'); try { importScripts('http://inside/y') } catch {}`])))",
    "sharedworker": "new SharedWorker('/worker.js')",
    "serviceworker": "navigator.serviceWorker?.register('/worker.js').catch(() => 0)",
    "popup": "open('http://inside/x'); open('http://inside/y', '_blank', 'noopener')",
    "download": "const d = document.createElement('a'); d.download = 'x'; d.href = 'http://inside/x'; d.click()",
    "webrtc": "const c = document.createElement('iframe'); document.body.append(c);"
    " for (const w of [window, c.contentWindow]) { const P = w.RTCPeerConnection; if (!P) continue;"
    " const p = new P({iceServers: [{urls: 'stun:inside'}, {urls: 'turn:inside?transport=tcp', username: 'a',"
    " credential: 'b'}]}); p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o)) }",
    "webtransport": "new Worker(URL.createObjectURL(new Blob([`new WebTransport('https://inside/x')`])))",
    "dns": "fetch('http://localhost:port/x').catch(() => 0); fetch('http://2130706433:port/').catch(() => 0);"
    " fetch('http://[::ffff:127.0.0.1]:port/').catch(() => 0)",
}


def test_no_script_reaches_a_private_address(tmp_path: Path) -> None:
    with trap() as (port, contacts):
        pages: dict[str, Page | list[Page]] = {
            f"/{name}": Page(
                shell(
                    f"{shows()} try {{ {script} }} catch (error) {{}}".replace("inside", f"127.0.0.1:{port}")
                    .replace(":port", f":{port}")
                    .replace("'/127.0.0.1:" + str(port), "'/inside")
                )
            )
            for name, script in ATTEMPTS.items()
        }
        pages["/inside"] = Page(b"", 302, {"Location": f"http://127.0.0.1:{port}/x"})
        pages["/worker.js"] = Page(f"fetch('http://127.0.0.1:{port}/x')".encode(), headers=SCRIPT)
        with serve_pages(pages) as site:
            # The operator's archive may have a private address. So this site is declared as the archive.
            crawler = Crawler(tmp_path, wayback_url=site.url)
            for name in ATTEMPTS:
                declare(crawler.vendors, name, f"url: {site.url}/{name}; render: browser")
            result = crawler.crawl("live", BROWSER_QUIET="0.7")
    count = len(ATTEMPTS)
    assert contacts == []
    # A download link navigates the browser to the file's address, like any other link.
    assert result.stderr == f"live: {count} captures found, {count} new, 1 quarantined, 0 failed\n"
    assert "a private address" in crawler.captures("download")[0].verdict.evidence


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("location = 'http://127.0.0.1:{port}/x'", "a private address"),
        ("location = '/inside'", "a private address"),
        ("document.head.innerHTML = '<meta http-equiv=refresh content=\"0; url=http://[::1]:{port}/\">'", "::1"),
    ],
)
def test_a_page_that_redirects_to_a_private_address_is_quarantined(tmp_path: Path, script: str, reason: str) -> None:
    with trap() as (port, contacts):
        pages: dict[str, Page | list[Page]] = {
            "/p": Page(shell(shows() + script.replace("{port}", str(port)))),
            "/inside": Page(b"", 302, {"Location": f"http://127.0.0.1:{port}/x"}),
        }
        with serve_pages(pages) as site:
            crawler = Crawler(tmp_path, wayback_url=site.url)
            declare(crawler.vendors, "kestrel", f"url: {site.url}/p; render: browser")
            crawler.crawl("live")
    assert contacts == []
    (stored,) = crawler.captures("kestrel")
    assert stored.verdict.reason == "truncated"
    assert stored.verdict.evidence.startswith("its scripts send the browser to http://")
    assert reason in stored.verdict.evidence


def test_no_script_reads_a_file_of_this_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("<p>the operator's own words</p>")
    scripts = [
        "location = 'FILE'",
        "open('FILE')",
        "fetch('FILE').then(a => a.text()).then(t => document.body.append(t))",
        "document.body.innerHTML += '<iframe src=FILE></iframe><object data=FILE></object><script src=FILE></script>'",
        "location = 'view-source:FILE'",
        "location = 'chrome://version'",
        "location = 'blob:FILE'",
    ]
    pages = {
        f"/{n}": Page(shell(shows() + script.replace("FILE", secret.as_uri()))) for n, script in enumerate(scripts)
    }
    crawler = Crawler(tmp_path, allow_private=True)
    with serve_pages({**pages}) as site:
        for n in range(len(scripts)):
            declare(crawler.vendors, f"v{n}", f"url: {site.url}/{n}; render: browser")
        result = crawler.crawl("live", BROWSER_QUIET="0.5")
    count = len(scripts)
    assert result.stderr == f"live: {count} captures found, {count} new, 0 quarantined, 0 failed\n"
    for n in range(count):
        (stored,) = crawler.captures(f"v{n}")
        assert b"own words" not in crawler.payload(stored)


def test_dns_rebinding_never_leads_scripts_to_a_private_address(tmp_path: Path) -> None:
    """In DNS rebinding, a host is public when its page is served, and private when the page's scripts send requests."""
    reached: list[str] = []
    page = shell(
        "Promise.allSettled([1, 2, 3, 4, 5, 6].map(n => fetch('/n' + n, {cache: 'no-store'})))"
        f".then(() => {{{shows()}}})"
    )

    def answer_as(name: str) -> Callable[[socket.socket], None]:
        def answer(connection: socket.socket) -> None:
            reached.append(name)
            connection.sendall(OK + b"Connection: close\r\n\r\n" + page)

        return answer

    port = free_port()
    crawler = Crawler(tmp_path)
    with raw_server(answer_as("inside"), "127.0.0.1", port), raw_server(answer_as("outside"), "127.0.0.2", port):
        declare(crawler.vendors, "kestrel", f"url: http://rebinding.example:{port}/p; render: browser")
        result = patched_crawl(
            crawler,
            "import itertools\n"
            "turn = itertools.count()\n"
            "def answers(host):\n"
            "    if isinstance(host, bytes): host = host.decode()\n"
            "    if not host or 'rebinding' not in host: return None\n"
            "    return '127.0.0.2' if next(turn) < 2 else '127.0.0.1'",
            DNSCACHE_ENABLED="False",
        )
    assert "Traceback" not in result.stderr
    assert set(reached) == {"outside"}
    assert len(crawler.captures("kestrel")) == 1


def live_crawl(crawler: Crawler, **environment: str) -> CompletedProcess[str]:
    """Runs a live crawl in a new process. environment: additional environment variables."""
    return scrapy_crawl(crawler, "live", environment=environment, **QUICK, BROWSER_QUIET="0.5")


def path_with_chromium(folder: Path, text: str) -> str:
    """Returns a PATH in which `chromium` is a shell script. All other commands are the system's. text: the script."""
    folder.mkdir()
    (folder / "chromium").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "chromium").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.fixture
def two_vendors(tmp_path: Path) -> Iterator[tuple[Crawler, Site]]:
    """Yields a crawler of two vendors, and their site. Only the page of `kestrel` must be rendered."""
    crawler = Crawler(tmp_path, allow_private=True)
    with serve_pages({"/p": Page(shell(shows())), "/plain": Page(policy_page())}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p; render: browser")
        declare(crawler.vendors, "plain", f"url: {site.url}/plain")
        yield crawler, site


@pytest.mark.parametrize(
    ("chromium", "reason"),
    [
        (None, "Chromium is not installed: install your system's package, such as chromium"),
        ("exit 1", "could not be started: "),
        ("exec sleep 0.1", "could not be started: "),
    ],
    ids=["missing", "failing", "ending"],
)
def test_without_chromium_only_rendered_pages_fail(
    two_vendors: tuple[Crawler, Site], tmp_path: Path, chromium: str | None, reason: str
) -> None:
    crawler, site = two_vendors
    path = path_with_chromium(tmp_path / "bin", chromium) if chromium else str(tmp_path)
    result = live_crawl(crawler, PATH=path)
    assert result.returncode == 1
    first, last = result.stderr.splitlines()
    assert first.startswith(f"failed: kestrel/privacy {site.url}/p: ")
    assert reason in first
    assert last == "live: 1 capture found, 1 new, 0 quarantined, 1 failed"
    assert len(crawler.captures("plain")) == 1


def test_without_scrapy_playwright_only_rendered_pages_fail(two_vendors: tuple[Crawler, Site], tmp_path: Path) -> None:
    crawler, site = two_vendors
    (tmp_path / "scrapy_playwright").mkdir()
    (tmp_path / "scrapy_playwright" / "__init__.py").write_text("raise ModuleNotFoundError('scrapy_playwright')\n")
    result = live_crawl(crawler, PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    assert result.returncode == 1
    assert result.stderr == (
        f"failed: kestrel/privacy {site.url}/p: scrapy-playwright is not installed: pip install --editable "
        "'.[browser]'\nlive: 1 capture found, 1 new, 0 quarantined, 1 failed\n"
    )


def test_chromium_is_started_only_if_a_page_must_be_rendered(two_vendors: tuple[Crawler, Site], tmp_path: Path) -> None:
    crawler, _ = two_vendors
    (crawler.vendors / "kestrel.yaml").unlink()
    path = path_with_chromium(tmp_path / "bin", f"touch {tmp_path}/started")
    assert live_crawl(crawler, PATH=path).stderr == "live: 1 capture found, 1 new, 0 quarantined, 0 failed\n"
    assert not (tmp_path / "started").exists()


def test_if_a_page_crashes_chromium_a_new_chromium_is_started(
    two_vendors: tuple[Crawler, Site], tmp_path: Path
) -> None:
    crawler, site = two_vendors
    pid = tmp_path / "pid"
    path = path_with_chromium(tmp_path / "bin", f'echo $$ > {pid}\nexec {CHROMIUM} "$@"')
    site.pages["/killer"] = Page(shell("fetch('/kill').catch(() => 0)"))
    declare(crawler.vendors, "a-killer", f"url: {site.url}/killer; render: browser")

    def kill() -> None:
        while "/kill" not in [path for path, _ in site.requests]:
            time.sleep(0.05)
        os.kill(int(pid.read_text()), signal.SIGKILL)

    site.pages["/kill"] = Page(b"", delay=3)
    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    result = live_crawl(crawler, PATH=path)
    assert result.stderr == "live: 3 captures found, 3 new, 1 quarantined, 0 failed\n"
    (stored,) = crawler.captures("a-killer")
    assert stored.verdict.reason == "truncated"
    assert stored.verdict.evidence.startswith("the browser could not show it: ")
    assert crawler.captures("kestrel")[0].verdict.name == "accepted"


def test_the_export_of_a_rendered_page_can_be_ingested_and_shown(
    two_vendors: tuple[Crawler, Site], tmp_path: Path
) -> None:
    crawler, _ = two_vendors
    assert live_crawl(crawler).returncode == 0
    warc = tmp_path / "kestrel.warc.gz"
    clausewatch(crawler, "export", "kestrel", "--warc", str(warc))
    other = Crawler(tmp_path / "other")
    shutil.copytree(crawler.vendors, tmp_path / "other" / "vendors")
    assert clausewatch(other, "ingest", str(warc), "--vendor", "kestrel").stderr == (
        "1 capture read, 1 new, 0 quarantined\n"
    )
    assert [stored.capture for stored in other.captures("kestrel")] == [
        stored.capture for stored in crawler.captures("kestrel")
    ]
    assert clausewatch(other, "show", "kestrel").stdout == clausewatch(crawler, "show", "plain").stdout


def test_vendors_try_renders_a_page(two_vendors: tuple[Crawler, Site]) -> None:
    crawler, site = two_vendors
    tried = clausewatch(crawler, "vendors", "try", f"{site.url}/p", "--render", "browser")
    lines = tried.stderr.splitlines()
    assert lines[0].startswith("200 text/html; charset=utf-8, ")
    assert lines[1].startswith("rendered by Chromium ")
    assert lines[2] == "verdict: accepted"
    assert "We keep letters for thirty days." in tried.stdout
    assert "we keep" not in clausewatch(crawler, "vendors", "try", f"{site.url}/p").stdout.lower()
    two_pages = clausewatch(crawler, "vendors", "try", f"{site.url}/plain", f"{site.url}/p", "--render", "browser")
    assert two_pages.stdout.count("We keep letters for thirty days.") == 2


def test_an_interrupt_ends_chromium_and_leaves_its_page_for_later(
    two_vendors: tuple[Crawler, Site], tmp_path: Path
) -> None:
    crawler, site = two_vendors
    pid = tmp_path / "pid"
    path = path_with_chromium(tmp_path / "bin", f'echo $$ > {pid}\nexec {CHROMIUM} "$@"')
    site.pages["/p"] = Page(shell(f"{shows()} fetch('/up'); setInterval(() => document.body.append('more '), 20)"))
    crawl = started_scrapy_crawl(crawler, "live", environment={"PATH": path}, DOWNLOAD_DELAY="0.1")
    while "/up" not in [path for path, _ in site.requests] or not crawler.captures("plain"):
        assert crawl.poll() is None
        time.sleep(0.05)
    os.killpg(crawl.pid, signal.SIGINT)  # Ctrl-C, too, reaches all processes of the terminal
    _, stderr = crawl.communicate(timeout=60)
    assert stderr == (
        "failed: the crawl was interrupted\n"
        "live: 1 capture found, 1 new, 0 quarantined, 1 failed, 1 left for the next crawl\n"
    )
    assert crawler.captures("kestrel") == ()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
