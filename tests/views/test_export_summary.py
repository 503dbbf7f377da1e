"""The lines that `clausewatch export` prints at its end."""

from views.export_summary import ExportSummary


def test_a_complete_export_has_no_omission() -> None:
    summary = ExportSummary(captures=3, written=3)
    assert summary.text == "3 captures written"
    assert summary.omission is None


def test_captures_that_are_not_in_the_file_are_an_omission() -> None:
    summary = ExportSummary(captures=3, written=1)
    assert summary.text == "1 capture written"
    assert summary.omission == "2 captures omitted because of damaged payloads; run `clausewatch verify`"
