"""Memory over 10,000 pages. PDFs are left out, since each is read in a process that ends with it."""

import resource
from collections.abc import Iterator

from bench.extraction.pages import corpus
from extraction import extract


def report(details: bool) -> Iterator[str]:
    """Yields the largest resident size after each thousand pages."""
    pages = [(page.payload, page.media_type) for page in corpus() if not page.payload.startswith(b"%PDF")]
    peaks = []
    for count in range(1, 10_001):
        extract(*pages[count % len(pages)])
        if count % 1000 == 0:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    yield f"peak MiB after each 1,000 of 10,000 pages: {peaks}"
