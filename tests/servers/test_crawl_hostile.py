"""Live crawls of hostile servers. A hostile server causes one line with a failure; the other sites are fetched."""

import gzip
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import brotli  # type: ignore[import-untyped]  # has no types
import pytest

from core.escaping import UNSAFE_CLASS
from loopback.pages import Page, serve_pages
from tests.servers.archive import Crawler, declare, policy_page
from tests.servers.commands import clausewatch
from tests.servers.patched_crawl import patched_crawl
from tests.servers.raw_server import OK, free_port, raw_server

UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{UNSAFE_CLASS}]")


def drip(connection: socket.socket, start: bytes, piece: bytes) -> None:
    """Sends `start`, and then `piece` every 0.2 seconds, without end."""
    connection.sendall(start)
    while True:
        connection.sendall(piece)
        time.sleep(0.2)


def flood(connection: socket.socket, start: bytes, piece: bytes) -> None:
    """Sends `start`, and then `piece` so often that it makes 200 MB."""
    connection.sendall(start)
    for _ in range(200_000_000 // len(piece)):
        connection.sendall(piece)


def crawl_with_good_page(
    tmp_path: Path, answer: Callable[[socket.socket], None], timeout: int = 60, max_size: int = 32 * 1024 * 1024
) -> tuple[CompletedProcess[str], Crawler, float]:
    """Crawls a hostile server and a normal server. Checks that the page of the normal server is stored.

    timeout, max_size: the limits on one HTTP response, in seconds and bytes.

    Returns the crawl's result, the crawler, and the duration of the crawl in seconds.
    """
    crawler = Crawler(tmp_path, allow_private=True)
    with raw_server(answer) as hostile, serve_pages({"/p": Page(policy_page())}) as site:
        declare(crawler.vendors, "hostile", f"url: {hostile}/p")
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        begun = time.monotonic()
        result = crawler.crawl("live", RETRY_TIMES="0", DOWNLOAD_TIMEOUT=str(timeout), DOWNLOAD_MAXSIZE=str(max_size))
        seconds = time.monotonic() - begun
    assert result.returncode == 3
    assert "Traceback" not in result.stderr
    assert len(crawler.captures("kestrel")) == 1
    assert crawler.captures("hostile") == ()
    return result, crawler, seconds


@pytest.mark.parametrize(
    ("start", "piece"),
    [(OK + b"Content-Length: 100000\r\n\r\n", b"x"), (OK + b"X: ", b"x"), (b"", b"H"), (OK, b"X: y\r\n")],
    ids=["body", "header", "status", "headers"],
)
def test_a_slow_endless_answer_is_rejected_at_the_time_limit(tmp_path: Path, start: bytes, piece: bytes) -> None:
    result, _, seconds = crawl_with_good_page(tmp_path, lambda connection: drip(connection, start, piece), timeout=2)
    assert "the complete answer did not arrive in time" in result.stderr
    assert seconds < 30  # without the limit, the crawl would never end; a busy machine may need long to start it


@pytest.mark.parametrize(
    ("start", "piece", "reason"),
    [
        (OK + b"\r\n", b"x" * 65536, "the answer was rejected"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", "the answer was rejected"),
        (OK, b"X-Filler: " + b"x" * 8000 + b"\r\n", "its headers have more than 262,144 bytes"),
        (OK + b"X: ", b"x" * 65536, ""),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 500, "its headers have more than 262,144 bytes"),
    ],
    ids=["body", "chunks", "headers", "header", "hints"],
)
def test_a_fast_endless_answer_is_rejected_at_the_size_limit(
    tmp_path: Path, start: bytes, piece: bytes, reason: str
) -> None:
    result, _, seconds = crawl_with_good_page(
        tmp_path, lambda connection: flood(connection, start, piece), max_size=1_000_000
    )
    assert reason in result.stderr
    assert seconds < 30  # without the limit, the crawl would never end; a busy machine may need long to start it


@pytest.mark.parametrize("coding", ["gzip", "br", "many"])
def test_a_page_that_unpacks_to_gigabytes_is_rejected(tmp_path: Path, coding: str) -> None:
    zeros = bytes(1 << 28)
    if coding == "gzip":
        packed = gzip.compress(zeros)
    elif coding == "br":
        packed = brotli.compress(zeros, quality=1)
    else:
        packed = gzip.compress(b"") * 100_000
    name = "gzip" if coding == "many" else coding

    def answer(connection: socket.socket) -> None:
        head = OK + f"Content-Encoding: {name}\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
        connection.sendall(head + packed)

    result, _, _ = crawl_with_good_page(tmp_path, answer)
    assert "the answer was rejected: it " in result.stderr


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "data:text/html,<h1>Privacy%20policy</h1>",
        "javascript:alert(1)",
        "gopher://127.0.0.1:70/",
        "view-source:http://127.0.0.1/",
        "//",
        "http://",
        "http://[::1",
        "http://a:b@:80/",
        "http://kestrelpost.example:99999999/",
        "http://\x1b[31m.example/",
        "\x1b]0;owned\x07",
        "http://" + "a" * 70_000 + ".example/",
        "http://" + ".".join("a" * 63 for _ in range(9)) + "/",
    ],
)
def test_a_redirect_to_an_unusable_address_is_a_failure(tmp_path: Path, target: str) -> None:
    def answer(connection: socket.socket) -> None:
        head = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode("latin-1"))

    result, _, _ = crawl_with_good_page(tmp_path, answer, timeout=5)
    assert not UNSAFE.search(result.stderr)
    failures = [line for line in result.stderr.splitlines() if not line.startswith("live: ")]
    assert len(failures) == 1, failures
    assert failures[0].startswith("failed: hostile/privacy ")
    assert len(failures[0]) < 500


