"""`clausewatch report`: which versions the two sides name, and the vendor's other policies."""

from pathlib import Path

import pytest

from tests.conftest import Clausewatch
from tests.demo_pages import ingested

TERMS = "\n  terms:\n    locations:\n      - url: https://www.lanternpost.example/terms\n"
PAGE = "<!DOCTYPE html><title>Terms of Service</title><h1>Terms of Service</h1><p>{}</p>" + (
    "<p>By using the service you agree to these terms of service. You may end this agreement at any time.</p>" * 3
)


@pytest.fixture
def with_terms(clausewatch: Clausewatch, tmp_path: Path) -> Clausewatch:
    """One version of the privacy policy since March 2021, and two versions of the terms, of April and of June."""
    ingested(clausewatch, 2)
    declaration = tmp_path / "vendors" / "lanternpost.yaml"
    declaration.write_text(declaration.read_text("utf-8") + TERMS, encoding="utf-8")
    for day, text in (("2021-04-05", "The service is free."), ("2021-06-06", "The service costs 5 euros.")):
        (tmp_path / "terms.html").write_text(PAGE.format(text), encoding="utf-8")
        for hour in ("T06:00", "T18:00"):
            clausewatch(
                *("ingest", tmp_path / "terms.html", "--vendor", "lanternpost", "--policy", "terms"),
                *("--captured-at", day + hour, "--url", "https://www.lanternpost.example/terms"),
            )
    return clausewatch


def test_other_policies_that_changed_are_named_below_the_report(with_terms: Clausewatch) -> None:
    sentence = "Other policies of Lanternpost changed between these dates, too: terms. Report on one of them with"

    def names_terms(*arguments: str) -> bool:
        return sentence in with_terms("report", "lanternpost", *arguments).stderr

    assert names_terms("2021-05", "2022")
    assert not names_terms("2021-05", "2021-05")
    assert not names_terms("2021-07", "2022")
    assert not names_terms("2021-05", "2022", "--policy", "privacy")  # whoever names a policy asks for no other
    assert not names_terms("1", "2", "--policy", "terms")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "2021-05",
            "2021-04",
            "2021-05 is later than 2021-04; give the earlier date first",
        ),  # the same version is shown
        ("2021", "2021-04", "2021 is later than 2021-04; give the earlier date first"),
        ("2021", "2999", "2999 is in the future; give a date up to today"),
        ("1", "9", "lanternpost/privacy has no version 9; it has"),
    ],
)
def test_dates_in_the_wrong_order_or_the_future_are_refused(
    clausewatch: Clausewatch, old: str, new: str, message: str
) -> None:
    result = ingested(clausewatch, 2)("report", "lanternpost", old, new, exit_code=2)
    assert message in result.stderr
    assert result.stdout == ""
