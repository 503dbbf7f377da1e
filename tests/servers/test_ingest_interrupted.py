"""Ctrl-C while many captures are ingested: it prints one message, loses no capture, and leaves no process running."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.settings import CHECKOUT
from loopback.archive import DatedPage, write_warc
from tests.servers.archive import Crawler, declare, policy_page

URL = "http://www.kestrelpost.example/privacy"
COUNT = 1_200


def _page(number: int) -> bytes:
    """Returns a page that differs from all others, and takes its time to read. Few of them show another text."""
    return policy_page(f"We keep {number // 300} letters. " * 300) + f"<!-- {number} -->".encode()


def count_readings(file: Path) -> int:
    """Returns the number of readings in a SQLite file; 0 if the file has no tables yet."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            return int(connection.execute("SELECT count(*) FROM readings").fetchone()[0])
    except sqlite3.Error:
        return 0


def processes_of(group: int) -> list[str]:
    """Returns the ids of the running processes of a process group."""
    running = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            running.append(path.parent.name)
    return running


def test_an_interrupted_ingest_prints_one_message_and_continues(tmp_path: Path) -> None:
    begin = datetime(2010, 1, 1, tzinfo=UTC)
    write_warc(
        tmp_path / "kestrel.warc.gz",
        [DatedPage(url=URL, at=begin + timedelta(days=number), body=_page(number)) for number in range(COUNT)],
    )
    crawler = Crawler(tmp_path)
    declare(crawler.vendors, "kestrel", f"url: {URL}")
    clausewatch = str(Path(sys.executable).with_name("clausewatch"))
    command = [clausewatch, "ingest", str(tmp_path / "kestrel.warc.gz"), "--vendor", "kestrel"]
    ingest = subprocess.Popen(
        command, cwd=CHECKOUT, env=crawler.environment, stderr=subprocess.PIPE, text=True, process_group=0
    )
    while count_readings(tmp_path / "store.db") < 20:
        assert ingest.poll() is None
        time.sleep(0.01)
    os.killpg(ingest.pid, signal.SIGINT)  # a terminal sends Ctrl-C to the whole process group
    _, messages = ingest.communicate(timeout=60)
    assert ingest.returncode == 1
    summary, message = messages.splitlines()
    assert summary.endswith(" 0 quarantined")
    assert message.startswith("Error: interrupted; ")
    deadline = time.monotonic() + 30
    while running := processes_of(ingest.pid):
        assert time.monotonic() < deadline, running
        time.sleep(0.05)

    second = subprocess.run(
        command, cwd=CHECKOUT, env=crawler.environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert second.stderr.startswith(f"{COUNT} captures read, ")
    assert {stored.verdict.name for stored in crawler.captures("kestrel")} == {"accepted"}
    assert len(crawler.captures("kestrel")) == COUNT
