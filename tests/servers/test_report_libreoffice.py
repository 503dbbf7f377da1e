"""Opens the Word report in a real word processor: LibreOffice. The test is skipped if LibreOffice is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

from reports.word_report import as_docx
from tests.reports.report_examples import EVERY_KIND, version_report


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
def test_libreoffice_shows_old_and_new_text_of_a_word_report(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(as_docx(version_report(*EVERY_KIND)))
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            *("--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", tmp_path, tmp_path / "report.docx"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    lines = (tmp_path / "report.txt").read_text(encoding="utf-8-sig").splitlines()
    assert "We keep logs for ten daysyears." in lines
    assert lines.count("Children under 16.") == 2
    assert "Cookies" in lines
