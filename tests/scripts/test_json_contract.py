"""The JSON that commands print with `--format json` has the shapes and meanings that docs/contract.md describes."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from core.captures import Reason
from core.changes import CHANGE_KINDS
from core.declarations import load_vendor
from core.policies import PolicyKey
from core.preferences import Preferences
from core.recipients import shown_address
from core.settings import CHECKOUT, load_settings
from demo.captures import NEW_ADDRESS, OLD_ADDRESS, PAGES
from reports import compose
from scripts.main import cli
from storage import OutboxMessage, Store
from tests.conftest import Clausewatch
from tests.demo_pages import CAPTURES
from tests.reports.digest_examples import ADVERTISERS, COURTS, SENDER, VENDORS, keep_confirmed
from tests.stored_captures import BEGIN
from tests.stored_digests import waiting_messages

CONTRACT = (CHECKOUT / "docs" / "contract.md").read_text(encoding="utf-8")
KINDS_WITH_REDLINE = {"modified", "moved_modified", "factual", "split", "merged"}


def documented_shapes(heading: str) -> list[tuple[set[str], set[str]]]:
    """Returns, for each table under a heading of docs/contract.md, all fields and the fields that may be omitted."""
    section = CONTRACT.split(f"\n### {heading}\n", 1)[1].split("\n### ", 1)[0]
    shapes: list[tuple[set[str], set[str]]] = []
    for line in section.splitlines():
        if line.startswith("| field |"):
            shapes.append((set(), set()))
        elif line.startswith("| `"):
            for name in re.findall(r"`(\w+\??)`", line.split("|")[1]):
                shapes[-1][0].add(name.rstrip("?"))
                if name.endswith("?"):
                    shapes[-1][1].add(name.rstrip("?"))
    return shapes


def check_fields(value: Mapping[str, Any], heading: str, table: int = 0) -> None:
    """Asserts that a value has the fields that docs/contract.md lists.

    heading: the heading of the section. table: the number of the table in the section, counted from 0.
    """
    names, optional = documented_shapes(heading)[table]
    assert names - optional <= set(value) <= names


@pytest.fixture
def clausewatch_with_captures(clausewatch: Clausewatch) -> Clausewatch:
    """The database has the demo's captures, which were ingested newest first."""
    for name, moment, address in reversed(CAPTURES):
        clausewatch("ingest", PAGES / name, "--vendor", "lanternpost", "--captured-at", moment, "--url", address)
    return clausewatch


def json_of(clausewatch: Clausewatch, *arguments: str | Path) -> Any:
    """Runs a command with `--format json` and returns the value that it prints."""
    return json.loads(clausewatch(*arguments, "--format", "json").stdout)


def without_spaces(text: str) -> str:
    return "".join(text.split())


def check_comparison(comparison: Any, clauses_old: int, clauses_new: int) -> None:
    """Asserts that every clause is counted once, and that each redline contains the texts of both sides."""
    assert set(comparison["counts"]) == {*CHANGE_KINDS, "unchanged"}
    for side, total in (("old", clauses_old), ("new", clauses_new)):
        positions = [clause["position"] for change in comparison["changes"] for clause in change[side]]
        assert len(positions) == len(set(positions))
        assert len(positions) + comparison["counts"]["unchanged"] == total
    for kind in CHANGE_KINDS:
        assert comparison["counts"][kind] == sum(change["kind"] == kind for change in comparison["changes"])
    for change in comparison["changes"]:
        check_fields(change, "report, diff", 3)
        assert 0 <= change["confidence"] <= 1
        for clause in change["old"] + change["new"]:
            check_fields(clause, "Clauses")
        if change["kind"] in KINDS_WITH_REDLINE:
            for side, omitted in (("old", "insert"), ("new", "delete")):
                rebuilt = "".join(text for operation, text in change["redline"] if operation != omitted)
                assert without_spaces(rebuilt) == without_spaces("".join(clause["text"] for clause in change[side]))


