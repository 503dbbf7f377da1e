"""The lines that `clausewatch verify` prints for its findings and at its end."""

import pytest

from storage import Finding, Remedy
from views.verification import VerificationSummary, describe_finding

CHECKED = "4 captures checked, with everything that belongs to them"


def summary_of(*remedies: Remedy) -> VerificationSummary:
    """Returns the summary of a verification of four captures. remedies: the remedy of each finding."""
    summary = VerificationSummary(captures=4)
    for remedy in remedies:
        summary.add_finding(Finding("review 3", "cannot be read", remedy))
    return summary


def test_a_finding_ends_with_its_remedy() -> None:
    assert (
        describe_finding(Finding("review 3", "is lost", "backup")) == "review 3: is lost; only a backup can repair this"
    )
    assert describe_finding(Finding("reading 3", "is lost", "mended")) == "reading 3: is lost; this has been repaired"
    assert describe_finding(Finding("file:///p", "2 files", "none")) == "file:///p: 2 files"


@pytest.mark.parametrize("remedies", [(), ("none",)])
def test_a_harmless_finding_is_no_damage(remedies: tuple[Remedy, ...]) -> None:
    summary = summary_of(*remedies)
    assert summary.damaged == 0
    assert summary.text == f"{CHECKED}; nothing is damaged"


def test_damage_that_has_been_repaired_is_counted_apart() -> None:
    summary = summary_of("mended", "mended")
    assert summary.damaged == 0
    assert summary.text == f"{CHECKED}; 2 damaged and repaired; nothing is damaged"


def test_damage_is_counted_by_what_the_operator_has_to_do() -> None:
    summary = summary_of("reextract", "backup", "mended", "none", "repair", "backup")
    assert summary.damaged == 4
    assert summary.text == (
        f"{CHECKED}: 5 faults\n"
        "  1 has been repaired\n"
        "  2 can't be repaired: set CLAUSEWATCH_DATABASE_URL to a new database, and run "
        "`clausewatch restore FILE` with your last backup\n"
        "  1 can be repaired: run `clausewatch verify --repair`\n"
        "  1 can be repaired: run `clausewatch reextract`"
    )
