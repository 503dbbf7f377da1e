"""How fast captures are taken in: kept, read and committed, from WARC files.

    python bench/ingest [--times N]

Each way in a process of its own, on a new SQLite file: one capture after the other (`Store.keep`), and all at once
(`Store.keep_all`, as `clausewatch ingest` does). Needs the captures of ../shared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from core.captures import Capture
from core.declarations import Location, Policy
from ingestion import LeftOut, captures_from_warc
from storage import Store

SHARED = Path(__file__).resolve().parents[3] / "shared"
WAYS = ("one by one", "all at once")
CORES = 2


def captures() -> Iterator[tuple[Capture, bytes | None, Policy]]:
    """Each capture of each file, of a policy of which every address in the file is declared."""
    for path in sorted((SHARED / "warc").glob("*.warc.gz")):
        name = path.name.removesuffix(".warc.gz")
        rows = [json.loads(line) for line in path.with_name(f"{name}.jsonl").read_text().splitlines()]
        policy = Policy(locations=tuple(Location(url=url) for url in sorted({row["url"] for row in rows})))
        for found in captures_from_warc(path, name, "privacy", policy):
            if not isinstance(found, LeftOut):
                yield *found, policy


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


def take_in(way: str, url: str) -> dict[str, float]:
    """Take all in; wall clock, and time of all processors, in seconds, from opening the database to the last commit."""
    begun, used = time.perf_counter(), processor_seconds()
    with Store.open(url) as store:
        if way == WAYS[0]:
            count = sum(1 for found in captures() if store.keep(*found))
        else:
            count = sum(1 for _ in store.keep_all(captures()))
        return {"count": count, "clock": time.perf_counter() - begun, "processor": processor_seconds() - used}


def main() -> None:
    """Print captures a second of each way, by the clock and by the processors' time, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, metavar="N", help="take the best of so many [3]")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        raise SystemExit(f"{SHARED} is not there; this measures with the captures in it")
    if arguments.way:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(take_in(arguments.way, f"sqlite:///{folder}/store.db")))
        return
    best: dict[str, dict[str, float]] = {}
    for _ in range(arguments.times):
        for way in WAYS:
            command = [sys.executable, str(Path(__file__).parent), "--way", way]
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
