"""`clausewatch search` finds clauses in a database that an earlier release wrote, and prints what a reader needs."""

import json
import sqlite3
from pathlib import Path

import pytest

from storage import Store
from tests.conftest import Clausewatch
from tests.keeping import keep
from tests.stored_captures import POLICY, capture_of, page

A = page("We keep your letters for a year, as the law on books wants it.")
B = page("Nous conservons vos données personnelles pendant un mois.")


@pytest.fixture
def database(clausewatch: Clausewatch, tmp_path: Path) -> Path:
    """Returns the path of a database with captures of two versions, without an index."""
    path = tmp_path / "clausewatch.db"
    with Store.open(f"sqlite:///{path}") as store:
        for days, payload in enumerate((A, B)):
            keep(store, capture_of(payload, days, source="wayback"), payload, POLICY)
    return path


def test_the_first_search_makes_the_index_itself(clausewatch: Clausewatch, database: Path) -> None:
    result = clausewatch("search", "letters", "YEAR")
    assert result.stdout == (
        "marmot/privacy\n"
        "    1 clause, English\n"
        "    first mentioned in the first text captured (2019-03-04)\n"
        "    now: no longer since between 2019-03-04 and 2019-03-05\n"
        "\n"
        "1 clause, the newest first:\n"
        "\n"
        "marmot/privacy › Privacy policy › What we collect\n"
        "    2019-03-04, reworded or gone between 2019-03-04 and 2019-03-05  (@" + version_id(database) + " clause 5)\n"
        "    We keep your letters for a year, as the law on books wants it.\n"
    )
    assert "    2019-03-05, the last capture  (@" in clausewatch("search", "donnees personnelles").stdout


def version_id(database: Path) -> str:
    with Store.open(f"sqlite:///{database}") as store:
        return store.library.captures(capture_of(A).key)[0].version_id or ""


def test_json_marks_the_words_that_were_searched_for(clausewatch: Clausewatch, database: Path) -> None:
    result = json.loads(clausewatch("search", '"letters for"', "--format", "json").stdout)
    (clause,) = result["clauses"]
    assert clause["excerpt"][:2] == [["We keep your ", False], ["letters for", True]]
    assert clause["held"] == [{"from": "2019-03-04T05:06:07Z", "gone": "2019-03-05T05:06:07Z"}]
    assert result["next"] is None
    assert result["mentioned"]["policies"][0]["first"] == {"after": None, "before": "2019-03-04T05:06:07Z"}


def test_further_clauses_are_printed_from_the_place_named(clausewatch: Clausewatch, database: Path) -> None:
    first = clausewatch("search", "data", "--limit", "1")
    place = first.stderr.split("--after ")[1].split()[0]
    following = clausewatch("search", "data", "--limit", "1", "--after", place)
    assert first.stdout != following.stdout != ""


def test_nothing_found_is_said_and_no_error(clausewatch: Clausewatch, database: Path) -> None:
    result = clausewatch("search", "unicorns")
    assert (result.stdout, result.stderr) == ("", "no clause has these words\n")
    dated = clausewatch("search", "letters", "--at", "2019-03-04", "--gone", "2019..", "--appeared", "2019-03..2019-04")
    assert "letters" in dated.stdout
    assert "marmot/privacy ›" not in clausewatch("search", "letters", "--at", "2020").stdout
    other = clausewatch("search", "unicorns", "--vendor", "marmot").stderr
    assert other == (
        "no clause of marmot has these words; the texts captured from 2019-03-04 to 2019-03-05 were searched\n"
    )


def test_control_characters_of_a_page_never_reach_the_terminal(clausewatch: Clausewatch, tmp_path: Path) -> None:
    clausewatch("search", "marks")
    with Store.open(f"sqlite:///{tmp_path / 'clausewatch.db'}") as store:
        payload = page("Our marks are \u202eturned and \x9bred to any reader.")
        keep(store, capture_of(payload, source="wayback"), payload, POLICY)
    output = clausewatch("search", "marks").stdout
    assert "marks" in output
    assert not {"\u202e", "\x9b", "\x02", "\x1b"} & set(output)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["!?"], "names no word"),
        (["x" * 10_000], "longer than 1000 characters"),
        (["letters", "--at", "soon"], "is not a date"),
        (["letters", "--gone", "2018..2017"], "ends before it begins"),
        (["letters", "--appeared", ".."], "names no date"),
        (["letters", "--after", "?"], "place to continue from"),
        (["letters", "--vendor", "No Vendor"], "can't be the name of a vendor"),
    ],
)
def test_a_wrong_search_is_explained(clausewatch: Clausewatch, arguments: list[str], message: str) -> None:
    assert message in clausewatch("search", *arguments, exit_code=2).stderr


def test_a_database_that_cannot_be_written_is_searched(
    clausewatch: Clausewatch, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clausewatch("search", "letters")
    with Store.open(f"sqlite:///{database}") as store:
        keep(store, capture_of(A, 5, source="wayback"), A, POLICY)
    blocker = sqlite3.connect(database, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")  # another process writes
    try:
        monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", f"sqlite:///{database}?timeout=0")
        result = clausewatch("search", "letters")
    finally:
        blocker.close()
    assert "letters" in result.stdout
    assert "may lack the newest captures" in result.stderr
