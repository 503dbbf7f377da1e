"""Live crawls of servers that mean harm: each is refused, told on one line, and the crawl goes on with the others."""

import gzip
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

import brotli  # type: ignore[import-untyped]  # has no types
import pytest

from core.escaping import UNSAFE_CLASS
from core.settings import CHECKOUT
from loopback.pages import Page, serve_pages
from tests.servers.archive import QUICK, Crawler, declare, policy_page

HTML = {"Content-Type": "text/html; charset=utf-8"}
UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{UNSAFE_CLASS}]")
NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@contextmanager
def raw_server(answer: Callable[[socket.socket], None], address: str = "127.0.0.1") -> Iterator[str]:
    """A server that answers robots.txt as there being none, and leaves any other request to `answer`; its base URL."""
    listening = socket.create_server((address, 0))
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while request := connection.recv(65536):
                    if request.startswith(b"GET /robots.txt"):
                        connection.sendall(NO_ROBOTS)
                    else:
                        answer(connection)
                        return
            except OSError:
                return  # the crawler has had enough

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://{address}:{listening.getsockname()[1]}"
    finally:
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def drip(connection: socket.socket, start: bytes, piece: bytes) -> None:
    connection.sendall(start)
    while True:
        connection.sendall(piece)
        time.sleep(0.2)


def flood(connection: socket.socket, start: bytes, piece: bytes) -> None:
    connection.sendall(start)
    for _ in range(200_000_000 // len(piece)):
        connection.sendall(piece)


def crawl_with_good_page(
    tmp_path: Path, answer: Callable[[socket.socket], None], **settings: str
) -> tuple[CompletedProcess[str], Crawler, float]:
    """A crawl of a hostile server and of a good one, which must be stored; how it ended and the seconds it took."""
    crawler = Crawler(tmp_path, allow_private=True)
    with raw_server(answer) as hostile, serve_pages({"/p": Page(policy_page())}) as site:
        declare(crawler.vendors, "hostile", f"url: {hostile}/p")
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        begun = time.monotonic()
        done = crawler.crawl("live", RETRY_TIMES="0", **settings)
        took = time.monotonic() - begun
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(crawler.captures("kestrel")) == 1
    assert crawler.captures("hostile") == ()
    return done, crawler, took


@pytest.mark.parametrize(
    ("start", "piece"),
    [(OK + b"Content-Length: 100000\r\n\r\n", b"x"), (OK + b"X: ", b"x"), (b"", b"H"), (OK, b"X: y\r\n")],
    ids=["body", "header", "status", "headers"],
)
def test_a_server_that_sends_a_byte_now_and_then_is_left_after_the_time_for_the_whole_answer(
    tmp_path: Path, start: bytes, piece: bytes
) -> None:
    done, _, took = crawl_with_good_page(tmp_path, lambda to: drip(to, start, piece), DOWNLOAD_TIMEOUT="2")
    assert "the complete answer did not arrive in time" in done.stderr
    assert took < 15


@pytest.mark.parametrize(
    ("start", "piece", "why"),
    [
        (OK + b"\r\n", b"x" * 65536, "the answer was rejected"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", "the answer was rejected"),
        (OK, b"X-Filler: " + b"x" * 8000 + b"\r\n", "its headers have more than 262144 bytes"),
        (OK + b"X: ", b"x" * 65536, ""),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 500, "its headers have more than 262144 bytes"),
    ],
    ids=["body", "chunks", "headers", "header", "hints"],
)
def test_a_server_that_sends_without_end_is_left_at_the_cap(
    tmp_path: Path, start: bytes, piece: bytes, why: str
) -> None:
    done, _, took = crawl_with_good_page(tmp_path, lambda to: flood(to, start, piece), DOWNLOAD_MAXSIZE="1000000")
    assert why in done.stderr
    assert took < 15


@pytest.mark.parametrize("coding", ["gzip", "br", "many"])
def test_a_page_that_unpacks_to_gigabytes_is_refused_at_the_cap(tmp_path: Path, coding: str) -> None:
    zeros = bytes(1 << 28)
    packed = {
        "gzip": lambda: gzip.compress(zeros),
        "br": lambda: brotli.compress(zeros, quality=1),
        "many": lambda: gzip.compress(b"") * 100_000,
    }[coding]()
    name = "gzip" if coding == "many" else coding

    def answer(connection: socket.socket) -> None:
        head = OK + f"Content-Encoding: {name}\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
        connection.sendall(head + packed)

    done, _, _ = crawl_with_good_page(tmp_path, answer)
    assert "the answer was rejected: the body " in done.stderr


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
def test_a_redirect_to_what_is_no_web_page_is_a_failure_on_one_safe_line(tmp_path: Path, target: str) -> None:
    def answer(connection: socket.socket) -> None:
        head = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode("latin-1"))

    done, _, _ = crawl_with_good_page(tmp_path, answer, DOWNLOAD_TIMEOUT="5")
    assert not UNSAFE.search(done.stderr)
    failures = [line for line in done.stderr.splitlines() if not line.startswith("live: ")]
    assert len(failures) == 1, failures
    assert failures[0].startswith("failed: hostile/privacy ")
    assert len(failures[0]) < 500


