"""Runs the main job: crawl an archive, crawl a live page, versions, report, digest. No server needed, no network."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from core.settings import CHECKOUT
from demo.captures import PAGES, archived_pages, declaration
from loopback.archive import serve_archive, write_warc
from loopback.pages import Page, serve_pages

OUTPUT = Path(__file__).parent / "output"
_BIN = Path(sys.executable).parent


def main() -> None:
    """Runs each command as a person would type it, and stops at the first that fails."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    (OUTPUT / "vendors").mkdir(parents=True)
    live_page = Page((PAGES / "live.html").read_bytes())
    with tempfile.TemporaryDirectory() as warcs, serve_pages({"/legal/privacy": live_page}) as site:
        write_warc(Path(warcs, "lanternpost.warc.gz"), archived_pages())
        (OUTPUT / "vendors" / "lanternpost.yaml").write_text(declaration(f"{site.url}/legal/privacy"), encoding="utf-8")
        with serve_archive(Path(warcs)) as archive:
            environment = {
                "CLAUSEWATCH_DATABASE_URL": f"sqlite:///{OUTPUT / 'clausewatch.db'}",
                "CLAUSEWATCH_VENDORS": str(OUTPUT / "vendors"),
                "CLAUSEWATCH_ALLOW_PRIVATE": "1",
                "CLAUSEWATCH_CONFIRM_AFTER": "5",  # seconds; nobody wants to watch a demo for minutes
                "WAYBACK_URL": archive.url,
                "XDG_STATE_HOME": str(OUTPUT / "state"),
            }
            _say("A fictional vendor's policy: an archive of it and its live page both run on this machine.")
            _run("scrapy crawl archive -a vendor=lanternpost", environment)
            _run("clausewatch subscribe reader@example.org --vendor lanternpost", environment)
            _run("scrapy crawl live -a vendor=lanternpost", environment)
        _run("clausewatch captures lanternpost", environment)
        _run("clausewatch versions lanternpost", environment)
        _run("clausewatch report lanternpost 2021 2023", environment)
        report, mail = _relative(OUTPUT / "report.html"), _relative(OUTPUT / "mail")
        _run(f"clausewatch report lanternpost 2021 2023 --format html --output {report}", environment)
        _run(f"clausewatch digest --to {mail}", environment)
    _say(f"The HTML report is {report}, the digest e-mail is in {mail}, all captures are in {_relative(OUTPUT)}.")


def _run(command: str, environment: dict[str, str]) -> None:
    _say(f"$ {command}")
    program, *arguments = shlex.split(command)
    # The terminal's own width would make two runs look different; 110 columns fit the tables.
    finished = subprocess.run(  # noqa: S603  # our own commands
        [_BIN / program, *arguments], cwd=CHECKOUT, env={**os.environ, "COLUMNS": "110", **environment}, check=False
    )
    if finished.returncode:
        sys.exit(f"demo: `{command}` exited with {finished.returncode}")


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)  # noqa: T201  # the demo's output is its purpose


def _relative(path: Path) -> Path:
    return path.relative_to(CHECKOUT)


if __name__ == "__main__":
    main()
