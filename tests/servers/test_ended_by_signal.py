"""SIGTERM and Ctrl-C end `run` and every crawl in order, with all processes, and within 15 seconds."""

import fcntl
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loopback.archive import DatedPage, serve_archive, write_warc
from loopback.pages import Page, serve_pages
from storage import Store
from tests.servers.archive import Crawler, declare, policy_page
from tests.servers.commands import program, started_scrapy_crawl
from tests.servers.raw_server import raw_server
from tests.stored_digests import enqueue, waiting_messages

HOST = "http://www.kestrelpost.example"
SECONDS = 15


@pytest.fixture
def crawler(tmp_path: Path) -> Crawler:
    return Crawler(tmp_path, allow_private=True)


@contextmanager
def hanging_server() -> Iterator[tuple[str, threading.Event]]:
    """Yields the address of a server that never answers, and an event that is set when it has received a request."""
    asked = threading.Event()

    def never_answer(connection: socket.socket) -> None:
        asked.set()
        while connection.recv(65536):
            pass

    # Another host than 127.0.0.1, so that pages of other vendors don't wait for it.
    with raw_server(never_answer, "127.0.0.2") as address:
        yield address, asked


def started_run(crawler: Crawler, **environment: str) -> "subprocess.Popen[str]":
    """Starts `clausewatch run` in a new session."""
    return subprocess.Popen(
        [program("clausewatch"), "run"],
        env={**crawler.environment, "no_proxy": "*", **environment},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def processes_of(session: int) -> list[str]:
    """Returns the command lines of the running processes of a session, without Python's resource tracker."""
    running = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                running.append((path.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return [command for command in running if command and "resource_tracker" not in command]


def is_locked(path: Path) -> bool:
    """Returns whether a process holds the lock of a run."""
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def ended(command: "subprocess.Popen[str]", begun: float) -> list[str]:
    """Waits until a command has ended. Returns the lines that it has printed. Asserts how it ended."""
    _, stderr = command.communicate(timeout=60)
    assert time.monotonic() - begun < SECONDS, stderr
    assert command.returncode == 1, stderr
    assert processes_of(command.pid) == []
    assert "Traceback" not in stderr
    return stderr.splitlines()


def test_sigterm_ends_a_run_that_waits_for_a_server(crawler: Crawler) -> None:
    """Nothing that was fetched is lost or left unread, and the lock is held until the crawl's process has ended."""
    with serve_pages({"/p": Page(policy_page())}) as site, hanging_server() as (address, asked):
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        declare(crawler.vendors, "hangs", f"url: {address}/p")
        run = started_run(crawler)
        assert asked.wait(60)
        while not crawler.captures("kestrel"):
            assert run.poll() is None
            time.sleep(0.05)
        begun = time.monotonic()
        for _ in range(2):  # the second signal changes nothing
            run.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        while len(processes_of(run.pid)) > 1:
            assert is_locked(crawler.folder / "store.db.run.lock")
            time.sleep(0.05)
        lines = ended(run, begun)
    assert lines == [
        "live: interrupted; ends within 12 seconds",
        "failed: the crawl was interrupted",
        (
            "run: interrupted; 1 capture found, 1 new (0 quarantined), 1 failed, 1 left for the next crawl; "
            "the next run does the rest"
        ),
    ]
    assert [stored.verdict.name for stored in crawler.captures("kestrel")] == ["accepted"]


def test_ctrl_c_ends_a_crawl_whose_requests_wait_for_their_turn(crawler: Crawler) -> None:
    """The requests to one site are some seconds apart. A crawl that ends doesn't wait for the turns of the others."""
    with serve_pages({f"/{n}": Page(policy_page()) for n in range(12)}) as site:
        for n in range(12):
            declare(crawler.vendors, f"v{n}", f"url: {site.url}/{n}")
        crawl = started_scrapy_crawl(crawler, "live", DOWNLOAD_DELAY="5")
        while not any(path != "/robots.txt" for path, _ in site.requests):
            assert crawl.poll() is None
            time.sleep(0.05)
        begun = time.monotonic()
        os.killpg(crawl.pid, signal.SIGINT)
        *_, summary = ended(crawl, begun)
    assert summary == "live: 1 capture found, 1 new (0 quarantined), 1 failed, 11 left for the next crawl"


def test_sigterm_ends_an_archive_crawl_between_two_requests(tmp_path: Path) -> None:
    (tmp_path / "warcs").mkdir()
    pages = (
        DatedPage(url=f"{HOST}/p", at=datetime(2000 + n, 1, 1, tzinfo=UTC), body=policy_page(f"{n} days."))
        for n in range(5)
    )
    write_warc(tmp_path / "warcs" / "pages.warc.gz", pages)
    declare(tmp_path / "vendors", "kestrel", f"url: {HOST}/p")
    with serve_archive(tmp_path / "warcs") as archive:
        crawler = Crawler(tmp_path, archive.url.replace("127.0.0.1", "127.1"))
        crawl = started_scrapy_crawl(crawler, "archive", ARCHIVE_REPLAY_INTERVAL="30")
        while not crawler.captures("kestrel"):
            assert crawl.poll() is None
            time.sleep(0.05)
        begun = time.monotonic()
        os.killpg(crawl.pid, signal.SIGTERM)
        *_, summary = ended(crawl, begun)
    assert summary == "archive: 5 captures found, 1 new (0 quarantined), 1 failed, 4 left for the next crawl"


def test_ctrl_c_ends_a_run_whose_mail_server_hangs(crawler: Crawler) -> None:
    """The digest stays in the outbox, and no process claims it any more."""
    with serve_pages({"/p": Page(policy_page())}) as site, socket.create_server(("127.0.0.1", 0)) as mail:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        now = datetime.now(UTC)
        with Store.open(crawler.database_url) as store:
            store.subscriptions.subscribe("reader@kestrelwatch.example", (), now)
            enqueue(store, 1, b"Subject: changes\r\n\r\nA change.", {}, now)
        run = started_run(
            crawler,
            CLAUSEWATCH_SMTP_URL=f"smtp://127.0.0.1:{mail.getsockname()[1]}",
            CLAUSEWATCH_MAIL_FROM="clausewatch@kestrelwatch.example",
        )
        mail.settimeout(60)
        connection, _ = mail.accept()
        begun = time.monotonic()
        os.killpg(run.pid, signal.SIGINT)
        lines = ended(run, begun)
        connection.close()
    assert lines == ["run: interrupted; 1 capture found, 1 new (0 quarantined), 0 failed; the next run does the rest"]
    with Store.open(crawler.database_url) as store:
        (message,) = waiting_messages(store)
        assert store.outbox.claim("reader@kestrelwatch.example") == message


def test_sigterm_ends_the_sending_of_digests_like_ctrl_c(crawler: Crawler) -> None:
    """What is under way is given back: the next run sends it, and doesn't wait until a claim ends."""
    with socket.create_server(("127.0.0.1", 0)) as mail:
        now = datetime.now(UTC)
        with Store.open(crawler.database_url) as store:
            store.subscriptions.subscribe("reader@kestrelwatch.example", (), now)
            enqueue(store, 1, b"Subject: changes\r\n\r\nA change.", {}, now)
        environment = {
            **crawler.environment,
            "CLAUSEWATCH_SMTP_URL": f"smtp://127.0.0.1:{mail.getsockname()[1]}",
            "CLAUSEWATCH_MAIL_FROM": "clausewatch@kestrelwatch.example",
        }
        declare(crawler.vendors, "kestrel", f"url: {HOST}/p")
        digest = subprocess.Popen([program("clausewatch"), "digest"], env=environment, stderr=subprocess.DEVNULL)
        mail.settimeout(60)
        connection, _ = mail.accept()
        digest.terminate()
        assert digest.wait(SECONDS) == 1
        connection.close()
    with Store.open(crawler.database_url) as store:
        (message,) = waiting_messages(store)
        assert store.outbox.claim("reader@kestrelwatch.example") == message


@pytest.mark.parametrize("kind", ["drips", "redirects", "refuses"])
def test_a_page_has_one_limit_for_all_its_requests(crawler: Crawler, kind: str) -> None:
    """The server answers each request within the limit. Together, the requests would take much longer."""
    requests = []

    def answer(connection: socket.socket) -> None:
        requests.append(time.monotonic())
        if kind == "drips":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b"x")
                time.sleep(0.05)
        time.sleep(1)
        if kind == "redirects":
            head = f"HTTP/1.1 302 Found\r\nLocation: /{len(requests)}"
        else:
            head = "HTTP/1.1 503 Busy\r\nRetry-After: 1"
        connection.sendall(f"{head}\r\nContent-Length: 0\r\n\r\n".encode())

    with raw_server(answer) as address:
        declare(crawler.vendors, "kestrel", f"url: {address}/p")
        result = crawler.crawl("live", DOWNLOAD_TIMEOUT="4", RETRY_TIMES="9")
    if kind == "refuses":  # the last answer is the capture
        assert result.stderr.splitlines()[-1] == "live: 1 capture found, 1 new (1 quarantined), 0 failed"
    else:
        assert result.returncode == 1  # nothing could be fetched
        assert "failed: kestrel/privacy" in result.stderr
        assert ": the complete answer did not arrive in time\n" in result.stderr
    assert len(requests) <= 4


def test_progress_names_the_address_that_is_waited_for(crawler: Crawler) -> None:
    with hanging_server() as (address, _):
        declare(crawler.vendors, "hangs", f"url: {address}/p")
        result = crawler.crawl("live", DOWNLOAD_TIMEOUT="7", PROGRESS_INTERVAL="6")
    line, failure, _ = result.stderr.splitlines()
    assert f", waiting for {address}/p (" in line
    assert failure.endswith("/p: the complete answer did not arrive in time")
    assert result.returncode == 1
