"""`clausewatch changes` lists what changed across all vendors; `clausewatch subscriptions` lists who gets what."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from core.changes import Comparison
from core.clauses import Document
from core.dates import iso
from core.exceptions import StoppedWorkError
from core.limits import Limits
from core.policies import PolicyKey
from core.settings import load_settings
from diffing import compare
from reports import Caller, report
from storage import Store
from storage.tables.models import DocumentRow, ReadingRow
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
    assert "no change has been seen since" in clausewatch("changes").stderr
    assert json.loads(clausewatch("changes", "--vendor", "lanternpost", "--format", "json").stdout) == []
    assert len(compared) == 1


def stops_at(day: str) -> Callable[[Limits], AbstractContextManager[Caller]]:
    """Returns a replacement of `limited_calls` that stops each comparison of a text first seen on a day."""

    def call(function: Callable[[], Any]) -> Any:
        result = function()
        report = getattr(result, "report", result)
        if iso(report.interval.first_new.captured_at).startswith(day):
            raise StoppedWorkError(
                "comparing the texts took longer than the limit of 60 seconds (CLAUSEWATCH_TIME_LIMIT)"
            )
        return result

    return lambda limits: nullcontext(call)


def test_a_change_that_cannot_be_compared_leaves_the_others_listed(
    clausewatch: Clausewatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested(clausewatch)
    monkeypatch.setattr("scripts.commands.changes.limited_calls", stops_at("2023-01-15"))
    result = clausewatch("changes", "--since", "2021", "--format", "json", exit_code=1)
    assert [change["before"][:4] for change in json.loads(result.stdout)] == ["2024", "2022"]
    assert result.stderr == (
        "failed: lanternpost/privacy: its change seen on 2023-01-15 could not be compared: "
        "comparing the texts took longer than the limit of 60 seconds (CLAUSEWATCH_TIME_LIMIT)\n"
    )


def test_a_damaged_text_of_one_policy_leaves_the_other_changes_listed(clausewatch: Clausewatch) -> None:
    ingested(clausewatch)
    with Store.open(load_settings().database_url) as store:
        newest = store.library.captures(PolicyKey("lanternpost", "privacy"))[-1].id
        document = select(ReadingRow.document_sha256).where(ReadingRow.capture_id == newest).scalar_subquery()
        with store.database.write_session() as session:
            session.execute(update(DocumentRow).where(DocumentRow.sha256 == document).values(data=b"damaged"))
    result = clausewatch("changes", "--since", "2021", "--format", "json", exit_code=1)
    assert [change["before"][:4] for change in json.loads(result.stdout)] == ["2023", "2022"]
    assert result.stderr.startswith("failed: lanternpost/privacy: its changes could not be compared: ")


def test_a_report_beyond_its_limit_says_so_in_a_sentence(
    clausewatch: Clausewatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested(clausewatch)
    monkeypatch.setattr("scripts.commands.report.limited_calls", stops_at("2023-01-15"))
    result = clausewatch("report", "lanternpost", "2", "3", exit_code=1)
    assert result.stderr == (
        "Error: the two texts of lanternpost/privacy could not be compared: "
        "comparing the texts took longer than the limit of 60 seconds (CLAUSEWATCH_TIME_LIMIT)\n"
    )
    assert "Lanternpost privacy" in clausewatch("report", "lanternpost", "1", "2").stdout


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


def test_subscribing_again_keeps_what_is_not_named(clausewatch: Clausewatch) -> None:
    clausewatch("subscribe", "ann@example.org", "lanternpost/privacy", "--every", "week", "--on", "friday")
    clausewatch("subscribe", "Ann@example.org", "--words", "biometric", "--dates", "de")
    (ann,) = json.loads(clausewatch("subscriptions", "--format", "json").stdout)
    assert (ann["vendors"], ann["every"], ann["weekday"], ann["words"]) == ([], "week", "friday", ["biometric"])
    clausewatch("subscribe", "ann@example.org", "--words", "")
    (ann,) = json.loads(clausewatch("subscriptions", "--format", "json").stdout)
    assert (ann["words"], ann["dates"], ann["significance"]) == ([], "de", "substantive")
