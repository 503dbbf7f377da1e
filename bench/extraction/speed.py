"""Bytes to clauses and verdict, against trafilatura's `extract`, page by page in turn."""

import time
from collections.abc import Callable

import trafilatura

from bench.extraction.captures import labelled
from extraction import read

_TIMES = 3


def _best(run: Callable[[], object]) -> float:
    """The shortest of some runs, in seconds of processor time: what the work takes, whatever else the machine does."""
    taken = []
    for _ in range(_TIMES):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def measure(*, details: bool) -> None:
    """The mean of all HTML captures, each the best of three: ours, trafilatura's, and the ratio."""
    captures = [one for one in labelled() if not one.payload.startswith(b"%PDF")]
    for one in captures[:20]:  # what either loads once
        read(one.capture, one.payload)
        trafilatura.extract(one.payload)
    ours = theirs = 0.0
    for one in captures:
        ours += _best(lambda one=one: read(one.capture, one.payload))  # type: ignore[misc]
        theirs += _best(lambda one=one: trafilatura.extract(one.payload))  # type: ignore[misc]
    count = len(captures)
    print(
        f"{count} pages: {1000 * ours / count:.2f} ms each, trafilatura {trafilatura.__version__} "
        f"{1000 * theirs / count:.2f} ms, ratio {ours / theirs:.3f}"
    )
