"""Measures how composing grows with the number of subscribers.

    python -m bench.digest.composing FOLDER [--policies 10000] [--changed 200] [--subscribers 1000,3000,10000]

It fills a new SQLite file in the folder, and adds subscribers with choices as people make them. For each number of
subscribers, it measures composing in a new process:

- the first digests of the subscribers that were added, after every policy was captured anew;
- after every policy was captured anew without a change;
- after every policy was captured anew, and some of them have changed. Then every digest is due: also the weekly ones.
"""

import argparse
import gc
import os
import re
import resource
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from bench.digest.world import CAPTURES_EACH, LINKS, SENDER, capture_versions, index_all, subscribe_many, vendors_of
from bench.scale.generate import AFTER, VERSIONS_EACH, Watched, fill, policies
from core.limits import Limits
from core.policies import PolicyKey
from reports import compose
from scripts.digest_delivery import limited_calls
from storage import Store


def main() -> None:
    """Prints the measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--policies", type=int, default=10_000)
    parser.add_argument("--changed", type=int, default=200)
    parser.add_argument("--subscribers", default="1000,3000,10000")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / f"composing-{options.policies}.db"
    path.unlink(missing_ok=True)
    url = f"sqlite:///{path}"
    watched = policies(options.policies * 100)
    begin = time.perf_counter()
    fill(url, watched, CAPTURES_EACH)
    with Store.open(url) as store:
        store.clause_index.refresh([PolicyKey(watched[0].vendor, watched[0].policy)])
    index_all(url, watched[0])
    print(f"{len(watched)} policies, filled and indexed in {time.perf_counter() - begin:.0f} s", flush=True)
    versions = [VERSIONS_EACH - 1] * len(watched)
    day = AFTER
    known = 0
    for turn, count in enumerate(map(int, options.subscribers.split(","))):
        subscribe_many(url, watched, range(known, count), day + timedelta(hours=1))
        known = count
        every = len(watched) // options.changed
        changed = range(turn % every, every * options.changed, every)
        for days, places, name in (
            (1, (), f"{count} subscribers, first digests"),
            (3, (), f"{count} subscribers, nothing changed"),
            (12, changed, f"{count} subscribers, {len(changed)} policies changed"),
        ):
            for place in places:
                versions[place] += 1
            capture_versions(url, watched, versions, places, day + timedelta(days=days))
            _index(url)
            _measure(name, url, watched, day + timedelta(days=days, hours=23))
        day += timedelta(days=20)
    _print_rows(path)


def _index(url: str) -> None:
    with Store.open(url) as store:
        store.clause_index.refresh(store.clause_index.outdated())  # a crawl does this as it goes


def _measure(name: str, url: str, watched: Sequence[Watched], at: datetime) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        print(f"{name}: {pool.submit(_composed, url, watched, at).result()}, load {os.getloadavg()[0]:.1f}", flush=True)


def _composed(url: str, watched: Sequence[Watched], at: datetime) -> str:
    vendors = vendors_of(watched)
    with Store.open(url) as store, limited_calls(Limits()) as call:
        gc.collect()
        before = _peak_memory()
        begin = time.perf_counter(), time.process_time()
        digests = compose(store, vendors, at, SENDER, links=LINKS, call=call, report_fault=print)
        seconds, processor = time.perf_counter() - begin[0], time.process_time() - begin[1]
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    in_workers = workers.ru_utime + workers.ru_stime
    return (
        f"{digests} digests in {seconds:.1f} s, processor {processor:.1f} s and {in_workers:.1f} s in workers, "
        f"memory {before:.0f} MiB before, peak {_peak_memory():.0f} MiB"
    )


def _peak_memory() -> float:
    """Returns the peak of this process's memory in MiB. `getrusage` would include that of the process before `exec`."""
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak) / 1024


def _print_rows(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        for table in ("subscribers", "watched", "shared_watermarks", "told", "tellings", "outbox"):
            (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
            print(f"  {table}: {count} rows")
    connection.close()


if __name__ == "__main__":
    main()
