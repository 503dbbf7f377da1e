"""The line that `clausewatch ingest` prints at its end."""

from core.captures import Verdict
from views.ingest_summary import IngestSummary

ACCEPTED = Verdict("accepted")
BLOCKED = Verdict("quarantined", "blocked")
LOGIN = Verdict("quarantined", "login")


def test_before_the_first_capture_all_counts_are_zero() -> None:
    assert IngestSummary().text == "0 captures read, 0 new, 0 quarantined"


def test_captures_that_were_stored_before_are_read_but_not_new() -> None:
    summary = IngestSummary()
    summary.add_capture(ACCEPTED, is_new=False)
    assert summary.text == "1 capture read, 0 new, 0 quarantined"
    summary.add_capture(ACCEPTED, is_new=True)
    assert summary.text == "2 captures read, 1 new, 0 quarantined"


def test_the_most_frequent_reasons_come_first() -> None:
    summary = IngestSummary()
    for verdict in (BLOCKED, LOGIN, LOGIN, ACCEPTED):
        summary.add_capture(verdict, is_new=True)
    for why in ("with a redirect", "of another address", "of another address"):
        summary.add_left_out(why)
    assert summary.text == (
        "4 captures read, 4 new, 3 quarantined (2 login, 1 blocked); 2 records of another address left out; "
        "1 record with a redirect left out"
    )
