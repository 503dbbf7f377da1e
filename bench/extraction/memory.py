"""Measures how much memory this process uses while 10,000 pages are read.

PDFs are left out, because each PDF is read in a separate process.
"""

import resource
from collections.abc import Iterator

from bench.extraction.pages import corpus
from extraction import extract


def report(details: bool) -> Iterator[str]:
    """Yields a line with the peak resident memory after each thousand pages."""
    pages = [(page.payload, page.media_type) for page in corpus() if not page.payload.startswith(b"%PDF")]
    peaks = []
    for count in range(1, 10_001):
        extract(*pages[count % len(pages)])
        if count % 1000 == 0:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    yield f"peak MiB after each 1,000 of 10,000 pages: {peaks}"
