"""Bytes to clauses and verdict, against trafilatura's `extract`, page by page in turn."""

import statistics
import time

import trafilatura
from captures import labelled

from extraction import read


def measure(*, details: bool) -> None:
    """The mean of all HTML captures: ours, trafilatura's, and the ratio. Processor time, after a warm-up."""
    captures = [one for one in labelled() if not one.payload.startswith(b"%PDF")]
    for one in captures[:20]:
        read(one.capture, one.payload)
        trafilatura.extract(one.payload)
    ratios = []
    for _ in range(3):
        ours = theirs = 0.0
        for one in captures:
            start = time.process_time()
            read(one.capture, one.payload)
            middle = time.process_time()
            trafilatura.extract(one.payload)
            ours += middle - start
            theirs += time.process_time() - middle
        ratios.append(ours / theirs)
        print(
            f"{len(captures)} pages: {1000 * ours / len(captures):.2f} ms each, trafilatura "
            f"{trafilatura.__version__} {1000 * theirs / len(captures):.2f} ms, ratio {ratios[-1]:.3f}"
        )
    print(f"median ratio {statistics.median(ratios):.3f}")
