"""`clausewatch versions` describes alternations, and the versions that did not last or are not confirmed yet."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from core.settings import load_settings
from storage import Store
from tests import keeping
from tests.conftest import Clausewatch
from tests.scripts.test_json_contract import check_fields
from tests.stored_captures import BEGIN, POLICY, URL, capture_of, page

COURTS, ADVERTISERS, INSURERS = (
    page(f"We hand your personal data to {recipients} when the law of the country you live in tells us to.")
    for recipients in ("courts", "advertisers", "insurance companies")
)
MINUTE = 1 / 24 / 60  # in days


@pytest.fixture
def clausewatch_with_marmot(clausewatch: Clausewatch, tmp_path: Path) -> Clausewatch:
    (tmp_path / "vendors" / "marmot.yaml").write_text(
        "name: Marmot Mail\nhomepage: https://www.marmot.example/\npolicies:\n  privacy:\n    locations:\n"
        "      - url: https://www.marmot.example/privacy\n",
        encoding="utf-8",
    )
    return clausewatch


def open_store() -> Store:
    return Store.open(load_settings().database_url)


def keep_once(store: Store, payload: bytes, days: float) -> None:
    result = keeping.keep(store, capture_of(payload, days), payload, POLICY)
    assert result.verdict.name == "accepted"


def keep(store: Store, payload: bytes, days: float) -> None:
    """Keeps two captures of a page, five minutes apart, as a live crawl does to confirm a change."""
    for moment in (days, days + 5 * MINUTE):
        keep_once(store, payload, moment)


def time_text(days: float) -> str:
    return (BEGIN + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_alternating_page_is_described_in_one_sentence(clausewatch_with_marmot: Clausewatch) -> None:
    with open_store() as store:
        for day, payload in enumerate((INSURERS, COURTS, ADVERTISERS, COURTS, ADVERTISERS)):
            keep(store, payload, day)
    text = clausewatch_with_marmot("versions", "marmot").stdout
    sentence = f"The page has alternated between versions 2 and 3 since {time_text(2)} (3 times)."
    assert text.endswith(f"\n#1, #2, #3: {URL}\n{sentence}\n")
    rows = json.loads(clausewatch_with_marmot("versions", "marmot", "--format", "json").stdout)
    assert "alternations" not in rows[0]
    assert rows[1]["alternations"] == rows[2]["alternations"]
    check_fields(rows[1], "versions")
    check_fields(rows[1]["alternations"][0], "versions", 2)
    assert rows[1]["alternations"] == [
        {"versions": [2, 3], "ids": [rows[1]["id"], rows[2]["id"]], "since": time_text(2), "until": None, "times": 3}
    ]


def test_transient_and_unconfirmed_versions_are_described(clausewatch_with_marmot: Clausewatch) -> None:
    with open_store() as store:
        keep(store, COURTS, 0)
        for day in (1, 2):
            keep_once(store, ADVERTISERS, day)
            keep_once(store, COURTS, day + 5 * MINUTE)
        keep_once(store, INSURERS, 3)
    text = clausewatch_with_marmot("versions", "marmot").stdout
    assert f"Version 2, seen 2 times from {time_text(1)} to {time_text(2)}, did not last: " in text
    assert f"Version 3, seen on {time_text(3)}, is not confirmed by a second capture yet." in text
    rows = json.loads(clausewatch_with_marmot("versions", "marmot", "--format", "json").stdout)
    for row in rows:
        for period in row["periods"]:
            check_fields(period, "versions", 1)
    assert [period.get("lasted", True) for row in rows for period in row["periods"]] == [
        True,
        True,
        True,
        False,
        False,
        None,
    ]


def test_a_report_over_an_alternation_is_short(clausewatch_with_marmot: Clausewatch) -> None:
    with open_store() as store:
        keep(store, INSURERS, 0)
        for day, payload in enumerate((COURTS, ADVERTISERS) * 5, start=1):
            keep(store, payload, day)
        keep(store, INSURERS, 20)
    first, last = ((BEGIN + timedelta(days=day)).strftime("%Y-%m-%d") for day in (1, 10))
    text = clausewatch_with_marmot("report", "marmot", first, last).stdout
    assert (
        f"The page alternated between versions 2 and 3 from {time_text(2)} to {time_text(10 + 5 * MINUTE)} (9 times)."
        in text
    )
    assert "In between" not in text
