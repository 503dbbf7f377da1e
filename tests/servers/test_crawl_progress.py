"""The progress of a crawl: one line that is updated in place on a terminal; elsewhere, a new line at intervals."""

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.settings import CHECKOUT
from crawler.progress import progress_line
from loopback.archive import DatedPage, serve_archive, write_warc
from loopback.faults import Fault
from loopback.pages import Page, serve_pages
from tests.servers.archive import Crawler, declare, policy_page
from tests.servers.commands import program

HOST = "http://www.kestrelpost.example"
LINE = r"archive: \d+ captures found, \d+ fetched, \d+ new \(0 quarantined\)"


@pytest.fixture
def crawler(tmp_path: Path) -> Iterator[Crawler]:
    """Yields a crawler, and starts an archive that lists fifteen captures but returns only fourteen of them."""
    (tmp_path / "warcs").mkdir()
    pages = (
        DatedPage(url=f"{HOST}/p", at=datetime(2000 + n, 1, 1, tzinfo=UTC), body=policy_page(f"{n} days."))
        for n in range(15)
    )
    write_warc(tmp_path / "warcs" / "pages.warc.gz", pages)
    declare(tmp_path / "vendors", "kestrel", f"url: {HOST}/p")
    with serve_archive(tmp_path / "warcs", [Fault("^/web/2007", status=404)]) as archive:
        yield Crawler(tmp_path, archive.url.replace("127.0.0.1", "127.1"))


def test_without_a_terminal_a_line_is_written_at_intervals(crawler: Crawler) -> None:
    result = crawler.crawl("archive", ARCHIVE_REPLAY_INTERVAL="0.2", PROGRESS_INTERVAL="0.5")
    lines = [
        line for line in result.stderr.splitlines() if re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ {LINE}", line)
    ]
    assert len(lines) >= 3
    counts = [int(line.split(" fetched")[0].split()[-1]) for line in lines]
    assert counts == sorted(counts)
    assert result.stderr.splitlines()[-1].startswith("archive: 15 captures found, 14 new")


def test_a_short_crawl_prints_only_its_summary(crawler: Crawler) -> None:
    with serve_pages({"/p": Page(policy_page())}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        crawler.allow_private = True
        assert crawler.crawl("live").stderr == "live: 1 capture found, 1 new (0 quarantined), 0 failed\n"


def test_on_a_terminal_one_line_is_updated_and_finally_removed(crawler: Crawler) -> None:
    command = [program("scrapy"), "crawl", "archive", "-s", "ARCHIVE_REPLAY_INTERVAL=0.2"]
    ours, theirs = pty.openpty()
    environment = {**crawler.environment, "TERM": "xterm", "COLUMNS": "300"}
    crawl = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    try:
        while block := os.read(ours, 4096):
            written += block
    except OSError:  # on Linux, reading from a closed pseudo-terminal raises an error
        pass
    os.close(ours)
    assert crawl.wait() == 0
    screen = Screen(written.decode())
    assert len(set(re.findall(LINE, written.decode()))) > 3
    warning, summary = screen.lines
    assert warning.endswith(
        "the capture of 2007-01-01T00:00:00Z is listed by the archive, but not returned: the "
        "archive answers with status 404"
    )
    assert summary.startswith("archive: 15 captures found, 14 new")


class Screen:
    """A simulated terminal. lines: the lines that the terminal shows at the end.

    It understands only these control sequences: line ends, carriage returns, `erase line` and `cursor up`.
    """

    def __init__(self, written: str) -> None:
        rows, row = [""], 0
        for part in re.split(r"(\r\n|\r|\x1b\[2K|\x1b\[1A|\x1b\[[?\d;]*[a-zA-Z])", written):
            if part == "\r\n":
                row += 1
                rows += [""] * (row + 1 - len(rows))
            elif part == "\x1b[2K":
                rows[row] = ""
            elif part == "\x1b[1A":
                row -= 1
            elif not part.startswith(("\r", "\x1b")):
                rows[row] += part
        self.lines = [row for row in rows if row]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (20, ", less than a minute left"),
        (12 * 60, ", about 12 min left"),
        (200 * 60, ", about 3 h 20 min left"),
        (3 * 24 * 3600, ", about 3 days left"),
    ],
)
def test_the_time_left_is_written_in_words(seconds: float | None, words: str) -> None:
    counts = {"captures": 1204, "fetched": 310, "new": 290, "quarantined": 3}
    assert progress_line(counts, seconds) == f"1204 captures found, 310 fetched, 290 new (3 quarantined){words}"
