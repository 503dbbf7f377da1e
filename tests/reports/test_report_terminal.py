"""The report on a terminal and as plain text."""

import io
from typing import Any

import pytest
from rich.console import Console

from reports import Report, print_report
from reports.terminal_report import as_text
from tests.reports.report_examples import EVERY_KIND, added, change, clause, file_report, version_report


def printed(report: Report, **console: Any) -> str:
    file = io.StringIO()
    print_report(report, Console(file=file, width=100, **console))
    return file.getvalue()


def test_the_summary_comes_first() -> None:
    lines = as_text(version_report(*EVERY_KIND)).splitlines()
    assert lines[0] == "Marmot Mail privacy: version 1 → version 2"
    assert lines[1].startswith("6 substantive changes: ")


def test_the_report_has_the_interval_and_its_evidence() -> None:
    text = as_text(version_report(*EVERY_KIND))
    for part in (
        "between 2020-01-02T03:04:05Z, when the old text was last captured, and 2021-06-07T08:09:10Z",
        "http://old.example/p",
        "https://new.example/p",
        "a" * 64,
        "b" * 64,
        "wayback",
        "live",
    ):
        assert part in text


def test_every_change_has_a_line_with_the_redline_below() -> None:
    lines = as_text(file_report(*EVERY_KIND)).splitlines()
    for line in ("   1  removed, heading", "   5  moved and modified", "   7  split", "  10  detail"):
        assert lines[lines.index(line) + 1].startswith("      ")
    assert lines[lines.index("   1  removed, heading") - 1] == "Privacy"


def test_without_colour_differences_are_marked_by_characters() -> None:
    report = file_report(EVERY_KIND[2])
    marked = "We keep logs for ten [-days-]{+years+}."
    assert marked in as_text(report)
    assert marked in printed(report)
    assert marked in printed(report, force_terminal=True, no_color=True)
    coloured = printed(report, force_terminal=True, color_system="standard")
    assert "[-" not in coloured
    assert "\x1b[" in coloured


def test_the_environment_variable_no_color_turns_colours_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = printed(file_report(EVERY_KIND[2]), force_terminal=True)
    assert "[-days-]{+years+}" in text


def test_a_pipe_gets_each_paragraph_in_one_line() -> None:
    text = "word " * 100
    assert f"{{+{text.strip()}+}}" in as_text(file_report(added(0, text.strip())))


@pytest.mark.parametrize("colour", [True, False])
def test_control_sequences_of_a_vendor_never_reach_the_terminal(colour: bool) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\x00\r\b[bold]markup[/bold]:smile:\ud800"
    report = file_report(
        change(
            "cosmetic",
            (clause(0, f"a {hostile}", path=(hostile,), label=hostile, links=(f"http://x.example/{hostile}",)),),
            (clause(0, f"b {hostile}", path=(hostile,), label="1"),),
        )
    )
    text = printed(report, force_terminal=True, color_system="standard") if colour else as_text(report)
    text.encode("utf-8")
    for char in "\x07\x9b\u202e\x00\r\b":
        assert char not in text
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    assert "[bold]markup[/bold]:smile:" in text.replace("\n", "").replace("      ", "")
    if not colour:
        assert "\x1b" not in text


def test_a_report_says_that_two_files_do_not_differ() -> None:
    assert "No difference between the two texts." in as_text(file_report())


def test_outer_headings_are_left_out_to_fit_a_terminal_line() -> None:
    path = tuple(f"A rather long heading of level {level}" for level in range(4))
    report = file_report(change("added", (), (clause(0, "New.", path=path),)))
    assert " › ".join(path) in as_text(report)
    lines = printed(report, force_terminal=True, no_color=True).splitlines()
    assert any("… › A rather long heading of level 2 › A rather long heading of level 3" in line for line in lines)