def commands_with_json(group: click.Group, path: str = "") -> Iterator[str]:
    """Yields the commands that have `--format json`, as a user types them after `clausewatch`."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter.type, click.Choice) and "json" in parameter.type.choices:
                yield f"{path}{name}"
        if isinstance(command, click.Group):
            yield from commands_with_json(command, f"{path}{name} ")


def test_every_command_with_json_is_documented() -> None:
    headings = re.findall(r"^### (.+)$", CONTRACT, re.MULTILINE)
    documented = {command for heading in headings for command in heading.split(", ")}
    assert isinstance(cli, click.Group)
    assert set(commands_with_json(cli)) <= documented


def test_captures_have_verdicts_and_versions(clausewatch_with_captures: Clausewatch) -> None:
    rows = json_of(clausewatch_with_captures, "captures", "lanternpost")
    assert [(row["captured_at"], row["url"]) for row in rows] == [(moment, url) for _, moment, url in CAPTURES]
    for row in rows:
        check_fields(row, "captures, ingest")
        assert re.fullmatch(r"[0-9a-f]{64}", row["sha256"])
        assert (row["source"], row["media_type"]) == ("file", "text/html")
    assert [row["version"] for row in rows] == [1, 1, None, 2, 3, 3, 4]
    assert [row["reason"] for row in rows if row["verdict"] == "quarantined"] == ["blocked"]
    assert all(bool(row["rule"]) == (row["verdict"] == "quarantined") for row in rows)


def test_versions_have_dates_languages_and_periods(clausewatch_with_captures: Clausewatch) -> None:
    rows = json_of(clausewatch_with_captures, "versions", "lanternpost")
    assert [row["version"] for row in rows] == [1, 2, 3, 4]
    for row in rows:
        check_fields(row, "versions")
        assert "alternations" not in row
        check_fields(row["capture"], "A capture as evidence")
    assert [row["effective_date"] for row in rows] == ["2021-03-01", "2022-06-15", "2023-01-10", "2024-05-02"]
    assert all(row["stated_date"] == row["effective_date"] for row in rows)
    assert {row["language"] for row in rows} == {"en"}
    assert rows[0]["periods"] == [
        {"from": "2021-03-04T10:15:00Z", "to": "2021-09-14T06:30:12Z", "captures": 2, "url": OLD_ADDRESS}
    ]
    check_fields(rows[0]["periods"][0], "versions", 1)
    assert rows[2]["periods"][0]["url"] == NEW_ADDRESS


def test_each_version_names_a_capture_and_an_extractor(clausewatch_with_captures: Clausewatch) -> None:
    captures = {row["captured_at"]: row for row in json_of(clausewatch_with_captures, "captures", "lanternpost")}
    versions = json_of(clausewatch_with_captures, "versions", "lanternpost")
    report = json_of(clausewatch_with_captures, "report", "lanternpost", "2021", "2023")
    shown = json_of(clausewatch_with_captures, "show", "lanternpost", "--at", "2021")
    for version in (*versions, shown):
        capture = captures[version["capture"]["captured_at"]]
        assert version["capture"] == {key: capture[key] for key in ("captured_at", "url", "source", "sha256")}
        assert capture["version"] == version["version"]
    for version in (*versions, shown, report["old"], report["new"]):
        assert re.fullmatch(r"[0-9]+\.[0-9]+", version["extractor"])


def test_a_report_counts_every_clause_once(clausewatch_with_captures: Clausewatch) -> None:
    report = json_of(clausewatch_with_captures, "report", "lanternpost", "2021", "2023")
    check_fields(report, "report, diff")
    for side in (report["old"], report["new"]):
        check_fields(side, "report, diff", 1)
        check_fields(side["first"], "A capture as evidence")
        check_fields(side["last"], "A capture as evidence")
    assert {frozenset(period) for period in report["between"]} == {frozenset({"version", "id", "from", "to"})}
    old, new = (
        json_of(clausewatch_with_captures, "show", "lanternpost", "--at", "2021"),
        json_of(clausewatch_with_captures, "show", "lanternpost", "--at", "2023"),
    )
    check_comparison(report, len(old["clauses"]), len(new["clauses"]))
    kinds = {change["kind"] for change in report["changes"]}
    assert {"moved", "split", "modified", "factual"} <= kinds
    moved = [change for change in report["changes"] if change["kind"] == "moved"]
    assert any("children under 16" in change["new"][0]["text"] for change in moved)
    (split,) = (change for change in report["changes"] if change["kind"] == "split")
    assert len(split["old"]) == 1
    assert len(split["new"]) == 2


def test_a_report_says_between_which_captures_the_change_happened(clausewatch_with_captures: Clausewatch) -> None:
    report = json_of(clausewatch_with_captures, "report", "lanternpost", "2021", "2022")
    rows = {row["captured_at"]: row for row in json_of(clausewatch_with_captures, "captures", "lanternpost")}
    last_old, first_new = report["interval"]["after"], report["interval"]["before"]
    assert (last_old["captured_at"], first_new["captured_at"]) == ("2021-09-14T06:30:12Z", "2022-06-20T14:05:01Z")
    for capture in (last_old, first_new):
        check_fields(capture, "A capture as evidence")
        stored = rows[capture["captured_at"]]
        assert (capture["url"], capture["sha256"]) == (stored["url"], stored["sha256"])


def test_a_version_id_is_accepted_instead_of_a_date(clausewatch_with_captures: Clausewatch) -> None:
    first, second = (row["id"] for row in json_of(clausewatch_with_captures, "versions", "lanternpost")[:2])
    by_id = json_of(clausewatch_with_captures, "report", "lanternpost", f"@{first}", f"@{second}")
    assert by_id == json_of(clausewatch_with_captures, "report", "lanternpost", "2021", "2022")
    assert json_of(clausewatch_with_captures, "show", "lanternpost", "--at", f"@{second[:6]}")["version"] == 2


def test_show_prints_the_version_in_force_at_a_date(clausewatch_with_captures: Clausewatch) -> None:
    shown = json_of(clausewatch_with_captures, "show", "lanternpost", "--at", "2021-12")
    check_fields(shown, "show")
    assert set(shown["period"]) == {"from", "to", "captures", "url"}
    assert (shown["version"], shown["vendor"], shown["policy"]) == (1, "lanternpost", "privacy")
    assert [clause["position"] for clause in shown["clauses"]] == list(range(len(shown["clauses"])))
    for clause in shown["clauses"]:
        check_fields(clause, "Clauses")
    assert json_of(clausewatch_with_captures, "show", "lanternpost")["version"] == 4


def test_diff_compares_two_files(clausewatch: Clausewatch) -> None:
    old, new = PAGES / CAPTURES[3][0], PAGES / CAPTURES[4][0]
    comparison = json_of(clausewatch, "diff", old, new)
    check_fields(comparison, "report, diff")
    for side in (comparison["old"], comparison["new"]):
        check_fields(side, "report, diff", 2)
    assert (comparison["interval"], comparison["between"]) == (None, [])
    clauses_old = comparison["counts"]["unchanged"] + sum(len(change["old"]) for change in comparison["changes"])
    clauses_new = comparison["counts"]["unchanged"] + sum(len(change["new"]) for change in comparison["changes"])
    check_comparison(comparison, clauses_old, clauses_new)
    assert comparison["old"]["path"] == str(old)


def test_a_file_compared_with_itself_has_no_changes(clausewatch: Clausewatch) -> None:
    page = PAGES / CAPTURES[0][0]
    assert json_of(clausewatch, "diff", page, page)["changes"] == []


def test_ingest_prints_the_captures_it_read(clausewatch: Clausewatch) -> None:
    name, moment, address = CAPTURES[0]
    for _ in range(2):
        (row,) = json_of(
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
        check_fields(row, "captures, ingest")
        assert (row["captured_at"], row["verdict"], row["version"]) == (moment, "accepted", 1)
    assert len(json_of(clausewatch, "captures", "lanternpost")) == 1


def test_status_counts_quarantined_captures_by_reason(clausewatch_with_captures: Clausewatch) -> None:
    (row,) = json_of(clausewatch_with_captures, "status")
    check_fields(row, "status")
    reason: Reason = "blocked"
    assert row["quarantined"] == {reason: 1}


def test_status_shows_failed_fetches_and_new_addresses(clausewatch: Clausewatch) -> None:
    key, now = PolicyKey("lanternpost", "privacy"), datetime.now(UTC)
    (*_, location) = load_vendor(load_settings().vendors / "lanternpost.yaml").policies["privacy"].locations
    with Store.open(load_settings().database_url) as store:
        store.journal.note_fetched(key, location.url, {location.url: "https://new.example/"}, now)
        store.journal.note_failed_fetch(key, location.url, location.url, "connection refused", now)
    (row,) = json_of(clausewatch, "status")
    check_fields(row, "status")
    check_fields(row["failed_fetches"][0], "status", 1)
    check_fields(row["moved"][0], "status", 2)


def test_status_shows_the_last_run_and_the_outbox(clausewatch: Clausewatch) -> None:
    check_fields(json_of(clausewatch, "status", "--run"), "status --run")
    with Store.open(load_settings().database_url) as store:
        store.journal.end_run(store.journal.begin_run(datetime.now(UTC)), datetime.now(UTC), 0, "1 new")
    shown = json_of(clausewatch, "status", "--run")
    check_fields(shown["last_run"], "status --run", 1)
    check_fields(shown["last_ended_run"], "status --run", 1)
    check_fields(shown["outbox"], "status --run", 2)
    message = OutboxMessage(1, "gone@client.example", b"")
    with Store.open(load_settings().database_url) as store:
        store.subscriptions.subscribe("gone@client.example", (), datetime.now(UTC))
        store.outbox.refuse(message, datetime.now(UTC), "550 no such user")
    (trouble,) = json_of(clausewatch, "status", "--run")["troubles"]
    check_fields(trouble, "status --run", 3)


def test_review_lists_captures_and_shows_decisions(clausewatch_with_captures: Clausewatch) -> None:
    (row,) = json_of(clausewatch_with_captures, "review")
    check_fields(row, "review, review show")
    assert "clauses" not in row
    assert row["rule"]
    clausewatch_with_captures("review", "reject", str(row["id"]), "--note", "a challenge page")
    shown = json_of(clausewatch_with_captures, "review", "show", str(row["id"]))
    check_fields(shown, "review, review show")
    assert {frozenset(review) for review in shown["reviews"]} == {frozenset({"decision", "by", "note", "at", "only"})}
    assert (shown["reason"], shown["rule"]) == ("rejected", "review")
    assert isinstance(shown["clauses"], list)


def test_webhooks(tmp_path: Path) -> None:
    address = "https://hooks.client.example/1"
    with Store.open(f"sqlite:///{tmp_path / 'webhooks.db'}") as store:
        for vendor in ("marmot", "otter"):
            keep_confirmed(store, COURTS, 0, vendor)
        store.subscriptions.subscribe(address, (), BEGIN + timedelta(days=1), Preferences(every="week"))
        for day, payload in ((2, ADVERTISERS), (3, COURTS)):
            keep_confirmed(store, payload, day)
        keep_confirmed(store, ADVERTISERS, 2, "otter")
        assert compose(store, VENDORS, BEGIN + timedelta(days=4), SENDER) == 1
        (message,) = waiting_messages(store)
    body = json.loads(message.message)
    check_fields(body, "Webhooks")
    check_fields(body["data"], "Webhooks", 1)
    changed, reverted = body["data"]["items"]
    assert [changed["kind"], reverted["kind"]] == ["change", "reverted"]
    assert set(reverted) < set(changed)
    for item in (changed, reverted):
        check_fields(item, "Webhooks", 2)
    (change,) = changed["changes"]
    assert change.pop("number") == 1
    check_fields(change, "report, diff", 3)
    for capture in changed["interval"].values():
        assert capture.pop("page") is None
        check_fields(capture, "A capture as evidence")


def test_the_urls_of_webhooks_and_chats_are_printed_in_their_short_form(clausewatch: Clausewatch) -> None:
    addresses = ("https://hooks.client.example/s3cret", "ntfy://chat.example/s3cret")
    for address in addresses:
        clausewatch("subscribe", address)
    with Store.open(load_settings().database_url) as store:
        for address in addresses:
            store.outbox.put_off(OutboxMessage(1, address, b""), datetime.now(UTC), "no answer")
    shown = [shown_address(address) for address in addresses]
    rows = json_of(clausewatch, "subscriptions")
    assert [(row["address"], row["trouble"]["address"]) for row in rows] == [(each, each) for each in shown]
    troubles = json_of(clausewatch, "status", "--run")["troubles"]
    assert sorted(trouble["address"] for trouble in troubles) == shown
