"""Measures how long it takes to compose digests, and how much memory it takes.

    python -m bench.digest FOLDER [--policies 1000] [--changed 20] [--subscribers 1000]

It fills a new SQLite file in the folder. Then it measures:

- composing for one subscriber after every policy was captured anew, without a change;
- composing for all subscribers after every policy was captured anew, and some of them have changed.

`bench.digest.sending` measures how fast digests are sent.
"""

import argparse
import gc
import resource
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bench.digest.world import CAPTURES_EACH, LINKS, SENDER, capture_anew, vendors_of
from bench.scale.generate import AFTER, fill, policies
from core.limits import Limits
from core.preferences import EVERY_CHANGE
from reports import compose
from scripts.digest_delivery import limited_calls
from storage import Store


def main() -> None:
    """Prints the measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--policies", type=int, default=1000)
    parser.add_argument("--changed", type=int, default=20)
    parser.add_argument("--subscribers", type=int, default=1000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / f"digest-{options.policies}.db"
    path.unlink(missing_ok=True)
    url = f"sqlite:///{path}"
    watched = policies(options.policies * 100)
    _timed(f"filling the database with {options.policies} policies", lambda: fill(url, watched, CAPTURES_EACH))
    vendors = vendors_of(watched)
    with Store.open(url) as store, limited_calls(Limits()) as call:

        def composed(at: datetime) -> int:
            store.clause_index.refresh(store.clause_index.outdated())  # a crawl does this as it goes
            begin = time.perf_counter(), time.process_time()
            try:
                return compose(store, vendors, at, SENDER, links=LINKS, call=call, report_fault=print)
            finally:
                seconds, processor = time.perf_counter() - begin[0], time.process_time() - begin[1]
                print(f"  of that, composing alone: {seconds:.1f} s, processor time {processor:.1f} s", flush=True)

        store.subscriptions.subscribe("first@client.example", (), AFTER, EVERY_CHANGE)
        capture_anew(url, watched, 0, AFTER + timedelta(days=1))
        _timed("composing the first subscriber's first digest", lambda: composed(AFTER + timedelta(days=2)))
        for day in (3, 5):
            capture_anew(url, watched, 0, AFTER + timedelta(days=day))
            at = AFTER + timedelta(days=day + 1)
            _timed(
                f"composing after {len(watched)} policies were captured anew without a change",
                lambda at=at: composed(at),  # type: ignore[misc]
            )
        for number in range(options.subscribers - 1):
            store.subscriptions.subscribe(f"reader{number}@client.example", (), AFTER + timedelta(days=7), EVERY_CHANGE)
        capture_anew(url, watched, 0, AFTER + timedelta(days=8))
        _timed(
            f"composing the first digests of {options.subscribers} subscribers",
            lambda: composed(AFTER + timedelta(days=9)),
        )
        capture_anew(url, watched, options.changed, AFTER + timedelta(days=10))
        _timed(
            f"composing for {options.subscribers} subscribers after {options.changed} of {len(watched)} policies "
            "changed",
            lambda: composed(AFTER + timedelta(days=11)),
        )


def _timed(name: str, function: Callable[[], object]) -> None:
    gc.collect()
    begin = time.perf_counter()
    result = function()
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}: {seconds:.1f} s, result {result}, peak memory {peak:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
