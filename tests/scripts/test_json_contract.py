"""What other programs build on: the shapes and meanings of `--format json`."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.changes import CHANGE_KINDS
from demo.captures import NEW_ADDRESS, OLD_ADDRESS, PAGES
from diffing import compare
from extraction import extract
from tests.conftest import Clausewatch
from tests.demo_pages import CAPTURES

CLAUSE_FIELDS = {"position", "kind", "label", "heading_path", "text"}
WITH_REDLINE = {"modified", "moved_modified", "factual", "split", "merged"}


@pytest.fixture
def history(clausewatch: Clausewatch) -> Clausewatch:
    """A database into which the demo's captures went, the newest first."""
    for name, moment, address in reversed(CAPTURES):
        clausewatch("ingest", PAGES / name, "--vendor", "lanternpost", "--captured-at", moment, "--url", address)
    return clausewatch


def ask(clausewatch: Clausewatch, *arguments: str | Path) -> Any:
    return json.loads(clausewatch(*arguments, "--format", "json").stdout)


def words(text: str) -> str:
    return "".join(text.split())


def check_comparison(comparison: Any, clauses_old: int, clauses_new: int) -> None:
    """Every clause of either side is accounted for once, and redlines rebuild both sides."""
    assert set(comparison["counts"]) == {*CHANGE_KINDS, "unchanged"}
    for side, total in (("old", clauses_old), ("new", clauses_new)):
        positions = [clause["position"] for change in comparison["changes"] for clause in change[side]]
        assert len(positions) == len(set(positions))
        assert len(positions) + comparison["counts"]["unchanged"] == total
    for kind in CHANGE_KINDS:
        assert comparison["counts"][kind] == sum(change["kind"] == kind for change in comparison["changes"])
    for change in comparison["changes"]:
        assert set(change) == {"kind", "significance", "confidence", "old", "new", "redline"}
        assert 0 <= change["confidence"] <= 1
        assert all(set(clause) == CLAUSE_FIELDS for clause in change["old"] + change["new"])
        if change["kind"] in WITH_REDLINE:
            for side, leave_out in (("old", "insert"), ("new", "delete")):
                rebuilt = "".join(text for operation, text in change["redline"] if operation != leave_out)
                assert words(rebuilt) == words("".join(clause["text"] for clause in change[side]))


def test_captures(history: Clausewatch) -> None:
    rows = ask(history, "captures", "lanternpost")
    assert [(row["captured_at"], row["url"]) for row in rows] == [(moment, url) for _, moment, url in CAPTURES]
    for row in rows:
        assert set(row) == {
            "id",
            "captured_at",
            "url",
            "source",
            "sha256",
            "media_type",
            "verdict",
            "reason",
            "version",
        }
        assert re.fullmatch(r"[0-9a-f]{64}", row["sha256"])
        assert (row["source"], row["media_type"]) == ("file", "text/html")
    assert [row["version"] for row in rows] == [1, 1, None, 2, 3, 3, 4]
    assert [row["reason"] for row in rows if row["verdict"] == "quarantined"] == ["blocked"]


def test_versions(history: Clausewatch) -> None:
    rows = ask(history, "versions", "lanternpost")
    assert [row["version"] for row in rows] == [1, 2, 3, 4]
    for row in rows:
        assert set(row) == {"version", "id", "capture", "extractor", "clauses", "effective_date", "language", "periods"}
    assert [row["effective_date"] for row in rows] == ["2021-03-01", "2022-06-15", "2023-01-10", "2024-05-02"]
    assert {row["language"] for row in rows} == {"en"}
    assert rows[0]["periods"] == [
        {"from": "2021-03-04T10:15:00Z", "to": "2021-09-14T06:30:12Z", "captures": 2, "url": OLD_ADDRESS}
    ]
    assert rows[2]["periods"][0]["url"] == NEW_ADDRESS


def test_each_version_names_its_capture_and_the_extractor_that_read_it(history: Clausewatch) -> None:
    captures = {row["captured_at"]: row for row in ask(history, "captures", "lanternpost")}
    versions = ask(history, "versions", "lanternpost")
    report = ask(history, "report", "lanternpost", "2021", "2023")
    shown = ask(history, "show", "lanternpost", "--at", "2021")
    for named in (*versions, shown):
        capture = captures[named["capture"]["captured_at"]]
        assert named["capture"] == {key: capture[key] for key in ("captured_at", "url", "source", "sha256")}
        assert capture["version"] == named["version"]
    for named in (*versions, shown, report["old"], report["new"]):
        assert re.fullmatch(r"[0-9]+\.[0-9]+", named["extractor"])


