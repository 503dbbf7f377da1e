"""The report on HESK's policies of 2010 and 2016 lists the changes that a careful person finds, and no others.

The pages are real captures, which are not stored in the project.
"""

import json
from typing import Any

import pytest

from core.settings import CHECKOUT
from tests.conftest import Clausewatch
from tests.shared_material import SHARED, needs_shared

pytestmark = needs_shared

FURNITURE_WORDS = (
    "Solution",
    "Loading",
    "Related articles",
    "Article details",
    "Go back",
    "Powered by",
    "Search",
    "helpful",
)


@pytest.fixture
def report(clausewatch: Clausewatch, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("CLAUSEWATCH_VENDORS", str(CHECKOUT / "vendors"))
    clausewatch("ingest", SHARED / "warc" / "hesk-privacy-policy.warc.gz", "--vendor", "hesk")
    result: dict[str, Any] = json.loads(clausewatch("report", "hesk", "2010", "2016", "--format", "json").stdout)
    return result


def changed_clauses(report: dict[str, Any], kind: str, side: str) -> list[dict[str, Any]]:
    return [clause for change in report["changes"] if change["kind"] == kind for clause in change[side]]


def test_the_sections_on_cookies_and_clear_gifs_are_removed(report: dict[str, Any]) -> None:
    removed = changed_clauses(report, "removed", "old")
    assert [clause["text"] for clause in removed if clause["kind"] == "heading"] == [
        "Cookies",
        "Clear Gifs (Web Beacons/Web Bugs)",
    ]
    sections = [clause["heading_path"][-1] for clause in removed if clause["kind"] == "paragraph"]
    assert sections == ["Cookies"] * 3 + ["Third Party Advertising"] * 2 + ["Clear Gifs (Web Beacons/Web Bugs)"] * 2
    assert changed_clauses(report, "added", "new") == []


def test_reworded_clauses_are_modified(report: dict[str, Any]) -> None:
    modified = [change for change in report["changes"] if change["kind"] == "modified"]
    inserted = [" ".join(text for op, text in change["redline"] if op == "insert") for change in modified]
    deleted = [" ".join(text for op, text in change["redline"] if op == "delete") for change in modified]
    assert any("DR MyCommerce" in text and "Digital River" in text for text in inserted)
    assert any("Google and TxtSwap" in text for text in deleted)
    assert any(
        "Netscape Navigator" in old and "Mozilla Firefox" in new for old, new in zip(deleted, inserted, strict=True)
    )
    assert modified[0]["old"][0]["position"] == modified[0]["new"][0]["position"] == 0  # the title
    assert len(modified) <= 5


def test_the_contact_address_is_respelled_in_four_clauses(report: dict[str, Any]) -> None:
    respelled = [
        change
        for change in report["changes"]
        if change["kind"] in ("factual", "modified") and "{AT}" in json.dumps(change["new"])
    ]
    assert len(respelled) == 4


def test_there_are_no_other_changes_and_no_furniture(report: dict[str, Any]) -> None:
    changes = json.dumps([change["old"] + change["new"] for change in report["changes"]])
    for word in FURNITURE_WORDS:
        assert word not in changes
    kinds = {kind: count for kind, count in report["counts"].items() if count and kind != "unchanged"}
    assert set(kinds) <= {"removed", "modified", "factual", "cosmetic"}
    assert report["counts"]["unchanged"] >= 34