def test_dns_rebinding_never_leads_a_crawl_to_a_private_address(tmp_path: Path) -> None:
    """In DNS rebinding, a name's address changes between the check and the connection.

    Here, public and private addresses alternate. If the crawl looked the name up a second time for the connection, the
    crawl would get the private address.
    """
    reached: list[str] = []

    def inside(connection: socket.socket) -> None:
        reached.append("inside")
        connection.sendall(OK + b"Content-Length: 0\r\n\r\n")

    def outside(connection: socket.socket) -> None:
        reached.append("outside")
        connection.sendall(OK + b"Connection: close\r\n\r\n" + policy_page())

    port = free_port()
    crawler = Crawler(tmp_path)
    with raw_server(inside, "127.0.0.1", port), raw_server(outside, "127.0.0.2", port):
        for n in range(4):
            declare(crawler.vendors, f"v{n}", f"url: http://rebinding{n}.example:{port}/p")
        result = patched_crawl(
            crawler,
            "import itertools\n"
            "turn = itertools.count()\n"
            "def answers(host):\n"
            "    if isinstance(host, bytes): host = host.decode()\n"
            "    return ('127.0.0.2', '127.0.0.1')[next(turn) % 2] if host and 'rebinding' in host else None",
        )
    assert "Traceback" not in result.stderr
    assert reached
    assert set(reached) == {"outside"}
    assert "is 127.0.0.1, a private address" in result.stderr


def test_control_characters_from_a_page_are_escaped_in_output(tmp_path: Path) -> None:
    """The page has escape sequences (C0 and C1) and bidirectional controls in title, text, headers and redirects."""
    evil = "\x1b]0;owned\x07\x9b31m\u202egnp\u202c\u2066"
    crawler = Crawler(tmp_path, allow_private=True)
    page = policy_page(f"We keep letters {evil} for thirty days.").replace(b"Kestrel Post: ", evil.encode())
    headers = {"Content-Type": "text/html; charset=utf-8; x=\x1b[31m\x9b31m", "X-Evil": "\x1b]0;owned\x07"}
    pages: dict[str, Page | list[Page]] = {
        "/p": Page(b"", 302, {"Location": "/q?\x1b[31m"}),
        "/q?%1B%5B31m": [Page(page, headers=headers), Page(page.replace(b"thirty", b"sixty"), headers=headers)],
        "/gone": Page(f"<title>{evil} not found</title><p>{evil} there is no such page</p>".encode(), headers=headers),
    }
    with serve_pages(pages) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        declare(crawler.vendors, "gone", f"url: {site.url}/gone")
        outputs = [crawler.crawl("live", LOG_LEVEL="DEBUG").stderr for _ in range(2)]
        for path in ("p", "gone"):
            tried = clausewatch(crawler, "vendors", "try", f"{site.url}/{path}")
            outputs += [tried.stdout, tried.stderr]
    captures = crawler.captures("kestrel")
    first, last = f"@{captures[0].version_id}", f"@{captures[-1].version_id}"
    commands = [
        *(["captures", vendor, *more] for vendor in ("kestrel", "gone") for more in ([], ["--format", "json"])),
        ["versions", "kestrel"],
        ["show", "kestrel"],
        ["review"],
        ["review", "show", str(crawler.captures("gone")[0].id)],
        *(["report", "kestrel", first, last, "--format", form] for form in ("text", "json", "markdown", "html")),
    ]
    for command in commands:
        result = clausewatch(crawler, *command)
        outputs += [result.stdout, result.stderr]
    for output in outputs:
        assert not UNSAFE.search(output), output
    assert len(captures) >= 2
