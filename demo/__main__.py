"""Runs the main commands on a fictional vendor: crawl an archive and a live page, list versions, report, send a digest.

    python -m demo

Needs no network. The web archive and the vendor's live page are served on loopback.
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
from demo.output import OUTPUT, STORED
from loopback.archive import serve_archive, write_warc
from loopback.pages import Page, serve_pages

_BIN = Path(sys.executable).parent


def main() -> None:
    """Runs each command like a user on the command line. Stops at the first command that fails."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    (OUTPUT / "vendors").mkdir(parents=True)
    live_page = Page((PAGES / "live.html").read_bytes())
    with tempfile.TemporaryDirectory() as warcs, serve_pages({"/legal/privacy": live_page}) as site:
        write_warc(Path(warcs, "lanternpost.warc.gz"), archived_pages())
        (OUTPUT / "vendors" / "lanternpost.yaml").write_text(declaration(f"{site.url}/legal/privacy"), encoding="utf-8")
        with serve_archive(Path(warcs)) as archive:
            environment = {
                **STORED,
                "CLAUSEWATCH_ALLOW_PRIVATE": "1",
                "CLAUSEWATCH_CONFIRM_AFTER": "5",  # seconds; minutes would be too long for a demo
                "WAYBACK_URL": archive.url,
                "XDG_STATE_HOME": str(OUTPUT / "state"),
            }
            _say("Lanternpost is a fictional vendor. Its live page and an archive of its policy run on this machine.")
            _run("Fetch the archived captures", "scrapy crawl archive -a vendor=lanternpost", environment)
            _run(
                "Subscribe a colleague to changes from now on",
                "clausewatch subscribe reader@example.org --vendor lanternpost",
                environment,
            )
            _run(
                "Fetch the live page, and fetch it again to confirm the change",
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
        _run("Write the colleague's e-mail digest to a folder", f"clausewatch digest --to {mail}", environment)
    _say(f"Now open the HTML report {report} and the digest in {mail}. All captures are in {_relative(OUTPUT)}.")
    _say("To open the whole history in a browser, run `make room`.")


def _run(purpose: str, command: str, environment: dict[str, str]) -> None:
    _say(f"# {purpose}\n$ {command}")
    program, *arguments = shlex.split(command)
    # With a fixed width, the output is the same on every terminal. The tables of the demo fit into 110 columns.
    finished = subprocess.run(  # noqa: S603  # the commands are constants of this module
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
