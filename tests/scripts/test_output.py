"""The formats of `report` and `diff`, on standard output and in a file."""

import io
import zipfile
from pathlib import Path

import pytest

from demo.captures import PAGES
from reports import REPORT_FORMATS
from tests.conftest import Clausewatch
from tests.reports.report_examples import TEXT_FORMATS

OLD, NEW = PAGES / "20220620140501.html", PAGES / "20230115090000.html"


def test_a_dash_stands_for_standard_output(
    clausewatch: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.txt"
    page.write_text("We keep logs.", encoding="utf-8")
    assert '"unchanged": 1' in clausewatch("diff", page, page, "--format", "json", "--output", "-").stdout
    assert not Path("-").exists()


@pytest.mark.parametrize("output_format", REPORT_FORMATS)
def test_a_report_is_the_same_on_standard_output_and_in_a_file(
    clausewatch: Clausewatch, tmp_path: Path, output_format: str
) -> None:
    target = tmp_path / "report"
    result = clausewatch("diff", OLD, NEW, "--format", output_format, "--output", target)
    assert result.stdout == ""
    shown = clausewatch("diff", OLD, NEW, "--format", output_format).stdout_bytes
    if output_format in TEXT_FORMATS:
        assert shown.strip() == target.read_bytes().strip()
        assert b"children under 16" in shown
    else:  # Word documents, whose bytes differ by the time at which they are made
        for data in (shown, target.read_bytes()):
            assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


@pytest.mark.parametrize(
    ("name", "options", "beginning"),
    [
        ("r.html", (), b"<!DOCTYPE html>"),
        ("r.HTM", (), b"<!DOCTYPE html>"),
        ("r.md", (), b"##"),
        ("r.docx", (), b"PK"),
        ("r.json", (), b"{"),
        ("r.txt", (), b"20220620140501.html"),
        ("r.report", (), b"20220620140501.html"),
        ("r.html", ("--format", "json"), b"{"),
    ],
)
def test_the_ending_of_a_file_says_the_format_unless_the_user_does(
    clausewatch: Clausewatch, tmp_path: Path, name: str, options: tuple[str, ...], beginning: bytes
) -> None:
    clausewatch("diff", OLD, NEW, "-o", tmp_path / name, *options)
    assert (tmp_path / name).read_bytes().lower().startswith(beginning.lower())
