"""Measures how fast captures from WARC files are stored and read.

    python -m bench.ingest [--times N] [--captures N]

The captures are stored in two ways: one capture after another (`Intake.keep`), and all at once (`Intake.keep_all`, as
`clausewatch ingest` does). Each way runs in a separate process, on a new SQLite file. The benchmark needs the
captures in ../shared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from bench.store.histories import repeated
from core.declarations import Location, Policy
from core.policies import PolicyKey
from core.process_memory import descendants
from ingestion import LeftOut, captures_from_warc
from ingestion.warc_writer import write_captures
from intake.records import FoundCapture
from intake.service import Intake
from storage import Store

SHARED = Path(__file__).resolve().parents[3] / "shared"
ONE_BY_ONE = "one by one"
ALL_AT_ONCE = "all at once"
PROCESSORS = 2


def captures(folder: Path) -> Iterator[FoundCapture]:
    """Yields the captures of each WARC file in a folder.

    The policy declares the addresses of all captures in the file.
    """
    for path in sorted(folder.glob("*.warc.gz")):
        name = path.name.removesuffix(".warc.gz")
        (description,) = (SHARED / "warc").glob(f"{name.partition('-')[0]}-*.jsonl")
        rows = [json.loads(line) for line in description.read_text().splitlines()]
        policy = Policy(locations=tuple(Location(url=url) for url in sorted({row["url"] for row in rows})))
        for entry in captures_from_warc(path, PolicyKey(name, "privacy"), policy):
            if not isinstance(entry, LeftOut):
                capture, payload = entry
                yield capture, payload, policy


def write_repeated(folder: Path, count: int) -> None:
    """Writes `count` captures from the histories of bench/store to WARC files, one file for each vendor."""
    for vendor, group in groupby(repeated(count), key=lambda pair: pair[0].vendor):
        pairs = list(group)
        payloads = {capture.sha256: payload for capture, payload in pairs}
        with (folder / f"{vendor}.warc.gz").open("wb") as stream:
            write_captures(stream, [capture for capture, _ in pairs], payloads.get)


def processor_seconds() -> float:
    """Returns the processor time of this process and its descendants in seconds, ended descendants included."""
    ticks = 0
    for process_id in descendants(os.getpid()):
        try:
            fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # the process has ended
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def keep(way: str, folder: Path, url: str) -> dict[str, float]:
    """Stores all captures of a folder in a new database.

    way: ONE_BY_ONE or ALL_AT_ONCE. folder: the folder of the WARC files. url: the URL of the new database.

    Returns the number of captures (`count`), the elapsed time (`clock`) and the processor time (`processors`). Both
    times are in seconds, from the opening of the database to the last commit.
    """
    begin, used_before = time.perf_counter(), processor_seconds()
    with Store.open(url) as store, Intake(store) as intake:
        if way == ONE_BY_ONE:
            count = len([intake.keep(incoming) for incoming in captures(folder)])
        else:
            count = len(list(intake.keep_all(captures(folder))))
        return {
            "count": count,
            "clock": time.perf_counter() - begin,
            "processors": processor_seconds() - used_before,
        }


def main() -> None:
    """Runs the benchmark, and prints for each way the captures per second of elapsed time and of processor time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, metavar="N", help="the number of runs; the best run counts [3]")
    parser.add_argument(
        "--captures",
        type=int,
        metavar="N",
        help="keep N captures, as if each page had been fetched repeatedly [each real capture once]",
    )
    # The next two options are for the processes that `measure` starts.
    parser.add_argument("--way", choices=(ONE_BY_ONE, ALL_AT_ONCE), help=argparse.SUPPRESS)
    parser.add_argument("--warc", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        raise SystemExit(f"{SHARED} does not exist; the benchmark needs the captures in that folder")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.way:
            print(json.dumps(keep(arguments.way, arguments.warc, f"sqlite:///{folder}/store.db")))
        elif arguments.captures:
            write_repeated(Path(folder), arguments.captures)
            measure(Path(folder), arguments.times)
        else:
            measure(SHARED / "warc", arguments.times)


def measure(warc: Path, times: int) -> None:
    """Measures both ways of storing the captures of the WARC files in a folder, and prints the results."""
    runs: dict[str, list[dict[str, float]]] = {ONE_BY_ONE: [], ALL_AT_ONCE: []}
    for _ in range(times):
        for way, results in runs.items():
            command = [sys.executable, "-m", "bench.ingest", "--way", way, "--warc", str(warc)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, process_group=0)
            results.append(json.loads(done.stdout))
    clock = {way: min(map(itemgetter("clock"), results)) for way, results in runs.items()}
    processors = {way: min(map(itemgetter("processors"), results)) for way, results in runs.items()}
    for way, results in runs.items():
        count = results[0]["count"]
        print(
            f"{way:12} {count:.0f} captures: {count / clock[way]:6.1f}/s of elapsed time; "
            f"{processors[way]:5.2f} s of processor time, "
            f"{PROCESSORS * count / processors[way]:6.1f}/s on {PROCESSORS} busy processors"
        )
    print(
        f"all at once is {clock[ONE_BY_ONE] / clock[ALL_AT_ONCE]:.2f} times as fast in elapsed time, and takes "
        f"1/{processors[ONE_BY_ONE] / processors[ALL_AT_ONCE]:.2f} of the processor time"
    )


if __name__ == "__main__":
    main()
