"""`clausewatch status`: the table, the JSON and the metrics file."""

import json
from pathlib import Path

import pytest

from tests.conftest import Clausewatch
from tests.demo_pages import HELD_TEXT, ingested, with_held_text
from tests.scripts.tables import cells_of
from tests.views.test_metrics import parse_metrics


@pytest.fixture
def clausewatch_with_captures(clausewatch: Clausewatch) -> Clausewatch:
    return ingested(clausewatch, 3)


def test_the_table_has_a_row_for_each_policy(clausewatch_with_captures: Clausewatch) -> None:
    result = clausewatch_with_captures("status")
    table, sentences, operation = (part.splitlines() for part in result.stdout.split("\n\n"))
    assert max(map(len, (*table, *sentences, *operation))) <= 80
    assert cells_of(table) == [
        ["vendor", "policy", "failing since", "last seen", "last changed", "quarantined", "not read"],
        ["lanternpost", "privacy", "2022-02-02 quarantined", "2022-02-02", "", "1 blocked", ""],
    ]
    assert sentences == [
        "lanternpost/privacy: quarantined since 2022-02-02 (blocked): the page says:",
        "  'Just a moment...'",
        "`clausewatch review` lists these captures; accept or reject them there.",
    ]
    assert operation == ["last run: none yet", "outbox: empty"]
    assert result.stderr == ""


def test_without_a_quarantine_or_a_hold_no_policy_is_named_below_the_table(clausewatch: Clausewatch) -> None:
    table, operation = ingested(clausewatch, 2)("status").stdout.split("\n\n")
    assert len(cells_of(table.splitlines())) == 2
    assert operation == "last run: none yet\noutbox: empty\n"


def test_a_held_text_is_named_from_the_first_day_on(clausewatch: Clausewatch, tmp_path: Path) -> None:
    with_held_text(clausewatch, tmp_path)
    _, sentence, _ = clausewatch("status").stdout.split("\n\n")
    assert " ".join(sentence.split()) == (
        "lanternpost/privacy: held since 2024-06-01: the text shares nothing with the text before; it begins: "
        f"{HELD_TEXT} `clausewatch review` lists these captures; accept or reject them there."
    )
    (row,) = json.loads(clausewatch("status", "--format", "json").stdout)
    assert (row["held_since"], row["reason"], row["evidence"]) == ("2024-06-01T00:00:00Z", None, HELD_TEXT)
    labels = (("vendor", "lanternpost"), ("policy", "privacy"))
    metrics = dict(parse_metrics(clausewatch("status", "--metrics", "-").stdout))
    assert metrics["clausewatch_policy_held_since_timestamp_seconds", labels] == 1717200000
    assert "clausewatch_policy_newest_capture_quarantined" not in {name for name, _ in metrics}


def test_the_json_contains_times_and_counts(clausewatch_with_captures: Clausewatch) -> None:
    assert json.loads(clausewatch_with_captures("status", "--format", "json").stdout) == [
        {
            "vendor": "lanternpost",
            "policy": "privacy",
            "failing": "quarantined",
            "failing_since": "2022-02-02T22:18:45Z",
            "last_seen": "2022-02-02T22:18:45Z",
            "last_accepted": "2021-09-14T06:30:12Z",
            "last_changed": None,
            "captures": 3,
            "quarantined": {"blocked": 1},
            "unread": 0,
            "held_since": None,
            "reason": "blocked",
            "evidence": "the page says: 'Just a moment...'",
            "fault": None,
            "declared": True,
            "failed_fetches": [],
            "moved": [],
        }
    ]


def test_a_policy_without_captures_fails_as_never_captured(clausewatch: Clausewatch) -> None:
    assert cells_of(clausewatch("status").stdout.split("\n\n")[0].splitlines())[1][:3] == [
        "lanternpost",
        "privacy",
        "never captured",
    ]
    (row,) = json.loads(clausewatch("status", "--format", "json").stdout)
    assert (row["captures"], row["last_seen"], row["failing"]) == (0, None, "never captured")


def test_last_changed_is_the_day_of_the_second_version(clausewatch: Clausewatch) -> None:
    table, *_ = ingested(clausewatch, 4)("status").stdout.split("\n\n")
    assert cells_of(table.splitlines())[1][3:5] == ["2022-06-20", "2022-06-20"]


def test_metrics_replace_the_file_and_leave_no_draft(clausewatch_with_captures: Clausewatch, tmp_path: Path) -> None:
    target = tmp_path / "textfiles" / "clausewatch.prom"
    target.parent.mkdir()
    target.write_text("before")
    result = clausewatch_with_captures("status", "--metrics", target)
    assert (result.stdout, result.stderr) == ("", "")
    assert clausewatch_with_captures("status", "--metrics", "-").stdout == target.read_text("utf-8")
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.stat().st_mode & 0o444 == 0o444  # the node exporter runs as another user
    labels = (("vendor", "lanternpost"), ("policy", "privacy"))
    quarantine = (("reason", "blocked"), ("evidence", "the page says: 'Just a moment...'"))
    assert dict(parse_metrics(target.read_text("utf-8"))) == {
        ("clausewatch_policy_captures", labels): 3,
        ("clausewatch_policy_quarantined_captures", (*labels, ("reason", "blocked"))): 1,
        ("clausewatch_policy_unread_captures", labels): 0,
        ("clausewatch_policy_last_capture_timestamp_seconds", labels): 1643840325,
        ("clausewatch_policy_last_accepted_timestamp_seconds", labels): 1631601012,
        ("clausewatch_policy_failing_since_timestamp_seconds", labels): 1643840325,
        ("clausewatch_policy_newest_capture_quarantined", (*labels, *quarantine)): 1,
        ("clausewatch_run_in_progress", ()): 0,
        ("clausewatch_run_killed", ()): 0,
        ("clausewatch_outbox_waiting_messages", ()): 0,
        ("clausewatch_refused_addresses", ()): 0,
    }
