"""How fast captures are taken in: kept, read and committed, from WARC files.

    python bench/ingest [--times N] [--captures N]

Each way in a process of its own, on a new SQLite file: one capture after the other (`Intake.keep`), and all at once
(`Intake.keep_all`, as `clausewatch ingest` does). Needs the captures of ../shared.
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
from pathlib import Path

from bench.store.histories import repeated
from core.captures import Capture
from core.declarations import Location, Policy
from ingestion import LeftOut, captures_from_warc
from ingestion.warc_writer import write_captures
from intake.service import Intake
from storage import Store

SHARED = Path(__file__).resolve().parents[3] / "shared"
WAYS = ("one by one", "all at once")
CORES = 2


def captures(folder: Path) -> Iterator[tuple[Capture, bytes | None, Policy]]:
    """Each capture of each file, of a policy of which every address in the file is declared."""
    for path in sorted(folder.glob("*.warc.gz")):
        name = path.name.removesuffix(".warc.gz")
        (described,) = (SHARED / "warc").glob(f"{name.partition('-')[0]}-*.jsonl")
        rows = [json.loads(line) for line in described.read_text().splitlines()]
        policy = Policy(locations=tuple(Location(url=url) for url in sorted({row["url"] for row in rows})))
        for found in captures_from_warc(path, name, "privacy", policy):
            if not isinstance(found, LeftOut):
                yield *found, policy


def write_repeated(folder: Path, count: int) -> None:
    """The histories of bench/store with so many captures, as `clausewatch export` writes them: a file a vendor."""
    for vendor, found in groupby(repeated(count), key=lambda one: one[0].vendor):
        pairs = list(found)
        payloads = {capture.sha256: payload for capture, payload in pairs}
        with (folder / f"{vendor}.warc.gz").open("wb") as stream:
            write_captures(stream, [capture for capture, _ in pairs], payloads.get)


def processor_seconds() -> float:
    """What all processes of this one's group have used, and those that they waited for."""
    group, total = os.getpgrp(), 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[2]) == group:
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def take_in(way: str, folder: Path, url: str) -> dict[str, float]:
    """Take all in; wall clock, and time of all processors, in seconds, from opening the database to the last commit."""
    begun, used = time.perf_counter(), processor_seconds()
    with Store.open(url) as store, Intake(store) as intake:
        if way == WAYS[0]:
            count = sum(1 for _ in map(intake.keep, captures(folder)))
        else:
            count = sum(1 for _ in intake.keep_all(captures(folder)))
        return {"count": count, "clock": time.perf_counter() - begun, "processor": processor_seconds() - used}


def main() -> None:
    """Print captures a second of each way, by the clock and by the processors' time, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, metavar="N", help="take the best of so many [3]")
    parser.add_argument(
        "--captures", type=int, metavar="N", help="so many, each as if its page had been fetched again [as they are]"
    )
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--warc", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        raise SystemExit(f"{SHARED} is not there; this measures with the captures in it")
    if arguments.way:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(take_in(arguments.way, arguments.warc, f"sqlite:///{folder}/store.db")))
        return
    with tempfile.TemporaryDirectory() as folder:
        warc = SHARED / "warc"
        if arguments.captures:
            warc = Path(folder)
            write_repeated(warc, arguments.captures)
        measure(warc, arguments.times)


def measure(warc: Path, times: int) -> None:
    """Print what it takes to take the files of a folder in."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(times):
        for way in WAYS:
            command = [sys.executable, str(Path(__file__).parent), "--way", way, "--warc", str(warc)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, process_group=0)
            taken = json.loads(done.stdout)
            known = best.setdefault(way, taken)
            best[way] = {key: min(value, known[key]) for key, value in taken.items()}
    for way, taken in best.items():
        count = taken["count"]
        print(
            f"{way:12} {count:.0f} captures: {count / taken['clock']:6.1f}/s by the clock; "
            f"{taken['processor']:5.2f} s of processors, {CORES * count / taken['processor']:6.1f}/s on {CORES} of them"
        )
    clock, processor = (best[WAYS[0]][key] / best[WAYS[1]][key] for key in ("clock", "processor"))
    print(f"all at once is {clock:.2f} times as fast by the clock, and takes 1/{processor:.2f} of the processors' time")


if __name__ == "__main__":
    main()
