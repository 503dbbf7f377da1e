"""`clausewatch review`"""

import json
from pathlib import Path

import pytest

from demo.captures import NEW_ADDRESS, PAGES
from tests.conftest import Clausewatch
from tests.demo_pages import ingested, with_held_text
from tests.scripts.tables import cells_of


@pytest.fixture
def clausewatch_with_captures(clausewatch: Clausewatch) -> Clausewatch:
    """The database has the demo's captures. The third capture shows a challenge page."""
    return ingested(clausewatch)


def test_quarantined_captures_are_listed_until_a_person_decides(clausewatch_with_captures: Clausewatch) -> None:
    listed = clausewatch_with_captures("review")
    title, headings, row = listed.stdout.splitlines()
    assert title == "lanternpost/privacy: 1 quarantined capture"
    assert headings.split() == ["id", "captured", "reason", "address", "evidence"]
    assert row.split()[:3] == ["3", "2022-02-02", "blocked"]
    assert listed.stderr == ""
    assert "rejected 1 capture" in clausewatch_with_captures("review", "reject", "3").stderr
    assert "no quarantined capture waits" in clausewatch_with_captures("review").stderr
    assert clausewatch_with_captures("review").stdout == ""


def test_the_json_contains_reviews_and_clauses(clausewatch_with_captures: Clausewatch) -> None:
    (row,) = json.loads(clausewatch_with_captures("review", "--vendor", "lanternpost", "--format", "json").stdout)
    fields = {
        "id",
        "vendor",
        "policy",
        "captured_at",
        "url",
        "source",
        "sha256",
        "verdict",
        "reason",
        "rule",
        "evidence",
    }
    assert set(row) == fields | {"reviews"}
    assert (row["id"], row["vendor"], row["policy"], row["reviews"]) == (3, "lanternpost", "privacy", [])
    clausewatch_with_captures("review", "accept", "3", "--note", "it is the policy")
    shown = json.loads(clausewatch_with_captures("review", "show", "3", "--format", "json").stdout)
    assert set(shown) == fields | {"reviews", "clauses"}
    (review,) = shown["reviews"]
    assert (review["decision"], review["note"], set(review)) == (
        "accepted",
        "it is the policy",
        {"decision", "by", "note", "at", "only"},
    )
    assert shown["clauses"]
    assert json.loads(clausewatch_with_captures("review", "--format", "json").stdout) == []


def test_held_captures_are_listed_until_a_person_decides(clausewatch: Clausewatch, tmp_path: Path) -> None:
    with_held_text(clausewatch, tmp_path)
    listed = clausewatch("review")
    title, *table = listed.stdout.splitlines()
    assert title == "lanternpost/privacy: 2 held captures"
    assert max(map(len, table)) <= 80
    evidence = "the text shares nothing with the text before"
    assert [[*row[:3], row[4]] for row in cells_of(table)[1:]] == [
        ["3", "2024-06-01", "held", evidence],
        ["4", "2024-06-02", "held", evidence],
    ]
    assert listed.stderr == ""
    held = json.loads(clausewatch("review", "--format", "json").stdout)
    assert [(row["id"], row["verdict"], row["reason"], row["held"]) for row in held] == [
        (3, "accepted", None, True),
        (4, "accepted", None, True),
    ]
    assert (
        "held: the text shares nothing with the text before; `clausewatch review accept` or `reject` decides\n"
        in clausewatch("review", "show", "3").stderr
    )
    clausewatch("review", "accept", "3")
    assert json.loads(clausewatch("review", "--format", "json").stdout) == []
    assert "held" not in json.loads(clausewatch("review", "show", "3", "--format", "json").stdout)
    clausewatch("review", "reject", "3")
    assert clausewatch("review").stdout == ""


def test_quarantined_and_held_captures_are_counted_separately(clausewatch: Clausewatch, tmp_path: Path) -> None:
    with_held_text(clausewatch, tmp_path)
    page = PAGES / "20220202221845.html"
    clausewatch("ingest", page, "--vendor", "lanternpost", "--captured-at", "2024-06-03", "--url", NEW_ADDRESS)
    title, *_, last = clausewatch("review").stdout.splitlines()
    assert title == "lanternpost/privacy: 1 quarantined capture, 2 held captures"
    assert last.split()[2] == "blocked"


def test_accepting_a_capture_adds_a_version_and_rejecting_removes_it(clausewatch_with_captures: Clausewatch) -> None:
    clausewatch_with_captures("review", "accept", "3")
    assert len(json.loads(clausewatch_with_captures("versions", "lanternpost", "--format", "json").stdout)) == 5
    clausewatch_with_captures("review", "reject", "3", "4")
    assert len(json.loads(clausewatch_with_captures("versions", "lanternpost", "--format", "json").stdout)) == 3


def test_a_capture_is_shown_with_its_text_and_the_decisions(clausewatch_with_captures: Clausewatch) -> None:
    clausewatch_with_captures("review", "reject", "1", "--note", "not\x1b ours")
    shown = clausewatch_with_captures("review", "show", "1")
    assert "Lanternpost" in shown.stdout
    assert "verdict: quarantined\nreason: rejected\n" in shown.stderr
    assert ": not\\x1b ours\n" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "99"), "no capture 99"),
        (("accept", "99"), "no capture 99"),
        (("reject", "9" * 30), "not in the range"),
        (("accept",), "Missing argument"),
        (("--vendor", "nobody"), "no vendor 'nobody'"),
        (("--policy", "terms"), "no vendor has a policy 'terms'"),
    ],
)
def test_an_invalid_request_gives_one_message_and_status_2(
    clausewatch: Clausewatch, arguments: tuple[str, ...], message: str
) -> None:
    assert message in clausewatch("review", *arguments, exit_code=2).stderr


def test_a_capture_without_text_cannot_be_accepted(clausewatch_with_captures: Clausewatch, tmp_path: Path) -> None:
    page = tmp_path / "app.html"
    page.write_text("<html><body><div id=root></div><script src=app.js></script></body></html>", encoding="utf-8")
    clausewatch_with_captures(
        "ingest", page, "--vendor", "lanternpost", "--captured-at", "2024-06-01", "--url", NEW_ADDRESS
    )
    assert "capture 8 can't be accepted" in clausewatch_with_captures("review", "accept", "8", exit_code=2).stderr
    assert "Add `render: browser` to the policy's location" in clausewatch_with_captures("review").stderr
    assert clausewatch_with_captures("review", "show", "8").stdout.strip() == ""
