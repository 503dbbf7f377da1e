"""Measures the processor time of `read`, and of trafilatura's `extract` on the same pages."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import trafilatura

from bench.extraction.captures import labelled_captures
from extraction import read

_RUNS = 3
# The number of pages that are read before the measurement, because both libraries load some data on first use.
_WARM_UP = 20


def _best(run: Callable[[], object]) -> float:
    """Returns the shortest processor time of three runs, in seconds. Other programs hardly affect the shortest time."""
    seconds = []
    for _ in range(_RUNS):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return min(seconds)


def report(details: bool) -> Iterator[str]:
    """Yields the mean times of clausewatch and of trafilatura over all HTML captures, and the ratio of these times."""
    for folder in ("warc", "warc-wide"):
        captures = [labelled for labelled in labelled_captures(folder) if not labelled.payload.startswith(b"%PDF")]
        for labelled in captures[:_WARM_UP]:
            read(labelled.capture, labelled.payload)
            trafilatura.extract(labelled.payload)
        ours = theirs = 0.0
        for labelled in captures:
            ours += _best(partial(read, labelled.capture, labelled.payload))
            theirs += _best(partial(trafilatura.extract, labelled.payload))
        count = len(captures)
        yield (
            f"{folder}: {count} pages: {1000 * ours / count:.2f} ms each, trafilatura {trafilatura.__version__} "
            f"{1000 * theirs / count:.2f} ms, ratio {ours / theirs:.3f}"
        )
