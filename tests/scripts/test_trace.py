"""`clausewatch trace` follows one clause, and `clausewatch blame` dates the clauses of a version."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from core.exceptions import StoppedWorkError
from core.settings import load_settings
from storage import Store
from tests import keeping
from tests.conftest import Clausewatch
from tests.scripts.test_json_contract import check_fields, json_of
from tests.stored_captures import POLICY, capture_of

_PAGE = """<!DOCTYPE html><html lang="en"><head><title>Privacy policy - Marmot Mail</title></head><body><main>
<h1>Privacy policy</h1>
<p>This policy says which personal data Marmot Mail collects when you use our service, and what we do with it.</p>
<h2>What we collect</h2>
<p>When you open an account we ask for your name and your e-mail address, and we store the messages you send.</p>
{logs}
<h2>Your rights</h2>
<p>You may ask us at any time for a copy of your personal data, have it corrected, or have it deleted.</p>
<p>Write to our data protection officer if you have questions about this privacy policy or about cookies.</p>
</main></body></html>"""
LOGS = "<p>Our servers keep a log of each request for {} days, and then delete it without exception.</p>"
PAGES = [_PAGE.format(logs=logs).encode() for logs in (LOGS.format(30), LOGS.format(90), "", LOGS.format(90))]


@pytest.fixture
def marmot(clausewatch: Clausewatch, tmp_path: Path) -> Clausewatch:
    """The policy has four versions: a number changes, the clause goes, and the clause comes back."""
    (tmp_path / "vendors" / "marmot.yaml").write_text(
        "name: Marmot Mail\nhomepage: https://www.marmot.example/\npolicies:\n  privacy:\n    locations:\n"
        "      - url: https://www.marmot.example/privacy\n",
        encoding="utf-8",
    )
    with Store.open(load_settings().database_url) as store:
        for number, payload in enumerate(PAGES):
            keeping.keep(store, capture_of(payload, 100 * number, source="wayback"), payload, POLICY)
    return clausewatch


def test_trace_tells_each_event_with_dates_and_a_redline(marmot: Clausewatch) -> None:
    lines = marmot("trace", "marmot", "a log of each request").stdout.splitlines()
    assert [line for line in lines if line[:4].isdigit()] == [
        "2019-03-04   In the oldest version, 1",
        "2019-06-12   Number changed in version 2 (substantive)",
        "2019-09-20   Removed in version 3",
        "2019-12-29   Returned in version 2",
    ]
    text = "\n".join(lines)
    assert "keep a log of each request for [-30-]{+90+} days" in text
    assert "30 → 90 days." in text
    assert "Between 2019-03-04T05:06:07Z and 2019-06-12T05:06:07Z; change 1 from version 1 to 2." in text
    assert (
        lines[-1]
        == "It is in the newest version, 2, last captured 2019-12-29, under “Privacy policy › What we collect”."
    )


def test_trace_as_json_has_the_documented_shape(marmot: Clausewatch) -> None:
    trace = json_of(marmot, "trace", "marmot", "A LOG OF  EACH REQUEST")
    check_fields(trace, "trace")
    for event in trace["events"]:
        check_fields(event, "trace", 1)
    assert [event["event"] for event in trace["events"]] == ["appeared", "modified", "removed", "returned"]
    modified = trace["events"][1]
    assert (modified["old"]["version"], modified["new"]["version"], modified["number"]) == (1, 2, 1)
    assert modified["change"]["numbers"] == [["30 days", "90 days"]]
    assert trace["now"] == [trace["clause"]]


def test_trace_of_a_removed_clause_says_when_it_went(marmot: Clausewatch) -> None:
    text = marmot("trace", "marmot", "log of each request for 90", "--at", "#2").stdout
    assert "Returned in version 2" in text
    with Store.open(load_settings().database_url) as store:
        payload = PAGES[2].replace(b"have it corrected", b"have it sent to you")
        keeping.keep(store, capture_of(payload, 400, source="wayback"), payload, POLICY)
    text = marmot("trace", "marmot", "log of each request for 90").stdout
    went = "It went between 2019-12-29T05:06:07Z and 2020-04-07T05:06:07Z."
    assert text.splitlines()[-1] == f"Gone: the newest version, 4, last captured 2020-04-07, has no such clause. {went}"


def test_trace_names_all_clauses_with_the_words(marmot: Clausewatch) -> None:
    message = marmot("trace", "marmot", "personal data", exit_code=2).stderr
    assert "2 clauses of version 2 contain these words; give more words" in message
    assert "   1. This policy says which personal data" in message
    assert max(map(len, message.splitlines()[1:])) <= 80
    assert "have it corrected" in marmot("trace", "marmot", "personal data", "--clause", "2").stdout
    assert "only 2 clauses" in marmot("trace", "marmot", "personal data", "--clause", "3", exit_code=2).stderr


def test_a_heading_is_traced_by_its_whole_text(marmot: Clausewatch) -> None:
    text = marmot("trace", "marmot", "your rights").stdout
    assert "Your rights" in text
    assert "It has not changed up to the newest version, 2, last captured 2019-12-29." in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trace", "nobody", "data"), "no vendor 'nobody' is declared"),
        (("trace", "lanternpost", "data"), "has been accepted yet"),
        (("blame", "lanternpost"), "has been accepted yet"),
        (("trace", "marmot", "gifs"), "no clause of any version of marmot/privacy contains “gifs”"),
        (("trace", "marmot", "gifs", "--at", "#1"), "no clause of version 1 of marmot/privacy contains “gifs”"),
        (("trace", "marmot", " . "), "give a few words of the clause"),
        (("blame", "marmot", "--at", "#9"), "has no version 9"),
        (("blame", "marmot", "--at", "2001"), "the first one is from"),
    ],
)
def test_a_wrong_request_gives_one_message(marmot: Clausewatch, arguments: tuple[str, ...], message: str) -> None:
    result = marmot(*arguments, exit_code=2)
    assert message in result.stderr
    assert result.stdout == ""


def test_blame_dates_each_clause_by_the_version_that_brought_it(marmot: Clausewatch) -> None:
    result = marmot("blame", "marmot")
    assert "version 2" in result.stderr
    lines = [line for line in result.stdout.splitlines() if line]
    assert lines[0] == "≤2019-03-04    #1  # Privacy policy"
    assert [line[:18] for line in lines if "a log of each" in line] == [" 2019-12-29    #2 "]
    assert sum(line.startswith("≤2019-03-04    #1") for line in lines) == len(lines) - 1


def test_blame_of_an_earlier_date_has_no_later_date(marmot: Clausewatch) -> None:
    blame = json_of(marmot, "blame", "marmot", "--at", "2019-07")
    check_fields(blame, "blame")
    for clause in blame["clauses"]:
        check_fields(clause, "blame", 1)
    (log,) = (clause for clause in blame["clauses"] if "a log of each" in clause["text"])
    assert (log["since"]["version"], log["change"]["number"], log["change_kind"]) == (2, 1, "factual")
    assert log["interval"]["after"]["captured_at"] == "2019-03-04T05:06:07Z"
    assert log["interval"]["before"]["captured_at"] == "2019-06-12T05:06:07Z"


def test_a_version_that_did_not_last_has_no_history(marmot: Clausewatch) -> None:
    with Store.open(load_settings().database_url) as store:
        for payload, days in ((PAGES[0].replace(b"exception", b"delay"), 500), (PAGES[3], 500.01)):
            keeping.keep(store, capture_of(payload, days), payload, POLICY)
    assert "did not last, or is held" in marmot("blame", "marmot", "--at", "#4", exit_code=2).stderr
    assert "version 2" in marmot("blame", "marmot").stderr


def test_an_unconfirmed_version_is_shown_and_named_so(marmot: Clausewatch) -> None:
    with Store.open(load_settings().database_url) as store:
        payload = PAGES[0].replace(b"exception", b"delay")
        keeping.keep(store, capture_of(payload, 500), payload, POLICY)
    assert "not confirmed by a second capture yet" in marmot("blame", "marmot").stderr


def test_a_stopped_comparison_is_named(marmot: Clausewatch, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(function: Callable[[], Any]) -> Any:
        raise StoppedWorkError("comparing the texts took longer than the limit of 60 seconds")

    monkeypatch.setattr("scripts.commands.blame.comparing_calls", lambda limits: nullcontext(stop))
    text = " ".join(marmot("blame", "marmot", "--at", "#2").stdout.split())
    assert "Version 2 could not be compared with version 1, so" in text
    assert "`clausewatch reextract marmot` tries again." in text
    assert json.loads(marmot("blame", "marmot", "--format", "json").stdout)["missing"]
    monkeypatch.undo()


def test_a_damaged_text_gives_one_clear_error(marmot: Clausewatch, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "clausewatch.db") as connection:
        connection.execute("UPDATE documents SET data = ?", (b"damaged",))
    connection.close()
    for arguments in (("blame", "marmot"), ("trace", "marmot", "log of each")):
        message = marmot(*arguments, exit_code=1).stderr
        assert message.startswith("Error: the data stored under SHA-256 ")
        assert "clausewatch restore" in message


def test_a_clause_missing_from_one_capture_for_hours_was_not_removed(clausewatch: Clausewatch, tmp_path: Path) -> None:
    (tmp_path / "vendors" / "marmot.yaml").write_text(
        "name: Marmot Mail\nhomepage: https://www.marmot.example/\npolicies:\n  privacy:\n    locations:\n"
        "      - url: https://www.marmot.example/privacy\n",
        encoding="utf-8",
    )
    with Store.open(load_settings().database_url) as store:
        for days, page in ((0, 0), (100, 1), (200, 2), (200.5, 1)):
            keeping.keep(store, capture_of(PAGES[page], days, source="wayback"), PAGES[page], POLICY)
    trace = json_of(clausewatch, "trace", "marmot", "a log of each request")
    assert [event["event"] for event in trace["events"]] == ["appeared", "modified"]
    assert [gap["version"] for gap in trace["missing_from"]] == [3]
    (clause,) = (clause for clause in json_of(clausewatch, "blame", "marmot")["clauses"] if "a log" in clause["text"])
    assert clause["since"]["version"] == 2
    (gap,) = clause["missing_from"]
    assert gap["version"] == 3
    assert gap["first"]["captured_at"] == gap["last"]["captured_at"] == "2019-09-20T05:06:07Z"
    assert "missing from version 3, shown once on 2019-09-20" in clausewatch("blame", "marmot").stdout
