"""If a vendor's declaration is broken, every command that crawls the vendor exits with status 2."""

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
@pytest.mark.parametrize("arguments", [[], ["vendor=broken"]])
def test_scrapy_crawl_reports_a_broken_declaration(crawler: Crawler, spider: str, arguments: list[str]) -> None:
    result = crawler.crawl(spider, *arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("Error: ")
    assert "broken.yaml:1: homepage: this field is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_run_reports_a_broken_declaration(clausewatch: Clausewatch, tmp_path: Path) -> None:
    (tmp_path / "vendors" / "broken.yaml").write_text("name: Broken\n", encoding="utf-8")
    result = clausewatch("run", "--to", tmp_path / "mail", exit_code=2)
    assert "broken.yaml:1: homepage: this field is missing" in result.stderr
