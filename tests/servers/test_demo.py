import shutil
import subprocess
import sys

from core.settings import CHECKOUT
from demo.output import OUTPUT


def test_the_demo_runs_the_main_job_from_crawl_to_digest() -> None:
    shutil.rmtree(OUTPUT, ignore_errors=True)
    finished = subprocess.run(
        [sys.executable, "-m", "demo"], capture_output=True, text=True, cwd=CHECKOUT, timeout=90, check=False
    )
    assert finished.returncode == 0, finished.stderr

    def output_of(command: str) -> str:
        return finished.stdout.partition(f"$ {command}\n")[2].partition("\n# ")[0]

    captures = output_of("clausewatch captures lanternpost")
    assert captures.count("accepted") == 9
    assert captures.count("blocked") == 1
    versions = output_of("clausewatch versions lanternpost")
    assert len(versions.partition("\n\n")[0].splitlines()) == 1 + 5
    report = output_of("clausewatch report lanternpost 2021 2023")
    for kind in ("number", "modified", "moved", "detail"):
        assert f"  {kind}" in report
    assert "<ins" in (OUTPUT / "report.html").read_text(encoding="utf-8")
    assert len(list((OUTPUT / "mail").glob("*.eml"))) == 1
