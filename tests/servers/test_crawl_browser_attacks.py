"""Pages whose scripts try to reach private addresses, or the files of the machine that renders the pages."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from loopback.pages import Page, serve_pages
from tests.servers.archive import Crawler, declare
from tests.servers.patched_crawl import patched_crawl
from tests.servers.raw_server import OK, free_port, raw_server
from tests.servers.rendered_pages import SCRIPT, needs_chromium, shell, shows

pytestmark = needs_chromium


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
    assert result.stderr.splitlines()[-1] == f"live: {count} captures found, {count} new (1 quarantined), 0 failed"
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
    assert result.stderr == f"live: {count} captures found, {count} new (0 quarantined), 0 failed\n"
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
