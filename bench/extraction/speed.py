"""Seconds from bytes to clauses and verdict, compared with trafilatura's `extract` on the same pages in turn."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import trafilatura

from bench.extraction.captures import labelled_captures
from extraction import read

_RUNS = 3
# Pages that both read before the clock starts, since each loads some things on first use.
_WARM_UP = 20


def _best(run: Callable[[], object]) -> float:
    """Returns the shortest of some runs in seconds of processor time, which other programs hardly affect."""
    seconds = []
    for _ in range(_RUNS):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return min(seconds)


def report(details: bool) -> Iterator[str]:
    """Yields the mean over all HTML captures, each the best of three runs: ours, trafilatura's, the ratio."""
    captures = [labelled for labelled in labelled_captures() if not labelled.payload.startswith(b"%PDF")]
    for labelled in captures[:_WARM_UP]:
        read(labelled.capture, labelled.payload)
        trafilatura.extract(labelled.payload)
    ours = theirs = 0.0
    for labelled in captures:
        ours += _best(partial(read, labelled.capture, labelled.payload))
        theirs += _best(partial(trafilatura.extract, labelled.payload))
    count = len(captures)
    yield (
        f"{count} pages: {1000 * ours / count:.2f} ms each, trafilatura {trafilatura.__version__} "
        f"{1000 * theirs / count:.2f} ms, ratio {ours / theirs:.3f}"
    )
