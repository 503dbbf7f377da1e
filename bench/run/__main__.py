"""Runs `clausewatch run` once, with 300 vendors of which 13 can't be fetched, each for another reason.

    python -m bench.run [--vendors N]

A server process on this machine serves the sites. Each vendor has a loopback address of its own, as vendors have hosts
of their own. All settings are the defaults. Prints how long the run took, its processor time, the memory of all its
processes, its exit status, the end of its log, and what `status` and the metrics say about failures.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from core.process_memory import descendants, resident_memory
from core.settings import CHECKOUT

# The address of each page that can't be fetched, by the vendor's slug. PORT is the port of the server.
FAILING = {
    "forbids": "http://127.0.3.1:PORT/forbids/privacy",
    "robots-503": "http://127.0.3.2:PORT/robots/privacy",
    "hangs": "http://127.0.3.3:PORT/hangs/privacy",
    "drips": "http://127.0.3.4:PORT/drips/privacy",
    "hangs-up": "http://127.0.3.5:PORT/hangs-up/privacy",
    "cut-off": "http://127.0.3.6:PORT/cut-off/privacy",
    "damaged": "http://127.0.3.7:PORT/damaged/privacy",
    "circles": "http://127.0.3.8:PORT/circles/privacy",
    "too-long": "http://127.0.3.9:PORT/too-long/privacy",
    "no-http": "http://127.0.3.10:PORT/no-http/privacy",
    "no-tls": "https://127.0.3.11:PORT/0/privacy",
    "no-host": "http://policies.invalid/privacy",
}
# One more vendor fails, because its declaration is broken.
BROKEN = "broken"
_INTERVAL = 0.25  # seconds between two measurements of the memory
_LAST_LINES = 20


def main() -> None:
    """Measures the run, and prints the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendors", type=int, default=300, metavar="N", help="the number of vendors [300]")
    options = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.run.sites"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None  # noqa: S101  (for mypy)
        port = server.stdout.readline().strip()
        with tempfile.TemporaryDirectory() as folder:
            declare(Path(folder, "vendors"), options.vendors, port)
            measure(Path(folder))
    finally:
        server.kill()
        server.wait()


def declare(folder: Path, count: int, port: str) -> None:
    """Writes the declarations of a number of vendors, the failing ones included."""
    folder.mkdir()
    urls = {slug: url.replace("PORT", port) for slug, url in FAILING.items()}
    urls |= {
        f"v{number}": f"http://127.0.{1 + number // 250}.{1 + number % 250}:{port}/{number}/privacy"
        for number in range(count - len(FAILING) - 1)
    }
    for slug, url in urls.items():
        lines = [f"name: {slug}", "homepage: http://127.0.0.1/", "policies:", "  privacy:", "    locations:"]
        (folder / f"{slug}.yaml").write_text("\n".join([*lines, f"      - url: {url}"]) + "\n")
    (folder / f"{BROKEN}.yaml").write_text("name: Broken\n")


def measure(folder: Path) -> None:
    """Runs the commands with a new database, and prints the results."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLAUSEWATCH_")},
        "CLAUSEWATCH_DATABASE_URL": f"sqlite:///{folder}/store.db",
        "CLAUSEWATCH_VENDORS": str(folder / "vendors"),
        "CLAUSEWATCH_ALLOW_PRIVATE": "1",
        "CLAUSEWATCH_CONTACT": "bench@operator.example",
        "no_proxy": "*",
        "PYTHONPATH": str(CHECKOUT),
    }
    log = folder / "log"
    begun = time.monotonic()
    with log.open("w") as stream:
        run = subprocess.Popen(_clausewatch("run"), env=environment, stderr=stream)
        resident, shared_once = peak_memory(run)
    seconds = time.monotonic() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"exit status: {run.returncode}")
    print(f"wall-clock time: {seconds:.0f} s; processor time: {used.ru_utime:.0f} s user, {used.ru_stime:.0f} s system")
    print(
        f"peak memory of all processes: {shared_once / 2**20:.0f} MiB; "
        f"{resident / 2**20:.0f} MiB if shared pages count in each process"
    )
    lines = log.read_text().splitlines()
    print(f"\nlog: {len(lines)} lines, the last {_LAST_LINES}:")
    print("\n".join(lines[-_LAST_LINES:]))
    status = _output("status", environment)
    print("what it says, without the policies that do not fail:")
    print("\n".join(line for line in status.splitlines() if not re.match(r"v\d", line)))
    _output("status", environment, "--metrics", str(folder / "metrics.prom"))
    print("the metrics of the run, the outbox, and the failed fetches:")
    names = ("clausewatch_run_", "clausewatch_outbox_", "clausewatch_policy_failed_fetches{")
    print("\n".join(line for line in (folder / "metrics.prom").read_text().splitlines() if line.startswith(names)))


def peak_memory(run: "subprocess.Popen[bytes]") -> tuple[int, int]:
    """Waits for the end of a process. Returns the peak memory of the process and its descendants, in bytes.

    The first number counts shared pages in each process, the second number counts them once.
    """
    resident = shared_once = 0
    while run.poll() is None:
        processes = descendants(run.pid)
        resident = max(resident, resident_memory(processes))
        shared_once = max(shared_once, sum(map(_proportional_memory, processes)))
        time.sleep(_INTERVAL)
    return resident, shared_once


def _proportional_memory(process: int) -> int:
    """Returns a process's memory in bytes, in which a page that n processes share counts as an n-th of a page."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # the process has ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


def _clausewatch(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("clausewatch")), *arguments]


def _output(command: str, environment: Mapping[str, str], *arguments: str) -> str:
    """Returns what a command prints on standard output and standard error. Prints its processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(
        _clausewatch(command, *arguments),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"\n{' '.join([command, *arguments[:1]])}: {seconds:.1f} s of processor time;", end=" ")
    return result.stdout


if __name__ == "__main__":
    main()
