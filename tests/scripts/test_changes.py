"""`clausewatch changes` lists what changed across all vendors; `clausewatch subscriptions` lists who gets what."""

import json
from pathlib import Path

import pytest

from core.changes import Comparison
from core.clauses import Document
from diffing import compare
from reports import report
from tests.conftest import Clausewatch
from tests.demo_pages import ingested
from tests.scripts.tables import cells_of
from tests.scripts.test_json_contract import check_fields


def test_changes_are_listed_newest_first_with_what_changed(clausewatch: Clausewatch) -> None:
    lines = ingested(clausewatch)("changes", "--since", "2021").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert cells_of(lines) == [
        ["seen", "vendor", "policy", "versions", "what"],
        ["2024-05-05", "lanternpost", "privacy", "#3 → #4", "changed (3 substantive)"],
        ["2023-01-15", "lanternpost", "privacy", "#2 → #3", "changed (1 factual)"],
        [
            *("2022-06-20", "lanternpost", "privacy", "#1 → #2"),
            "changed: Logs are deleted after 30 → 90 days (2 substantive)",
        ],
    ]


def test_only_changes_since_the_date_are_compared(clausewatch: Clausewatch, monkeypatch: pytest.MonkeyPatch) -> None:
    ingested(clausewatch)
    compared: list[Document] = []

    def counting(old: Document, new: Document) -> Comparison:
        compared.append(new)
        return compare(old, new)

    monkeypatch.setattr(report, "compare", counting)
    (change,) = json.loads(clausewatch("changes", "--since", "2024", "--format", "json").stdout)
    assert len(compared) == 1
    check_fields(change, "changes")
    check_fields(change["old"], "changes", 1)
    assert (change["old"]["version"], change["new"]["version"]) == (3, 4)
    assert (change["after"], change["before"]) == ("2023-11-30T17:45:00Z", "2024-05-05T12:00:00Z")
    assert change["command"].startswith("clausewatch report lanternpost @")
    assert "no change was seen since" in clausewatch("changes").stderr
    assert json.loads(clausewatch("changes", "--vendor", "lanternpost", "--format", "json").stdout) == []
    assert len(compared) == 1


def test_wrong_arguments_of_changes_are_explained(clausewatch: Clausewatch) -> None:
    assert "is in the future" in clausewatch("changes", "--since", "2999", exit_code=2).stderr
    assert "'soon' is not a date" in clausewatch("changes", "--since", "soon", exit_code=2).stderr
    assert "no vendor 'nobody'" in clausewatch("changes", "--vendor", "nobody", exit_code=2).stderr


def test_subscriptions_say_who_gets_what(clausewatch: Clausewatch, tmp_path: Path) -> None:
    assert "nobody is subscribed yet" in clausewatch("subscriptions").stderr
    clausewatch("subscribe", "zoe@example.org", "--vendor", "lanternpost")
    clausewatch("subscribe", "ann@example.org")
    table = cells_of(clausewatch("subscriptions").stdout.splitlines())
    assert [[row[0], row[2]] for row in table] == [
        ["address", "vendors"],
        ["ann@example.org", "all"],
        ["zoe@example.org", "lanternpost"],
    ]
    ann, zoe = json.loads(clausewatch("subscriptions", "--format", "json").stdout)
    check_fields(ann, "subscriptions")
    assert (ann["vendors"], zoe["vendors"]) == ([], ["lanternpost"])