def test_report(history: Clausewatch) -> None:
    report = ask(history, "report", "lanternpost", "2021", "2023")
    old, new = ask(history, "show", "lanternpost", "--at", "2021"), ask(history, "show", "lanternpost", "--at", "2023")
    check_comparison(report, len(old["clauses"]), len(new["clauses"]))
    kinds = {change["kind"] for change in report["changes"]}
    assert {"moved", "split", "modified", "factual"} <= kinds
    moved = [change for change in report["changes"] if change["kind"] == "moved"]
    assert any("children under 16" in change["new"][0]["text"] for change in moved)
    (split,) = (change for change in report["changes"] if change["kind"] == "split")
    assert len(split["old"]) == 1
    assert len(split["new"]) == 2


def test_a_report_says_between_which_captures_it_happened(history: Clausewatch) -> None:
    report = ask(history, "report", "lanternpost", "2021", "2022")
    rows = {row["captured_at"]: row for row in ask(history, "captures", "lanternpost")}
    last_old, first_new = report["interval"]["after"], report["interval"]["before"]
    assert (last_old["captured_at"], first_new["captured_at"]) == ("2021-09-14T06:30:12Z", "2022-06-20T14:05:01Z")
    for capture in (last_old, first_new):
        stored = rows[capture["captured_at"]]
        assert (capture["url"], capture["sha256"]) == (stored["url"], stored["sha256"])


def test_a_version_is_named_by_its_id_wherever_a_date_is_taken(history: Clausewatch) -> None:
    first, second = (row["id"] for row in ask(history, "versions", "lanternpost")[:2])
    by_id = ask(history, "report", "lanternpost", f"@{first}", f"@{second}")
    assert by_id == ask(history, "report", "lanternpost", "2021", "2022")
    assert ask(history, "show", "lanternpost", "--at", f"@{second[:6]}")["version"] == 2


def test_show(history: Clausewatch) -> None:
    shown = ask(history, "show", "lanternpost", "--at", "2021-12")
    assert (shown["version"], shown["vendor"], shown["policy"]) == (1, "lanternpost", "privacy")
    assert [clause["position"] for clause in shown["clauses"]] == list(range(len(shown["clauses"])))
    assert all(set(clause) == CLAUSE_FIELDS for clause in shown["clauses"])
    assert ask(history, "show", "lanternpost")["version"] == 4


def test_diff_of_two_files(clausewatch: Clausewatch) -> None:
    old, new = PAGES / CAPTURES[3][0], PAGES / CAPTURES[4][0]
    comparison = ask(clausewatch, "diff", old, new)
    assert {"old", "new", "counts", "changes"} <= set(comparison)
    clauses = comparison["counts"]["unchanged"] + sum(len(change["old"]) for change in comparison["changes"])
    clauses_new = comparison["counts"]["unchanged"] + sum(len(change["new"]) for change in comparison["changes"])
    check_comparison(comparison, clauses, clauses_new)
    assert str(old) in json.dumps(comparison["old"])


def test_a_file_against_itself_has_no_changes(clausewatch: Clausewatch) -> None:
    page = PAGES / CAPTURES[0][0]
    assert ask(clausewatch, "diff", page, page)["changes"] == []


def test_ingest_gives_the_captures_it_read(clausewatch: Clausewatch) -> None:
    name, moment, address = CAPTURES[0]
    for _ in range(2):
        (row,) = ask(
            clausewatch,
            "ingest",
            PAGES / name,
            "--vendor",
            "lanternpost",
            "--captured-at",
            moment,
            "--url",
            address,
        )
        assert (row["captured_at"], row["verdict"], row["version"]) == (moment, "accepted", 1)
    assert len(ask(clausewatch, "captures", "lanternpost")) == 1


def test_from_python() -> None:
    old, new = (extract((PAGES / name).read_bytes(), "text/html") for name in (CAPTURES[3][0], CAPTURES[4][0]))
    comparison = compare(old, new).to_dict()
    assert {"old", "new", "counts", "changes"} <= set(comparison)
    check_comparison(comparison, len(old.clauses), len(new.clauses))
    assert all(clause.text for clause in old.clauses)
