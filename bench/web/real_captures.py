"""Measures what steps and index add to the time of reading captures of real policies, stored one after another.

    python -m bench.web.real_captures VENDORS FILE...

VENDORS: a folder of declarations. FILE: WARC files, each named after a declared vendor: `hesk-….warc.gz`. Each file's
captures of the policy `privacy` are stored in the order of their times, each in a crawl of its own. Everything runs in
this process: reading and comparing, too. Prints processor times, for captures of the text before and of another one.
"""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from core.declarations import select_vendors
from core.limits import call_here
from core.policies import PolicyKey
from ingestion.warc import captures_from_warc
from intake.reading_task import CaptureText, ReadingTask, read_capture, warm_up
from intake.service import Intake, given_up
from intake.worker_pool import WorkerPool
from storage import Store


class _InThisProcess(WorkerPool[ReadingTask, CaptureText]):
    """Reads captures in this process, so that its processor time is measured."""

    def map(self, items: Iterable[tuple[Any, ReadingTask | None]]) -> Iterator[list[tuple[Any, CaptureText | None]]]:
        for item, task in items:
            yield [(item, None if task is None else read_capture(task))]


def main() -> None:
    """Runs the benchmark."""
    folder, *files = sys.argv[1:]
    reading: defaultdict[str, list[float]] = defaultdict(list)
    deriving: defaultdict[str, list[float]] = defaultdict(list)
    derived_in_this_process = patch("intake.derived.comparing_calls", lambda limits: nullcontext(call_here))
    with (
        derived_in_this_process,
        tempfile.TemporaryDirectory() as temporary,
        Store.open(f"sqlite:///{temporary}/store.db") as store,
    ):
        workers = _InThisProcess(read_capture, give_up=given_up, size=ReadingTask.size, prepare=warm_up)
        for file in map(Path, files):
            key = PolicyKey(file.name.partition("-")[0], "privacy")
            policy = select_vendors(Path(folder), [key.vendor])[key.vendor].policies[key.policy]
            found = [record for record in captures_from_warc(file, key, policy) if isinstance(record, tuple)]
            last: str | None = None
            for capture, payload in sorted(found, key=lambda record: record[0].captured_at):
                with Intake(store, workers) as intake:
                    begin = time.process_time()
                    kept = intake.keep((capture, payload, policy))
                    read = time.process_time()
                    intake.refresh_derived()
                    derived = time.process_time()
                kind = "the same text again, or none" if kept.version_id in (last, None) else "another text"
                last = kept.version_id or last
                reading[kind].append(read - begin)
                deriving[kind].append(derived - read)
    every = sum(map(sum, reading.values()))
    for kind in sorted(reading):
        _print(kind, reading[kind], deriving[kind])
    added = sum(map(sum, deriving.values()))
    print(f"all {sum(map(len, reading.values()))}: steps and index add {added / every:.1%} to reading")


def _print(kind: str, reading: list[float], deriving: list[float]) -> None:
    count = len(reading)
    print(
        f"{kind}, {count} captures: {1000 * sum(reading) / count:.1f} ms to keep and read "
        f"(median {1000 * median(reading):.1f}), {1000 * sum(deriving) / count:.1f} ms for steps and index "
        f"(median {1000 * median(deriving):.1f}; {sum(deriving) / sum(reading):.1%} of reading)"
    )


if __name__ == "__main__":
    main()
