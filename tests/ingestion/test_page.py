"""Saved pages that are read as captures of a policy."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.declarations import Policy
from core.exceptions import UsageError
from core.policies import PolicyKey
from core.settings import CHECKOUT
from ingestion import capture_from_page
from tests.conftest import Clausewatch
from tests.shared_material import SHARED, needs_shared

OLD = "http://www.northwind.example/privacy.htm"
NEW = "https://legal.northwind.example/privacy"
KEY = PolicyKey("northwind", "privacy")
POLICY = Policy.model_validate({"locations": [{"url": OLD, "until": "2015"}, {"url": NEW, "since": "2014"}]})
CORPUS_LINE = (
    "The following text is extracted and transformed from the northwind.example privacy policy that was archived on "
    "2016-10-18. Please check the original snapshot."
)


def test_a_page_becomes_a_capture_with_the_stated_time_and_address(tmp_path: Path) -> None:
    path = tmp_path / "saved.htm"
    path.write_bytes(b"<p>We keep logs.</p>")
    captured_at = datetime(2010, 11, 25, tzinfo=UTC)
    capture, payload = capture_from_page(path, KEY, POLICY, captured_at, OLD)
    assert payload == b"<p>We keep logs.</p>"
    assert (capture.source, capture.captured_at, capture.url, capture.media_type) == (
        "file",
        captured_at,
        OLD,
        "text/html",
    )
    assert (capture.status, capture.requested_at) == (None, None)


def test_a_corpus_line_gives_the_day_and_the_newest_location_on_its_site(tmp_path: Path) -> None:
    path = tmp_path / "policy.txt"
    path.write_text(f"{CORPUS_LINE}\nPrivacy\nWe keep logs.\n", encoding="utf-8")
    capture, _ = capture_from_page(path, KEY, POLICY, None, None)
    assert (capture.captured_at, capture.url) == (datetime(2016, 10, 18, tzinfo=UTC), NEW)


def test_arguments_take_precedence_over_the_corpus_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.txt"
    path.write_text(f"{CORPUS_LINE}\nWe keep logs.\n", encoding="utf-8")
    captured_at = datetime(2014, 6, 1, tzinfo=UTC)
    capture, _ = capture_from_page(path, KEY, POLICY, captured_at, OLD)
    assert (capture.captured_at, capture.url) == (captured_at, OLD)


def test_a_corpus_line_of_another_site_does_not_give_the_address(tmp_path: Path) -> None:
    path = tmp_path / "policy.txt"
    path.write_text(CORPUS_LINE.replace("northwind", "southwind") + "\nWe keep logs.\n", encoding="utf-8")
    with pytest.raises(UsageError, match="with --url, one of"):
        capture_from_page(path, KEY, POLICY, None, None)


def test_a_file_cannot_be_a_policy_of_several_pages(tmp_path: Path) -> None:
    path = tmp_path / "saved.html"
    path.write_bytes(b"<p>We keep logs.</p>")
    several = Policy.model_validate({"locations": [{"url": OLD, "pages": [NEW]}]})
    with pytest.raises(UsageError, match="is one of several pages"):
        capture_from_page(path, KEY, several, datetime(2010, 1, 1, tzinfo=UTC), OLD)


@needs_shared
@pytest.mark.parametrize(
    ("name", "vendor", "arguments", "first_heading"),
    [
        ("hesk-2016-10-18.txt", "hesk", (), "Privacy policy"),
        ("axigen-2018-11-10.txt", "axigen", (), "AXIGEN Mail Server - Privacy Policy"),
        ("hexamail.txt", "hexamail", ("--captured-at", "2024"), "What Information Will Hexamail Gather?"),
        ("hexcm-opsx-2022-07-18.txt", "hexcm", ("--captured-at", "2022-07-18"), None),
        ("xs2mail.txt", "xs2mail", ("--captured-at", "2010"), "Privacy Policy"),
    ],
)
def test_five_real_policy_texts_are_shown_as_clauses(
    clausewatch: Clausewatch,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    vendor: str,
    arguments: tuple[str, ...],
    first_heading: str | None,
) -> None:
    monkeypatch.setenv("CLAUSEWATCH_VENDORS", str(CHECKOUT / "vendors"))
    address = {"hexamail": "http://www.hexamail.com/privacy.html", "hexcm": "https://hexcm.com/privacypolicy.php"}
    address["xs2mail"] = "http://www.xs2mail.com/help/?page=privacy"
    url_option = ("--url", address[vendor]) if vendor in address else ()
    clausewatch("ingest", SHARED / "policies" / name, "--vendor", vendor, *arguments, *url_option)
    shown = clausewatch("show", vendor).stdout
    assert "extracted and transformed" not in shown
    headings = [line.lstrip("# ") for line in shown.splitlines() if line.startswith("#")]
    if first_heading is not None:
        assert headings[0] == first_heading
        assert len(headings) >= 8
    assert len([line for line in shown.splitlines() if len(line) > 80]) >= 9


@pytest.mark.parametrize("year", [1989, 9999])
def test_a_page_of_an_impossible_time_is_refused(tmp_path: Path, year: int) -> None:
    path = tmp_path / "saved.htm"
    path.write_bytes(b"<p>We keep logs.</p>")
    with pytest.raises(UsageError, match=rf"--captured-at {year}-12-31 is "):
        capture_from_page(path, KEY, POLICY, datetime(year, 12, 31, tzinfo=UTC), OLD)