def in_patched_crawl(crawler: Crawler, patch: str, **more: str) -> CompletedProcess[str]:
    """A live crawl in a process in which 127.0.0.2 passes for a public address and all else on loopback does not.

    patch: Python that stands before everything, in which `answers(host)` is to give the address of a name.
    """
    program = f"""
import socket, sys
{patch}
real = socket.getaddrinfo
def getaddrinfo(host, port, *rest, **more):
    return real(answers(host) or host, port, *rest, **more)
socket.getaddrinfo = getaddrinfo
import crawler.resolver
crawler.resolver.is_public = lambda address: address == "127.0.0.2"
from scrapy.cmdline import execute
execute(["scrapy", "crawl", "live", *sys.argv[1:]])
"""
    settings = [part for name, value in {**QUICK, **more}.items() for part in ("-s", f"{name}={value}")]
    return subprocess.run(
        [sys.executable, "-c", program, *settings],
        cwd=CHECKOUT,
        env={**crawler.environment, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_name_that_changes_its_answer_between_check_and_connect_never_leads_inside(tmp_path: Path) -> None:
    """DNS rebinding: every other answer is public, so that a second look-up for the connection would lead inside."""
    reached: list[str] = []

    def inside(connection: socket.socket) -> None:
        reached.append("inside")
        connection.sendall(OK + b"Content-Length: 0\r\n\r\n")

    def outside(connection: socket.socket) -> None:
        reached.append("outside")
        connection.sendall(OK + b"Connection: close\r\n\r\n" + policy_page())

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listening.close()
    crawler = Crawler(tmp_path)
    with serve_on("127.0.0.1", port, inside), serve_on("127.0.0.2", port, outside):
        for n in range(4):
            declare(crawler.vendors, f"v{n}", f"url: http://rebinding{n}.example:{port}/p")
        done = in_patched_crawl(
            crawler,
            "import itertools\n"
            "turn = itertools.count()\n"
            "def answers(host):\n"
            "    if isinstance(host, bytes): host = host.decode()\n"
            "    return ('127.0.0.2', '127.0.0.1')[next(turn) % 2] if host and 'rebinding' in host else None",
        )
    assert "Traceback" not in done.stderr
    assert reached
    assert set(reached) == {"outside"}
    assert "is 127.0.0.1, a private address" in done.stderr


@contextmanager
def serve_on(address: str, port: int, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    """As raw_server, on a given port."""
    real, socket.create_server = socket.create_server, lambda *_: real((address, port))  # type: ignore[assignment]
    try:
        server = raw_server(answer, address)
        server.__enter__()
    finally:
        socket.create_server = real
    try:
        yield
    finally:
        server.__exit__(None, None, None)


def test_what_a_page_says_reaches_no_terminal_unescaped(tmp_path: Path) -> None:
    """Escape sequences (C0 and C1) and bidirectional controls in title, text, headers and redirects."""
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
        shown = [crawler.crawl("live", LOG_LEVEL="DEBUG").stderr for _ in range(2)]
        for path in ("p", "gone"):
            tried = clausewatch(crawler, "vendors", "try", f"{site.url}/{path}")
            shown += [tried.stdout, tried.stderr]
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
        done = clausewatch(crawler, *command)
        shown += [done.stdout, done.stderr]
    for text in shown:
        assert not UNSAFE.search(text), text
    assert len(captures) >= 2


def clausewatch(crawler: Crawler, *arguments: str) -> CompletedProcess[str]:
    """A `clausewatch` command that has to succeed."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("clausewatch")), *arguments],
        cwd=CHECKOUT,
        env=crawler.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (arguments, done.stderr)
    return done
