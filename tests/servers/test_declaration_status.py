"""A broken declaration is named, and stops no other vendor. A command about its vendor exits with status 2."""

from pathlib import Path

import pytest

from tests.conftest import Clausewatch
from tests.servers.archive import Crawler, declare


@pytest.fixture
def crawler(tmp_path: Path) -> Crawler:
    crawler = Crawler(tmp_path, allow_private=True)
    declare(crawler.vendors, "kestrel", "url: http://127.0.0.1:9/")
    (crawler.vendors / "broken.yaml").write_text("name: Broken\n")
    return crawler


@pytest.mark.parametrize("spider", ["live", "archive"])
def test_a_crawl_of_a_vendor_with_a_broken_declaration_is_refused(crawler: Crawler, spider: str) -> None:
    result = crawler.crawl(spider, "vendor=broken")
    assert result.returncode == 2
    assert result.stderr.startswith("Error: ")
    assert "broken.yaml:1: homepage: this field is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_crawl_of_all_vendors_names_a_broken_declaration(crawler: Crawler) -> None:
    result = crawler.crawl("live")
    assert result.returncode == 1
    assert ": the vendor was not crawled" in result.stderr
    assert "broken.yaml:1: homepage: this field is missing" in result.stderr
    assert "failed: kestrel/privacy http://127.0.0.1:9/: " in result.stderr


def test_run_goes_on_beside_a_broken_declaration(
    clausewatch: Clausewatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vendors" / "broken.yaml").write_text("name: Broken\n", encoding="utf-8")
    result = clausewatch("run", "--to", tmp_path / "mail", exit_code=1)
    assert "broken.yaml:1: homepage: this field is missing" in capfd.readouterr().err  # the crawl is another process
    assert "2 failed; 0 digests written" in result.stderr
