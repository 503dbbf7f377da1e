"""`clausewatch review`"""

import json
from pathlib import Path

import pytest

from demo.captures import NEW_ADDRESS
from tests.conftest import Clausewatch
from tests.demo_pages import ingested


@pytest.fixture
def history(clausewatch: Clausewatch) -> Clausewatch:
    """A database with the demo's captures. The third one is a challenge page."""
    return ingested(clausewatch)


def test_quarantined_captures_are_listed_until_a_person_decides(history: Clausewatch) -> None:
    listed = history("review")
    title, headings, row = listed.stdout.splitlines()
    assert title == "lanternpost privacy: 1 quarantined capture"
    assert headings.split() == ["id", "captured", "at", "reason", "evidence", "url"]
    assert row.split()[:3] == ["3", "2022-02-02T22:18:45Z", "blocked"]
    assert listed.stderr == ""
    assert "rejected 1 capture" in history("review", "reject", "3").stderr
    assert "no quarantined capture waits" in history("review").stderr
    assert history("review").stdout == ""


def test_json(history: Clausewatch) -> None:
    (row,) = json.loads(history("review", "--vendor", "lanternpost", "--format", "json").stdout)
    fields = {"id", "vendor", "policy", "captured_at", "url", "source", "sha256", "verdict", "reason", "evidence"}
    assert set(row) == fields | {"reviews"}
    assert (row["id"], row["vendor"], row["policy"], row["reviews"]) == (3, "lanternpost", "privacy", [])
    history("review", "accept", "3", "--note", "it is one")
    shown = json.loads(history("review", "show", "3", "--format", "json").stdout)
    assert set(shown) == fields | {"reviews", "clauses"}
    (review,) = shown["reviews"]
    assert (review["decision"], review["note"], set(review)) == (
        "accepted",
        "it is one",
        {"decision", "by", "note", "at"},
    )
    assert shown["clauses"]
    assert json.loads(history("review", "--format", "json").stdout) == []


def test_an_accepted_capture_shows_a_version_and_a_rejected_does_not(history: Clausewatch) -> None:
    history("review", "accept", "3")
    assert len(json.loads(history("versions", "lanternpost", "--format", "json").stdout)) == 5
    history("review", "reject", "3", "4")
    assert len(json.loads(history("versions", "lanternpost", "--format", "json").stdout)) == 3


def test_a_capture_is_shown_with_its_text_and_the_decisions(history: Clausewatch) -> None:
    history("review", "reject", "1", "--note", "not\x1b ours")
    shown = history("review", "show", "1")
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
        (("--policy", "terms"), "none of these vendors has a policy 'terms'"),
    ],
)
def test_an_invalid_request_gives_one_message_and_status_2(
    clausewatch: Clausewatch, arguments: tuple[str, ...], message: str
) -> None:
    assert message in clausewatch("review", *arguments, exit_code=2).stderr


def test_a_capture_without_text_cannot_be_accepted(history: Clausewatch, tmp_path: Path) -> None:
    page = tmp_path / "app.html"
    page.write_text("<html><body><div id=root></div><script src=app.js></script></body></html>", encoding="utf-8")
    history("ingest", page, "--vendor", "lanternpost", "--captured-at", "2024-06-01", "--url", NEW_ADDRESS)
    assert "capture 8 cannot be accepted" in history("review", "accept", "8", exit_code=2).stderr
    assert "lanternpost privacy: needs a browser" in history("review").stderr
    assert history("review", "show", "8").stdout.strip() == ""
