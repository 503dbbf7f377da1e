"""Chromium as a process: when a live crawl starts and ends it, and what a crawl does without it."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from loopback.pages import Page, Site, serve_pages
from tests.servers.archive import QUICK, Crawler, declare, policy_page
from tests.servers.commands import clausewatch, scrapy_crawl, started_scrapy_crawl
from tests.servers.crawl_process import scrapy
from tests.servers.rendered_pages import CHROMIUM, needs_chromium, shell, shows

pytestmark = needs_chromium

SETTINGS = {**QUICK, "BROWSER_QUIET": "0.5"}


def live_crawl(crawler: Crawler, timeout: int = 20, **environment: str) -> CompletedProcess[str]:
    """Runs a live crawl. timeout: the setting BROWSER_TIMEOUT. environment: additional environment variables."""
    every_setting = {**SETTINGS, "BROWSER_TIMEOUT": str(timeout)}
    settings = [part for name, value in every_setting.items() for part in ("-s", f"{name}={value}")]
    return scrapy(["crawl", "live", *settings], {**crawler.environment, **environment})


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
    assert result.returncode == 3
    first, last = result.stderr.splitlines()
    assert first.startswith(f"failed: kestrel/privacy {site.url}/p: ")
    assert reason in first
    assert last == "live: 1 capture found, 1 new (0 quarantined), 1 failed"
    assert len(crawler.captures("plain")) == 1


def test_without_scrapy_playwright_only_rendered_pages_fail(two_vendors: tuple[Crawler, Site], tmp_path: Path) -> None:
    crawler, site = two_vendors
    (tmp_path / "scrapy_playwright").mkdir()
    (tmp_path / "scrapy_playwright" / "__init__.py").write_text("raise ModuleNotFoundError('scrapy_playwright')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    result = scrapy_crawl(crawler, "live", environment={"PYTHONPATH": path}, **SETTINGS)
    assert result.returncode == 3
    assert result.stderr == (
        f"failed: kestrel/privacy {site.url}/p: this location has `render: browser`, but the support for browsers is "
        "not installed; in clausewatch's folder, run: pip install --editable '.[browser]'\n"
        "live: 1 capture found, 1 new (0 quarantined), 1 failed\n"
    )


def test_chromium_is_started_only_if_a_page_must_be_rendered(two_vendors: tuple[Crawler, Site], tmp_path: Path) -> None:
    crawler, _ = two_vendors
    (crawler.vendors / "kestrel.yaml").unlink()
    path = path_with_chromium(tmp_path / "bin", f"touch {tmp_path}/started")
    assert live_crawl(crawler, PATH=path).stderr == "live: 1 capture found, 1 new (0 quarantined), 0 failed\n"
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(
    ("number", "evidence"),
    [
        (signal.SIGKILL, "the browser could not show it: "),
        (signal.SIGSTOP, "its scripts did not come to an end in 4 seconds"),
    ],
    ids=["crashes", "blocks"],
)
def test_if_a_page_crashes_or_blocks_chromium_a_new_chromium_is_started(
    two_vendors: tuple[Crawler, Site], tmp_path: Path, number: signal.Signals, evidence: str
) -> None:
    crawler, site = two_vendors
    pid = tmp_path / "pid"
    path = path_with_chromium(tmp_path / "bin", f'echo $$ > {pid}\nexec {CHROMIUM} "$@"')
    site.pages["/killer"] = Page(shell("fetch('/kill').catch(() => 0)"))
    declare(crawler.vendors, "a-killer", f"url: {site.url}/killer; render: browser")

    def kill() -> None:
        while "/kill" not in [path for path, _ in site.requests]:
            time.sleep(0.05)
        os.kill(int(pid.read_text()), number)

    site.pages["/kill"] = Page(b"", delay=3)
    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    result = live_crawl(crawler, timeout=4, PATH=path)
    named, summary = result.stderr.splitlines()
    assert named.startswith(f"quarantined: a-killer/privacy {site.url}/killer at 20")
    assert summary == "live: 3 captures found, 3 new (1 quarantined), 0 failed"
    (stored,) = crawler.captures("a-killer")
    assert stored.verdict.reason == "truncated"
    assert stored.verdict.evidence.startswith(evidence)
    assert crawler.captures("kestrel")[0].verdict.name == "accepted"


def test_a_page_that_fills_the_memory_leaves_the_others_rendered(two_vendors: tuple[Crawler, Site]) -> None:
    """Such a page took 5.6 GB in 8 s. Chromium without a page takes 0.9 GB; shared libraries count for each process."""
    crawler, site = two_vendors
    fill = "kept.push(new Uint8Array(20_000_000).fill(1)); document.body.append('more ')"  # the text never settles
    site.pages["/hungry"] = Page(shell(f"{shows()} const kept = []; setInterval(() => {{ {fill} }}, 1)"))
    declare(crawler.vendors, "a-hungry", f"url: {site.url}/hungry; render: browser")
    result = live_crawl(crawler, CLAUSEWATCH_BROWSER_MEMORY_LIMIT="1400")
    assert result.stderr.splitlines()[-1] == "live: 3 captures found, 3 new (1 quarantined), 0 failed"
    (stored,) = crawler.captures("a-hungry")
    assert stored.verdict.reason == "truncated"
    assert "more than 1400 MiB of memory (CLAUSEWATCH_BROWSER_MEMORY_LIMIT)" in stored.verdict.evidence
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
    assert lines[0].startswith("fetched: status 200, text/html; charset=utf-8, ")
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
        "live: interrupted; ends within 12 seconds\nfailed: the crawl was interrupted\n"
        "live: 1 capture found, 1 new (0 quarantined), 1 failed, 1 left for the next crawl\n"
    )
    assert crawler.captures("kestrel") == ()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
