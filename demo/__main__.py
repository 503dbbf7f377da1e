"""Shows the main job on this machine alone: crawl an archive and a live page, list versions, report, e-mail a digest.

    python -m demo

Needs no network. An archive of a fictional vendor's policy and its live page are served on loopback.
"""

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
    """Runs each command as a person would type it. Stops at the first command that fails."""
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
                "CLAUSEWATCH_CONFIRM_AFTER": "5",  # seconds; minutes would be too long for a demo
                "WAYBACK_URL": archive.url,
                "XDG_STATE_HOME": str(OUTPUT / "state"),
            }
            _say("Lanternpost is a fictional vendor. An archive of its policy and its live page run on this machine.")
            _run("Fetch the archived captures", "scrapy crawl archive -a vendor=lanternpost", environment)
            _run(
                "Subscribe a reader to changes from now on",
                "clausewatch subscribe reader@example.org --vendor lanternpost",
                environment,
            )
            _run(
                "Fetch the live page, and once more because it has changed",
                "scrapy crawl live -a vendor=lanternpost",
                environment,
            )
        _run("List all captures", "clausewatch captures lanternpost", environment)
        _run("List the versions of the policy", "clausewatch versions lanternpost", environment)
        _run("Report what changed from 2021 to 2023", "clausewatch report lanternpost 2021 2023", environment)
        report, mail = _relative(OUTPUT / "report.html"), _relative(OUTPUT / "mail")
        _run(
            "Write the same report as HTML",
            f"clausewatch report lanternpost 2021 2023 --format html --output {report}",
            environment,
        )
        _run("Write the reader's e-mail digest to a folder", f"clausewatch digest --to {mail}", environment)
    _say(f"Look at the HTML report, {report}, and the digest in {mail}. All captures are in {_relative(OUTPUT)}.")


def _run(purpose: str, command: str, environment: dict[str, str]) -> None:
    _say(f"# {purpose}\n$ {command}")
    program, *arguments = shlex.split(command)
    # A fixed width makes the output the same on every terminal. The tables fit into 110 columns.
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
