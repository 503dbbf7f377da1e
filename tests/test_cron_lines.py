"""The cron lines of the documentation carry the settings, and need no folder."""

import re
import subprocess
from pathlib import Path

import pytest

from core.settings import CHECKOUT

CRON_LINES = [
    (page.name, match[1])
    for page in (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md")))
    for match in re.finditer(r"^ *[\d*/]+ [\d*/]+ \* \* \*  (.+)$", page.read_text(encoding="utf-8"), re.M)
]


def test_the_documentation_has_cron_lines() -> None:
    assert [page for page, _ in CRON_LINES] == ["README.md", *["operating.md"] * 3]


@pytest.mark.parametrize(("page", "line"), CRON_LINES)
def test_a_cron_line_hands_the_env_file_to_the_command(tmp_path: Path, page: str, line: str) -> None:
    (tmp_path / "clausewatch.env").write_text("CLAUSEWATCH_SMTP_URL='smtp://a:p$x&y@mail.example'\n")
    for name in ("clausewatch", "scrapy"):
        program = tmp_path / name
        program.write_text('#!/bin/sh\nprintf "%s" "$CLAUSEWATCH_SMTP_URL"\n')
        program.chmod(0o755)
    line = line.replace("/etc/", f"{tmp_path}/").replace("/srv/clausewatch/.venv/bin/", f"{tmp_path}/")
    command = line.replace("/srv/clausewatch/data/", f"{tmp_path}/")
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    result = subprocess.run(
        ["/bin/sh", "-c", command], cwd="/", env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout == "smtp://a:p$x&y@mail.example"
